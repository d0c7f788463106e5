"""httpx transports with a pool of HTTP/1.1 connections of our own.

They do what httpx's own transports do for plain and TLS connections, faster, and a request can be aborted in every
phase. Proxies and HTTP/2 are left to httpx's transports. Nothing is imported or created before the first request.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.settings import AbortableTransport, Settings
from ollama_sdk.overlay._runtime import is_trio, quiet_at_exit

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ollama_sdk.overlay._http import async_pool, sync_pool


class Transport(httpx.BaseTransport, AbortableTransport):
    """Blocking transport for `httpx.Client(transport=...)`; may be shared by threads.

    Example:
        >>> import httpx
        >>> with httpx.Client(transport=Transport()) as client:
        ...     pass
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Make a transport; nothing is connected or imported before the first request."""
        self._settings = settings or Settings()
        self._pools: dict[int, sync_pool.Pool] = {}  # by process: a forked child starts its own
        # In a reference cycle the collector may come to the sockets, which warn, before it calls __del__. It calls this
        # before either. At exit __del__ is called all the same.
        weakref.finalize(self, _close_pools, self._pools).atexit = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Returns:
            The response; its body is read from the connection as it is iterated.

        Raises:
            httpx.TransportError: The request failed, or was aborted.
        """
        pool = self._pools.get(os.getpid())
        if pool is None:
            pool = self._open_pool()
        return pool.send(request)

    def close(self) -> None:
        """End all requests and close all connections."""
        _close_pools(self._pools)

    def _drop(self) -> None:
        for pool in self._pools.values():
            pool.drop()

    __del__ = quiet_at_exit(close, at_exit=_drop)  # a transport that nobody refers to any more is closed

    def _open_pool(self) -> sync_pool.Pool:
        from ollama_sdk.overlay._http import sync_pool

        # Two threads may open a pool at once; setdefault keeps one.
        pool = self._pools.setdefault(os.getpid(), sync_pool.Pool(self._settings))
        for process in list(self._pools):
            if process != os.getpid() and (inherited := self._pools.pop(process, None)) is not None:
                inherited.drop()
        return pool


class AsyncTransport(httpx.AsyncBaseTransport, AbortableTransport):
    """Transport for `httpx.AsyncClient(transport=...)` on asyncio, and over another transport on trio.

    It may be used by several event loops, one after the other or in several threads: each loop has a pool of its own,
    and the pool of a loop that was closed is dropped.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        on_trio: Callable[[Settings], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        """Make a transport; `on_trio` makes the one that is used under trio."""
        self._settings = settings or Settings()
        self._pools: dict[asyncio.AbstractEventLoop, async_pool.Pool] = {}
        # When the interpreter exits the collector may come to asyncio's transports, which warn, before it comes here.
        weakref.finalize(self, _drop_pools, self._pools)
        self._pid = 0
        self._on_trio = on_trio
        self._trio_transport: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; see `Transport.handle_request`."""
        loop = _running_asyncio_loop()
        if loop is None:
            if self._on_trio is None:
                raise RuntimeError("this transport needs an event loop of asyncio")
            if self._trio_transport is None:
                self._trio_transport = self._on_trio(self._settings)
            return await self._trio_transport.handle_async_request(request)
        pool = self._pools.get(loop)
        if pool is None or self._pid != os.getpid():
            pool = self._open_pool(loop)
        return await pool.send(request)

    async def aclose(self) -> None:
        """End all requests and close all connections, those of other event loops too."""
        pools = self._pools.copy()
        self._pools.clear()
        own_loop = _running_asyncio_loop()
        for loop, pool in pools.items():
            if self._pid != os.getpid():
                pool.drop()
            elif loop is own_loop:
                await pool.aclose()
            else:
                pool.close_from_outside()
        if self._trio_transport is not None:
            await self._trio_transport.aclose()

    @quiet_at_exit
    def __del__(self) -> None:
        """A transport that nobody refers to any more is closed, as far as that goes without waiting."""
        for pool in self._pools.values():
            if self._pid == os.getpid():
                pool.close_from_outside()

    def _open_pool(self, loop: asyncio.AbstractEventLoop) -> async_pool.Pool:
        from ollama_sdk.overlay._http import async_pool

        forked = self._pid not in (0, os.getpid())
        _drop_pools(self._pools, even_open=forked)
        self._pid = os.getpid()
        pool = async_pool.Pool(self._settings, loop)
        self._pools[loop] = pool
        return pool


def _close_pools(pools: dict[int, sync_pool.Pool]) -> None:
    """Close the connections of this process, but not those of its parent."""
    for process in list(pools):
        pool = pools.pop(process, None)
        if pool is not None:
            if process == os.getpid():
                pool.close()
            else:
                pool.drop()


def _drop_pools(pools: dict[asyncio.AbstractEventLoop, async_pool.Pool], *, even_open: bool = False) -> None:
    """Close the sockets that outlived their event loops, or those of all."""
    for loop in list(pools):
        if even_open or loop.is_closed():
            pool = pools.pop(loop, None)  # another thread may do the same
            if pool is not None:
                pool.drop()


def _running_asyncio_loop() -> asyncio.AbstractEventLoop | None:
    if is_trio():
        return None
    from asyncio import get_running_loop  # 7 milliseconds, which blocking programs need not spend

    try:
        return get_running_loop()
    except RuntimeError:
        return None
