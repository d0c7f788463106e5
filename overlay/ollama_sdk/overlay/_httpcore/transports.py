"""httpx's own transports: a blocking one, and an asynchronous one for several event loops, of asyncio or trio."""

from __future__ import annotations

import asyncio
import os
import socket
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx

from ollama_sdk.overlay._http.response import Response
from ollama_sdk.overlay._httpcore.settings import WatchedTransport
from ollama_sdk.overlay._runtime import call_soon, current_loop, quiet_at_exit, run_in_thread


class HttpxTransport(httpx.HTTPTransport, WatchedTransport):
    """httpx's own transport, which closes its connections when it is collected and at exit, as ours does."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        weakref.finalize(self, self._pool.close)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        started = time.perf_counter()
        response = super().handle_request(request)
        return Response.of(response, response.stream, started)


class LoopTransports(httpx.AsyncBaseTransport, WatchedTransport):
    """One transport of httpx for each event loop, as its connections belong to the loop, and scheme.

    A connection of a loop that is over cannot be closed in the usual way, which needs the loop: its socket is closed.
    """

    def __init__(self, make: Callable[[bool], httpx.AsyncHTTPTransport]) -> None:
        """Start without transports; `make` makes one for the running loop, for https or for http."""
        self._make = make
        self._transports: dict[tuple[Any, bool], httpx.AsyncHTTPTransport] = {}
        self._pid = os.getpid()
        # When the interpreter exits the collector may come to asyncio's transports, which warn, before it comes here.
        weakref.finalize(self, _drop_transports, self._transports)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        loop = current_loop()
        is_secure = request.url.scheme == "https"
        transport = self._transports.get((loop, is_secure))
        if transport is None or self._pid != os.getpid():
            _drop_transports(self._transports, even_open=self._pid != os.getpid())
            self._pid = os.getpid()
            made = await run_in_thread(self._made, is_secure)  # it loads httpcore and the trusted certificates
            transport = self._transports.setdefault((loop, is_secure), made)
        started = time.perf_counter()
        response = await transport.handle_async_request(request)
        return Response.of(response, _Body(response.stream, loop, self._transports), started)

    def _made(self, is_secure: bool) -> httpx.AsyncHTTPTransport:
        from ollama_sdk.overlay._httpcore.connect import connect_as_ours  # which imports httpcore

        transport = self._make(is_secure)
        connect_as_ours(transport._pool)
        return transport

    async def aclose(self) -> None:
        """Close the connections of the running loop, and the sockets of those of other loops."""
        transports = self._transports.copy()
        self._transports.clear()
        own_loop = current_loop() if self._pid == os.getpid() else None
        for (loop, _), transport in transports.items():
            if loop is own_loop:
                await transport.aclose()
            else:
                _drop(transport)

    @quiet_at_exit
    def __del__(self) -> None:
        """Close the connections, unless their loop runs and may be using them."""
        _drop_transports(self._transports, even_open=self._pid != os.getpid())


class _Body(httpx.AsyncByteStream):
    """A body that can also be closed in another event loop than that of its connection."""

    def __init__(self, stream: Any, loop: Any, transports: dict[tuple[Any, bool], httpx.AsyncHTTPTransport]) -> None:
        self._stream = stream
        self._loop = loop
        self._transports = transports

    def __aiter__(self) -> AsyncIterator[bytes]:
        if current_loop() is not self._loop:
            # httpcore (1.0) fails to close a connection whose loop is over, and leaves its socket to the collector.
            _drop_transports(self._transports)
        iterator: AsyncIterator[bytes] = aiter(self._stream)
        return iterator

    async def aclose(self) -> None:
        if current_loop() is self._loop:
            await self._stream.aclose()
        else:
            _start(self._loop, self._stream.aclose)


def _is_over(loop: Any) -> bool:
    if isinstance(loop, asyncio.AbstractEventLoop):
        return loop.is_closed()
    return not call_soon(loop, lambda: None)


def _start(loop: Any, function: Callable[[], Awaitable[None]]) -> None:
    """Start an asynchronous function in another event loop, unless that is over."""
    if isinstance(loop, asyncio.AbstractEventLoop):
        call_soon(loop, lambda: asyncio.ensure_future(function()))
        return
    import trio

    call_soon(loop, trio.lowlevel.spawn_system_task, function)


def stream_of(connection: Any) -> Any:
    """Return the network stream of a connection of httpcore's pool, which may be nested in others; None without one."""
    while (inner := getattr(connection, "_connection", None)) is not None:
        connection = inner
    return getattr(connection, "_network_stream", None)


def _drop_transports(transports: dict[tuple[Any, bool], httpx.AsyncHTTPTransport], *, even_open: bool = False) -> None:
    """Close the sockets that outlived their event loops, or those of all."""
    for key in transports.copy():
        if even_open or _is_over(key[0]):
            transport = transports.pop(key, None)
            if transport is not None:
                _drop(transport)


def _drop(transport: httpx.AsyncHTTPTransport) -> None:
    """Close the sockets of a transport without its event loop, which was closed or belongs to a parent process.

    httpcore (1.0) has no call for this, so the sockets are looked up under private names; a socket that is not found is
    left to the garbage collector.
    """
    for connection in getattr(getattr(transport, "_pool", None), "connections", []):
        stream = stream_of(connection)
        sock = stream and stream.get_extra_info("socket")
        if isinstance(sock, socket.socket):
            sock.close()
