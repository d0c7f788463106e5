# Compiled from overlay/ollama_sdk/overlay/_sending/_async/httpx2_routes.py; change that, then run `make generate`.
"""The route over a client or a transport of httpx2, which the caller gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import httpx2

from ollama_sdk.overlay._sending._sync.bodies import bounded
from ollama_sdk.overlay._sending.httpx2_objects import request_for, response_of, translated
from ollama_sdk.overlay._sending.httpx_requests import plain_request
from ollama_sdk.overlay._sending.routes import send_with_client

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy
    from ollama_sdk.overlay._sending.request import Request


class Httpx2Route:
    """An httpx2 client; requests, responses and exceptions are those of httpx on this side of it."""

    proxy: Proxy | None = None  # one of the caller's is their own

    def __init__(self, client: Any, transport: Any) -> None:
        """Send with the caller's client, which stays open, or over the caller's transport."""
        self._injected = client is not None
        self._client: Any = client or httpx2.Client(transport=transport, trust_env=False, timeout=None)

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        return plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        own = self._injected and request.is_own
        with translated():
            theirs: Any = request_for(self._client, http_request, own=own)
            auth = httpx2.USE_CLIENT_DEFAULT if own else None
            answered: Any = send_with_client(self._client, theirs, call, auth)
        response = response_of(answered, _Body(answered))
        response.request = http_request
        return bounded(response, request)

    def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if not self._injected:
            self._client.close()


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
