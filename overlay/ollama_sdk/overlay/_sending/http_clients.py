"""What sends the requests of a client: our own transport where it can be used, else an httpx client."""

from __future__ import annotations

import httpx

from ollama_sdk.overlay._http import settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._runtime import quiet_at_exit


class DirectClient:
    """The part of httpx.Client that the senders use, around our own transport.

    SyncTransport handles redirects, keys, default headers and hooks itself and keeps no cookies, so httpx.Client's
    layers are skipped: of 250 microseconds that a small request took through httpx.Client, they were more than half.
    """

    def __init__(self, transport: Transport) -> None:
        """Send over a transport, which is closed with the client."""
        self._transport = transport

    def send(self, request: httpx.Request, **_: object) -> httpx.Response:
        """Send; the body of the response is still to be read."""
        try:
            response = self._transport.handle_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()


class AsyncDirectClient:
    """The part of httpx.AsyncClient that the senders use, around our own transport; see `DirectClient`."""

    def __init__(self, transport: AsyncTransport) -> None:
        """Send over a transport, which is closed with the client."""
        self._transport = transport

    async def send(self, request: httpx.Request, **_: object) -> httpx.Response:
        """Send; the body of the response is still to be read."""
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.RequestError as error:
            error.request = request
            raise
        response.request = request
        return response

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


SyncClient = httpx.Client | DirectClient
AsyncClient = httpx.AsyncClient | AsyncDirectClient


def make_sync_client(transport: httpx.BaseTransport | None, *, proxied: bool) -> tuple[SyncClient, bool]:
    """A client over our own transport; an httpx client for a given transport, a proxy, or the lack of sockets.

    Args:
        transport: A transport of the caller's.
        proxied: Whether it is for requests that the environment sends through a proxy.

    Returns:
        The client, and whether its transport sees to aborts itself.
    """
    if transport is None and not proxied:
        if settings.available:
            return DirectClient(Transport()), True
        transport = _StockTransport()
    client = httpx.Client(transport=transport, trust_env=proxied, timeout=None)
    return client, isinstance(transport, Transport)


def make_async_client(transport: httpx.AsyncBaseTransport | None, *, proxied: bool) -> tuple[AsyncClient, bool]:
    """As `make_sync_client`, asynchronous."""
    if transport is None and settings.available and not proxied:
        return AsyncDirectClient(AsyncTransport()), True
    if transport is None and not proxied:
        from ollama_sdk.overlay._http.httpcore_loops import StockTransports

        transport = StockTransports(lambda: httpx.AsyncHTTPTransport(limits=settings.DEFAULT_LIMITS))
    client = httpx.AsyncClient(transport=transport, trust_env=proxied, timeout=None)
    return client, isinstance(transport, AsyncTransport)


class _StockTransport(httpx.HTTPTransport):
    """httpx's own transport, which closes its connections when nobody refers to it any more, as ours does."""

    @quiet_at_exit
    def __del__(self) -> None:
        if hasattr(self, "_pool"):
            self.close()
