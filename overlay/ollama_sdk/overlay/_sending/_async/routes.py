"""Routes to a server: our own transport, or an httpx client where the caller gives one or there is a proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import httpx

from ollama_sdk.overlay._http.settings import AbortableTransport
from ollama_sdk.overlay._runtime import fork_lock
from ollama_sdk.overlay._sending.routes import (
    default_transport_async,
    plain_request,
    request_of,
    send_directly_async,
    send_with_client_async,
    take_decoder,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ollama_sdk.overlay._answers.decoding import BodyDecoder
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy
    from ollama_sdk.overlay._sending.request import Request


def bounded(response: httpx.Response, request: Request[Any]) -> httpx.Response:
    """Return a response whose body is decoded in steps, and has no more bytes than the request says."""
    decoder = take_decoder(response, request)
    if decoder is not None:
        response.stream = _AsyncBounded(response.stream, decoder)
    return response


class _AsyncBounded(httpx.AsyncByteStream):
    def __init__(self, body: Any, decoder: BodyDecoder) -> None:
        self._body: httpx.AsyncByteStream = body
        self._decoder = decoder

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            for piece in self._decoder.feed(data):
                yield piece
            if self._decoder.is_full:
                return

    async def aclose(self) -> None:
        await self._body.aclose()


class AsyncDirectRoute:
    """Our own transport without httpx.AsyncClient around it.

    The sender handles redirects, keys, default headers and hooks itself and keeps no cookies, so the layers of
    httpx.AsyncClient are skipped: of 250 microseconds that a small request took through them, they were more than half.
    """

    proxy: Proxy | None = None

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        return plain_request(request, call)

    async def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        try:
            response = await send_directly_async(self._transport, http_request, call)
        except httpx.RequestError as error:
            error.request = http_request
            raise
        response.request = http_request
        return bounded(response, request)

    async def aclose(self) -> None:
        await self._transport.aclose()


class AsyncClientRoute:
    """An httpx client: ours, maybe through a proxy of the environment, or one that the caller has injected.

    That adds its headers, cookies and authentication to requests to the client's own host, and stays open.
    """

    def __init__(self, client: httpx.AsyncClient, *, injected: bool, proxy: Proxy | None = None) -> None:
        self.proxy = proxy
        self._client = client
        self._injected = injected

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        if self._injected and request.is_own:
            return request_of(self._client, request, call)
        return plain_request(request, call)

    async def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        auth = httpx.USE_CLIENT_DEFAULT if self._injected and request.is_own else None
        return bounded(await send_with_client_async(self._client, http_request, call, auth), request)

    async def aclose(self) -> None:
        """Close the client, unless it is the caller's."""
        if not self._injected:
            await self._client.aclose()


AsyncRoute: TypeAlias = AsyncDirectRoute | AsyncClientRoute


def make_route(
    client: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | None,
    is_secure: bool,
    proxy: Proxy | None,
    limits: httpx.Limits | None,
) -> AsyncRoute:
    """Make a route: over the caller's httpx client or transport, a proxy, or the default transport."""
    if not isinstance(client or transport, httpx.AsyncClient | httpx.AsyncBaseTransport | None):
        with fork_lock:
            from ollama_sdk.overlay._sending._async.httpx2_routes import AsyncHttpx2Route

        return AsyncHttpx2Route(client, transport)
    if client is not None:
        return AsyncClientRoute(client, injected=True)
    if transport is None:
        transport = default_transport_async(is_secure, proxy, limits)
    if proxy is None and isinstance(transport, AbortableTransport):
        return AsyncDirectRoute(transport)
    client = httpx.AsyncClient(transport=transport, trust_env=False, timeout=None)
    return AsyncClientRoute(client, injected=False, proxy=proxy)
