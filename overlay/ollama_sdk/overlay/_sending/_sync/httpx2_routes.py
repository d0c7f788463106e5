# Compiled from overlay/ollama_sdk/overlay/_sending/_async/httpx2_routes.py; change that, then run `make generate`.
"""The route over a client or a transport of httpx2, which the caller gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import httpx2

from ollama_sdk.overlay._sending._sync.routes import ClientRoute, bounded
from ollama_sdk.overlay._sending.httpx2_objects import request_for, response_of, translated
from ollama_sdk.overlay._sending.routes import plain_request, send_with_client

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.request import Request


class Httpx2Route(ClientRoute):
    """An httpx2 client; requests, responses and exceptions are those of httpx on this side of it."""

    def __init__(self, client: Any, transport: Any) -> None:
        """Send with the caller's client, which stays open, or over the caller's transport."""
        made: Any = client or httpx2.Client(transport=transport, trust_env=False, timeout=None)
        super().__init__(made, injected=client is not None)

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        return plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        own = self._injected and request.is_own
        with translated():
            client: Any = self._client
            theirs: Any = request_for(client, http_request, own=own)
            auth = httpx2.USE_CLIENT_DEFAULT if own else None
            answered: Any = send_with_client(client, theirs, call, auth)
        response = response_of(answered, _Body(answered))
        response.request = http_request
        return bounded(response, request)


class _Body(httpx.SyncByteStream):
    """The body of a response of httpx2, as it came over the wire."""

    def __init__(self, response: Any) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with translated():
            for data in self._response.iter_raw():
                yield data

    def close(self) -> None:
        with translated():
            self._response.close()
