"""The asyncio HTTP/1.1 connection, the body of a response, and the pool."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.async_connect import open_socket
from ollama_sdk.overlay._http.async_wire import Wire
from ollama_sdk.overlay._http.failures import NO_ANSWER
from ollama_sdk.overlay._http.pool import BaseConnection, BaseExchange, BasePool, Origin, aborted
from ollama_sdk.overlay._http.request_bytes import READ_SIZE, RequestBody, request_head
from ollama_sdk.overlay._http.response import Response
from ollama_sdk.overlay._http.response_parser import ResponseParser
from ollama_sdk.overlay._http.sockets import wait_for
from ollama_sdk.overlay._http.tls import Tls
from ollama_sdk.overlay._runtime import quiet_at_exit, run_in_daemon

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.settings import Settings

_no_timeouts: Final[Mapping[str, float | None]] = {}
_ONE_WRITE: Final = 262144  # bytes of a body that are handed over at a time


class Exchange(BaseExchange["Connection"]):
    """One request, from entering the pool until its response is read or given up.

    Everything but `interrupt` happens in the event loop's thread.
    """

    __slots__ = ("_interrupt", "_pool", "_waiter", "ended")

    def __init__(self, origin: Origin, pool: Pool) -> None:
        """Make an exchange that is not in the pool yet."""
        super().__init__(origin)
        self.ended = False
        self._interrupt: Callable[[], object] | None = None
        self._pool = pool
        self._waiter: asyncio.Future[None] | None = None

    async def wait_for_connection(self, timeout: float | None) -> Connection:
        """Wait for a connection of the pool, and return it; raise httpx.PoolTimeout after `timeout` seconds."""
        if self.connection is None:
            self._waiter = self._pool.loop.create_future()
            try:
                async with asyncio.timeout(timeout):
                    await self._waiter
            except TimeoutError as error:
                raise httpx.PoolTimeout("no connection of the pool became free in time") from error
            finally:
                self._waiter = None
        self.check()
        assert self.connection is not None
        return self.connection

    def set_interrupt(self, function: Callable[[], object] | None) -> None:
        """Set the function that ends the wait that follows; `interrupt` calls it in the event loop."""
        self._interrupt = function

    def interrupt(self) -> None:
        """End the wait in progress and every later one with an error. Does nothing once the exchange has ended."""
        # A forked child shares the wake-up socket of its parent's event loop.
        if not self.interrupted and not self.ended and os.getpid() == self._pid:
            self.interrupted = True
            try:
                self._pool.loop.call_soon_threadsafe(self._on_interrupt)
            except RuntimeError:  # the event loop is closed, and nothing waits any more
                if self.connection is not None:
                    self.connection.drop()

    def _on_interrupt(self) -> None:
        if self.ended:
            return  # the connection may be serving another exchange
        self.notify()
        if self._interrupt is not None:
            self._interrupt()

    def notify(self) -> None:
        """End the wait for a connection."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(BaseConnection[Exchange]):
    """One connection over a transport of asyncio.

    Attributes:
        wire: Its protocol, or None before it is open.
    """

    def __init__(self, origin: Origin, pool: Pool, settings: Settings) -> None:
        """Make a connection, which its first request opens."""
        super().__init__(origin)
        self.wire: Wire | None = None
        self._pool = pool
        self._settings = settings

    def get_extra_info(self, info: str) -> object:
        """Return `socket`, `ssl_object`, `client_addr` or `server_addr`, as a `network_stream` of httpcore does."""
        if info == "ssl_object":
            return None if self.wire is None or self.wire.tls is None else self.wire.tls.object
        name = {"client_addr": "sockname", "server_addr": "peername"}.get(info, info)
        return None if self.wire is None else self.wire.transport.get_extra_info(name)

    def close_now(self) -> None:
        """Close the connection, which ends the wait of a task that is reading from it."""
        self.closed = True
        if self.wire is not None:
            self.wire.abort()

    def drop(self) -> None:
        """Close the socket without its event loop, which is closed or belongs to a parent process."""
        self.closed = True
        if self.wire is not None:
            self.wire.discard()

    async def send(self, exchange: Exchange, request: httpx.Request) -> httpx.Response:
        """Send a request and read the head of its response."""
        started = time.perf_counter()
        timeouts = cast("Mapping[str, float | None]", request.extensions.get("timeout") or _no_timeouts)
        headers = request.headers.raw
        target = cast("bytes | None", request.extensions.get("target")) or request.url.raw_path
        head = request_head(request.method, target, headers)
        if self.wire is None:
            await self._open(exchange, request, timeouts.get("connect"))
        else:
            request.extensions["reused"] = True
        wire = self.wire
        assert wire is not None
        exchange.set_interrupt(self._interrupt)
        exchange.check()
        parser = ResponseParser(request.method, self._settings.max_header_bytes)
        wire.start(parser)
        if wire.broken:  # the server closed it after the pool had looked
            raise httpx.RemoteProtocolError(NO_ANSWER)
        read_timeout = timeouts.get("read")
        framing = RequestBody(headers)
        try:
            sent_all = await self._send(head, framing, request.stream, parser, wire, timeouts.get("write"))
            while not parser.head_complete:
                if parser.error is not None:
                    raise parser.error
                await wire.wait(read_timeout)
        except BaseException:
            if parser.has_begun():
                request.extensions["begun"] = True
            raise
        exchange.check()
        body = Body(wire, exchange, parser, self._pool, sent_all and not framing.closes, read_timeout)
        extensions = parser.extensions()
        extensions["network_stream"] = self
        extensions["expect_end"] = body.expect_end
        return Response(parser.status, headers=parser.headers, stream=body, extensions=extensions, started=started)

    def _interrupt(self) -> None:
        """End the exchange, whether a task waits for it or not."""
        if self.wire is not None and self.owner is not None:
            self.wire.fail(aborted())
            self._pool.leave(self.owner)

    def is_readable(self) -> bool:
        """Whether there are bytes to read, or the server has closed the connection."""
        if self.wire is None or self.wire.broken:
            return self.wire is not None
        # The loop may not have noticed yet that the server has closed.
        sock = self.get_extra_info("socket")
        try:
            number = cast("socket.socket", sock).fileno()
        except AttributeError:  # a loop without sockets
            return False
        if number < 0:
            return True
        return wait_for(number, read=True, write=False, timeout=0)[0]

    async def _open(self, exchange: Exchange, request: httpx.Request, timeout: float | None) -> None:
        # A task of its own, so that an abort can cancel it without cancelling the caller's.
        task = self._pool.loop.create_task(self._connect(request))
        exchange.set_interrupt(task.cancel)
        try:
            async with asyncio.timeout(timeout):
                await task
        except TimeoutError as error:
            raise httpx.ConnectTimeout("nobody accepted the connection in time") from error
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if exchange.interrupted and not (current is not None and current.cancelling()):
                raise aborted() from None
            raise
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error) or "the connection was closed during the TLS handshake") from error

    async def _connect(self, request: httpx.Request) -> None:
        loop = self._pool.loop
        context = await run_in_daemon(self._settings.tls_context) if self.origin.scheme == b"https" else None
        name = cast("str | None", request.extensions.get("sni_hostname"))
        tls = None if context is None else Tls(context, name or self.origin.certified_name)
        sock = await open_socket(loop, self.origin.address, self.origin.port, self._settings.uds)
        _, self.wire = await loop.create_connection(lambda: Wire(loop, sock, tls, self._pool.buffer), sock=sock)
        await self.wire.shake_hands()

    async def _send(
        self,
        head: bytes,
        body: RequestBody,
        stream: object,
        parser: ResponseParser,
        wire: Wire,
        timeout: float | None,
    ) -> bool:
        """Send a request, and return False if the server answered or closed before it had read all of it."""
        write = wire.write
        if isinstance(stream, httpx.ByteStream) and body.remaining <= _ONE_WRITE:
            write(head + body.frame(b"".join(cast("Iterable[bytes]", stream))) + body.end())
            return await wire.drain(parser, timeout)
        write(head)
        async for part in cast("AsyncIterable[bytes]", stream):
            data = memoryview(body.frame(part))
            for start in range(0, len(data), _ONE_WRITE):  # a transport copies what it cannot send at once
                if not await wire.drain(parser, timeout):
                    return False
                write(data[start : start + _ONE_WRITE])
                await asyncio.sleep(0)  # lets the loop read an answer, also where no write has to wait
        if not await wire.drain(parser, timeout):
            return False
        write(body.end())
        return await wire.drain(parser, timeout)


