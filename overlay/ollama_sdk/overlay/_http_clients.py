"""What sends the requests of a client: our own transport where it can be used, else an httpx client."""

from __future__ import annotations

import httpx

from ollama_sdk.overlay import _connection
from ollama_sdk.overlay._direct import AsyncDirectClient, DirectClient
from ollama_sdk.overlay._finalizers import quiet_at_exit

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
        if _connection.available:
            return DirectClient(_connection.Transport()), True
        transport = _StockTransport()
    client = httpx.Client(transport=transport, trust_env=proxied, timeout=None)
    return client, isinstance(transport, _connection.Transport)


def make_async_client(transport: httpx.AsyncBaseTransport | None, *, proxied: bool) -> tuple[AsyncClient, bool]:
    """As `make_sync_client`, asynchronous."""
    if transport is None and _connection.available and not proxied:
        return AsyncDirectClient(_connection.AsyncTransport()), True
    if transport is None and not proxied:
        from ollama_sdk.overlay._stock_async import StockTransports

        transport = StockTransports(lambda: httpx.AsyncHTTPTransport(limits=_connection.DEFAULT_LIMITS))
    client = httpx.AsyncClient(transport=transport, trust_env=proxied, timeout=None)
    return client, isinstance(transport, _connection.AsyncTransport)


class _StockTransport(httpx.HTTPTransport):
    """httpx's own transport, which closes its connections when nobody refers to it any more, as ours does."""

    @quiet_at_exit
    def __del__(self) -> None:
        if hasattr(self, "_pool"):
            self.close()
