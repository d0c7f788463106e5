"""What sends the requests of a client: our own transport where it can be used, else an httpx client."""

from __future__ import annotations

import httpx

from ollama_sdk.overlay import _connection
from ollama_sdk.overlay._config import Host, uses_proxy
from ollama_sdk.overlay._direct import AsyncDirectClient, DirectClient
from ollama_sdk.overlay._finalizers import quiet_at_exit

SyncClient = httpx.Client | DirectClient
AsyncClient = httpx.AsyncClient | AsyncDirectClient


def make_sync_client(host: Host, transport: httpx.BaseTransport | None) -> tuple[SyncClient, bool]:
    """A client over our own transport; an httpx client for a given transport, a proxy, or the lack of sockets.

    Returns:
        The client, and whether its transport sees to aborts itself.
    """
    if transport is None and not uses_proxy(host):
        if _connection.available:
            return DirectClient(_connection.Transport()), True
        transport = _StockTransport()
    client = httpx.Client(transport=transport, trust_env=not host.is_loopback, timeout=None)
    return client, isinstance(transport, _connection.Transport)


def make_async_client(host: Host, transport: httpx.AsyncBaseTransport | None) -> tuple[AsyncClient, bool]:
    """As `make_sync_client`, asynchronous."""
    if transport is None and _connection.available and not uses_proxy(host):
        return AsyncDirectClient(_connection.AsyncTransport()), True
    if transport is None and not uses_proxy(host):
        from ollama_sdk.overlay._stock_async import StockTransports

        transport = StockTransports(lambda: httpx.AsyncHTTPTransport(limits=_connection.DEFAULT_LIMITS))
    client = httpx.AsyncClient(transport=transport, trust_env=not host.is_loopback, timeout=None)
    return client, isinstance(transport, _connection.AsyncTransport)


class _StockTransport(httpx.HTTPTransport):
    """httpx's own transport, which closes its connections when nobody refers to it any more, as ours does."""

    @quiet_at_exit
    def __del__(self) -> None:
        if hasattr(self, "_pool"):
            self.close()