class Body(httpx.AsyncByteStream):
    """The body of a response, as it arrives. It owns the exchange until it is closed or was read to its end."""

    def __init__(
        self,
        wire: Wire,
        exchange: Exchange,
        parser: ResponseParser,
        pool: Pool,
        reusable: bool,
        timeout: float | None,
    ) -> None:
        """Take over a connection whose response head was read."""
        self._wire = wire
        self._exchange = exchange
        self._parser = parser
        self._pieces = parser.pieces
        self._pool = pool
        self._reusable = reusable
        self._timeout = timeout
        self._ended = False
        if parser.complete:
            self.close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the body, which can be iterated once."""
        return self

    async def __anext__(self) -> bytes:
        """Return bytes as soon as they have arrived."""
        parser = self._parser
        try:
            while True:
                if self._exchange.interrupted and not self._ended:
                    raise aborted()
                if self._pieces:
                    data = parser.take()
                    if parser.complete:
                        self.close()
                    else:
                        self._wire.taken()
                    return data
                if parser.complete:
                    self.close()
                    raise StopAsyncIteration
                if parser.error is not None:
                    raise parser.error
                if self._ended:
                    raise httpx.ReadError("the response was closed before it was read to its end")
                await self._wire.wait(self._timeout)
        except BaseException:
            await self.aclose()
            raise

    def expect_end(self, seconds: float) -> None:
        """Limit the wait for the rest of the body to `seconds` per read."""
        self._timeout = seconds if self._timeout is None else min(seconds, self._timeout)

    def close(self) -> None:
        """Keep the connection if the response is complete; close it otherwise."""
        if self._ended:
            return
        self._ended = True
        exchange = self._exchange
        if self._parser.complete and self._parser.keep_alive and self._reusable and not exchange.interrupted:
            connection = exchange.connection
            if connection is not None and connection.owner is exchange and not self._wire.broken:
                self._wire.settle()
                self._pool.keep(connection)
        self._pool.leave(exchange)

    async def aclose(self) -> None:
        """Keep the connection if the response is complete; close it otherwise."""
        if asyncio._get_running_loop() is self._pool.loop:  # None without a loop, in a finalizer
            self.close()
        else:  # the response was taken to another event loop, which cannot read it either
            self._exchange.interrupt()

    @quiet_at_exit
    def __del__(self) -> None:
        """Close the response in the thread of its loop."""
        if not self._ended:
            self._exchange.interrupt()


class Pool(BasePool[Connection, Exchange]):
    """The connections of one event loop, used in its thread alone."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        """Make an empty pool."""
        super().__init__(settings.limits)
        self.loop = loop
        self.buffer = memoryview(bytearray(READ_SIZE))
        self._settings = settings

    def create_connection(self, origin: Origin) -> Connection:
        """A connection that is opened by its first request."""
        return Connection(origin, self, self._settings)

    async def send(
        self, request: httpx.Request, set_interrupt: Callable[[Callable[[], None]], object] | None
    ) -> httpx.Response:
        """Send a request on a connection of the pool.

        Args:
            request: The request.
            set_interrupt: Called with the function that ends this call, or the reading of its response.
        """
        exchange = Exchange(Origin.of(request.url), self)
        exchange.fresh = "fresh" in request.extensions
        timeouts = cast("Mapping[str, float | None]", request.extensions.get("timeout") or _no_timeouts)
        try:
            if set_interrupt is not None:
                set_interrupt(exchange.interrupt)
            exchange.check()
            self.enter(exchange)
            self._settle()
            connection = await exchange.wait_for_connection(timeouts.get("pool"))
            return await connection.send(exchange, request)
        except BaseException:
            self.leave(exchange)
            raise

    def leave(self, exchange: Exchange) -> None:
        """Take an exchange out of the pool, and close its connection unless that is idle again."""
        if exchange.ended:
            return
        exchange.ended = True
        exchange.set_interrupt(None)
        self.leave_queue(exchange)
        connection, exchange.connection = exchange.connection, None
        if connection is not None:
            if connection.owner is exchange:
                self.retire(connection)
            self._settle()

    async def aclose(self) -> None:
        """End all exchanges, close all connections, and wait until that is done."""
        wires = self._close_all()
        for wire in wires:
            await wire.closed()

    def close_from_outside(self) -> None:
        """End and close everything, from another thread or after the event loop was closed."""
        try:
            self.loop.call_soon_threadsafe(self._close_all)
        except RuntimeError:
            self.drop()

    def drop(self) -> None:
        """Close the sockets without the event loop, which was closed or belongs to a parent process."""
        for connection in self.connections:
            connection.drop()
        self.connections.clear()
        self.exchanges.clear()

    def _close_all(self) -> list[Wire]:
        connections = list(self.connections)
        for exchange in self.exchanges:
            exchange.interrupt()
        self.retire_idle()
        self._retired.clear()
        for connection in connections:
            connection.close_now()
        return [connection.wire for connection in connections if connection.wire is not None]

    def _settle(self) -> None:
        for connection in self.assign():
            connection.close_now()
