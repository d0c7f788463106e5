"""The ways to a server: our own transport, or an httpx client where the caller gives one or a proxy is asked for."""

from __future__ import annotations

import weakref
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

import httpx

from ollama_sdk.overlay._calls.cancel import run_abortable
from ollama_sdk.overlay._http import settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._runtime import is_trio

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.request import Body, Request


class DirectRoute:
    """Our own transport without httpx.Client around it; the transport ends the waits of an aborted call itself.

    The sender handles redirects, keys, default headers and hooks itself and keeps no cookies, so httpx.Client's layers
    are skipped: of 250 microseconds that a small request took through httpx.Client, they were more than half.
    """

    def __init__(self, transport: Transport) -> None:
        """Send over a transport, which is closed with the route."""
        self._transport = transport

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        return _plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        try:
            response = self._transport.handle_request(http_request)
        except httpx.RequestError as error:
            error.request = http_request
            raise
        response.request = http_request
        # Closing the response ends the wait of its reader, needs no lock, and frees the connection's place in the pool
        # at once; an interrupt alone would leave that to the reader, and there may be none.
        call.set_interrupt(response.close)
        return response

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


class AsyncDirectRoute:
    """Our own transport without httpx.AsyncClient around it; see `DirectRoute`."""

    def __init__(self, transport: AsyncTransport) -> None:
        """Send over a transport, which is closed with the route."""
        self._transport = transport

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        return _plain_request(request, call)

    async def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        sending = self._transport.handle_async_request(http_request)
        # Under trio our transport hands over to httpx's own, which knows nothing of aborts.
        try:
            response = await (_send_watched(sending, http_request, call) if is_trio() else sending)
        except httpx.RequestError as error:
            error.request = http_request
            raise
        response.request = http_request
        return response

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class ClientRoute:
    """An httpx client, which is followed through httpcore so that an abort reaches it."""

    def __init__(self, client: httpx.Client, *, injected: bool) -> None:
        """Send with an httpx client.

        Args:
            client: The client.
            injected: Whether the caller made it: it then adds its own headers, cookies and authentication to requests
                to the client's own host, and stays open.
        """
        self._client = client
        self._injected = injected

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        if self._injected and request.is_own:
            return _request_of(self._client, request, call)
        return _plain_request(request, call)

    def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        from ollama_sdk.overlay._http.httpcore_abort import Watch

        watch = Watch(call, self._client, http_request)
        auth = _authentication(self._injected and request.is_own)
        response = self._client.send(http_request, stream=True, follow_redirects=False, auth=auth)
        watch.set_stream(response.extensions.get("network_stream"))
        return response

    def close(self) -> None:
        """Close the client, unless it is the caller's."""
        if not self._injected:
            self._client.close()


class AsyncClientRoute:
    """An httpx client that is cancelled when the call is aborted; see `ClientRoute`."""

    def __init__(self, client: httpx.AsyncClient, *, injected: bool) -> None:
        """Send with an httpx client; see `ClientRoute` for the arguments."""
        self._client = client
        self._injected = injected

    def build(self, request: Request[Any], call: Call) -> httpx.Request:
        """Return the httpx request of one attempt."""
        if self._injected and request.is_own:
            return _request_of(self._client, request, call)
        return _plain_request(request, call)

    async def send(self, request: Request[Any], http_request: httpx.Request, call: Call) -> httpx.Response:
        """Send what `build` returned; the body of the response is still to be read."""
        auth = _authentication(self._injected and request.is_own)
        sending = self._client.send(http_request, stream=True, follow_redirects=False, auth=auth)
        return await _send_watched(sending, http_request, call)

    async def aclose(self) -> None:
        """Close the client, unless it is the caller's."""
        if not self._injected:
            await self._client.aclose()


def _plain_request(request: Request[Any], call: Call) -> httpx.Request:
    """Return the httpx request of one attempt, with no headers but ours."""
    content = request.content
    # Given a stream, httpx adds no headers and reads nothing: 5 microseconds instead of 40.
    http_request = httpx.Request(
        request.operation.method,
        request.url,
        headers=_header_lines(request),
        stream=httpx.ByteStream(content or b"") if isinstance(content, bytes | None) else _stream(content),
        extensions=_extensions(request, call),
    )
    if request.options.hooks.request and isinstance(content, bytes | None):
        http_request.read()  # a hook may look at the content
    return http_request


