# Compiled from overlay/ollama_sdk/overlay/_sending/_async/routes.py; change that, then run `make generate`.
"""Routes to a server: our own transport, or an httpx client where the caller gives one or there is a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import httpx

from ollama_sdk.overlay._http.settings import AbortableTransport
from ollama_sdk.overlay._runtime import fork_lock
from ollama_sdk.overlay._sending.routes import (
    default_transport,
    plain_request,
    request_of,
    send_directly,
    send_with_client,
    take_decoder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ollama_sdk.overlay._answers.decoding import BodyDecoder
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy
    from ollama_sdk.overlay._sending.request import Request


def bounded(response: httpx.Response, request: Request[Any]) -> httpx.Response:
    """Return a response whose body is decoded in steps, and has no more bytes than the request says."""
    decoder = take_decoder(response, request)
    if decoder is not None:
        response.stream = _Bounded(response.stream, decoder)
    return response


class _Bounded(httpx.SyncByteStream):
    def __init__(self, body: Any, decoder: BodyDecoder) -> None:
        self._body: httpx.SyncByteStream = body
        self._decoder = decoder

    def __iter__(self) -> Iterator[bytes]:
        for data in self._body:
            for piece in self._decoder.feed(data):
                yield piece
            if self._decoder.is_full:
                return

    def close(self) -> None:
        self._body.close()


class DirectRoute:
    """Our own transport without httpx.Client around it.

    The sender handles redirects, keys, default headers and hooks itself and keeps no cookies, so the layers of
    httpx.Client are skipped: of 250 microseconds that a small request took through them, they were more than half.
    """

    proxy: Proxy | None = None

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        return plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        try:
            response = send_directly(self._transport, http_request, call)
        except httpx.RequestError as error:
            error.request = http_request
            raise
        response.request = http_request
        return bounded(response, request)

    def close(self) -> None:
        self._transport.close()


class ClientRoute:
    """An httpx client: ours, maybe through a proxy of the environment, or one that the caller has injected.

    That adds its headers, cookies and authentication to requests to the client's own host, and stays open.
    """

    def __init__(self, client: httpx.Client, *, injected: bool, proxy: Proxy | None = None) -> None:
        self.proxy = proxy
        self._client = client
        self._injected = injected

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        if self._injected and request.is_own:
            return request_of(self._client, request, call)
        return plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        auth = httpx.USE_CLIENT_DEFAULT if self._injected and request.is_own else None
        return bounded(send_with_client(self._client, http_request, call, auth), request)

    def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if not self._injected:
            self._client.close()


Route: TypeAlias = DirectRoute | ClientRoute


def make_route(
    client: httpx.Client | None,
    transport: httpx.BaseTransport | None,
    is_secure: bool,
    proxy: Proxy | None,
    limits: httpx.Limits | None,
) -> Route:
    """Make a route: over the caller's httpx client or transport, a proxy, or the default transport."""
    if not isinstance(client or transport, httpx.Client | httpx.BaseTransport | None):
        with fork_lock:
            from ollama_sdk.overlay._sending._sync.httpx2_routes import Httpx2Route

        return Httpx2Route(client, transport)
    if client is not None:
        return ClientRoute(client, injected=True)
    if transport is None:
        transport = default_transport(is_secure, proxy, limits)
    if proxy is None and isinstance(transport, AbortableTransport):
        return DirectRoute(transport)
    client = httpx.Client(transport=transport, trust_env=False, timeout=None)
    return ClientRoute(client, injected=False, proxy=proxy)