def _request_of(client: httpx.Client | httpx.AsyncClient, request: Request[Any], call: Call) -> httpx.Request:
    """Return the httpx request of one attempt, with the headers and cookies of an httpx client."""
    method, content, extensions = request.operation.method, request.content, _extensions(request, call)
    if isinstance(content, bytes | None):
        headers = request.headers
        return client.build_request(method, request.url, headers=headers, content=content, extensions=extensions)
    http_request = client.build_request(method, request.url, headers=_header_lines(request), extensions=extensions)
    http_request.stream = _stream(content)
    return http_request


def _extensions(request: Request[Any], call: Call) -> dict[str, Any]:
    """Return what a transport needs beside the request: its limits, and the call, whose abort ends the waits."""
    return {"timeout": dict(request.limits), "abort": call}


def _header_lines(request: Request[Any]) -> list[tuple[str, str]]:
    """Return all headers, with those that httpx adds to a request that is not given a stream."""
    lines = list(request.headers.items())
    content = request.content
    if content is not None:
        size = len(content) if isinstance(content, bytes) else content.size
        lines.insert(0, ("Content-Length", str(size)))
    elif request.operation.method == "POST":
        lines.insert(0, ("Content-Length", "0"))
    if "host" not in request.headers:
        lines.insert(0, ("Host", request.url.netloc.decode("ascii")))
    return lines


def _stream(body: Body) -> httpx.SyncByteStream | httpx.AsyncByteStream:
    return cast("httpx.SyncByteStream", body)


async def _send_watched(
    sending: Coroutine[Any, Any, httpx.Response], request: httpx.Request, call: Call
) -> httpx.Response:
    """Send over httpx's own transport, and let an abort end the wait for the response and the reading of it."""
    from ollama_sdk.overlay._http.httpcore_abort import AsyncWatch

    watch = AsyncWatch(request)
    response = await run_abortable(call, sending)
    watch.answered(call, response)
    return response


def _authentication(is_clients: bool) -> Any:
    """Return `auth=` of httpx: that of the client, or none."""
    return httpx.USE_CLIENT_DEFAULT if is_clients else None


Route = DirectRoute | ClientRoute
AsyncRoute = AsyncDirectRoute | AsyncClientRoute


def make_route(client: httpx.Client | None, transport: httpx.BaseTransport | None, *, proxied: bool) -> Route:
    """Make a route: over the caller's client or transport, a proxy, our own transport, or httpx's in its place.

    Args:
        client: The caller's own httpx client, or None.
        transport: The caller's own httpx transport, or None.
        proxied: Whether the route is for requests that the environment sends through a proxy.
    """
    if client is not None:
        return ClientRoute(client, injected=True)
    if transport is None and not proxied:
        transport = Transport() if settings.is_available() else _StockTransport()
    if isinstance(transport, Transport):
        return DirectRoute(transport)
    return ClientRoute(httpx.Client(transport=transport, trust_env=proxied, timeout=None), injected=False)


def make_route_async(
    client: httpx.AsyncClient | None, transport: httpx.AsyncBaseTransport | None, *, proxied: bool
) -> AsyncRoute:
    """Make a route; see `make_route`."""
    if client is not None:
        return AsyncClientRoute(client, injected=True)
    if transport is None and not proxied:
        if settings.is_available():
            transport = AsyncTransport()
        else:
            from ollama_sdk.overlay._http.httpcore_loops import StockTransports

            transport = StockTransports(lambda: httpx.AsyncHTTPTransport(limits=settings.DEFAULT_LIMITS))
    if isinstance(transport, AsyncTransport):
        return AsyncDirectRoute(transport)
    return AsyncClientRoute(httpx.AsyncClient(transport=transport, trust_env=proxied, timeout=None), injected=False)


class _StockTransport(httpx.HTTPTransport):
    """httpx's own transport, which closes its connections when nobody refers to it any more, as ours does."""

    def __init__(self) -> None:
        super().__init__()
        weakref.finalize(self, self._pool.close)
