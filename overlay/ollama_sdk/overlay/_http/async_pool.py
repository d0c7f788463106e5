"""The asyncio pool, its exchanges, and their round trips."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.async_connection import Connection
from ollama_sdk.overlay._http.pool import BaseExchange, BasePool, Origin
from ollama_sdk.overlay._http.round_trip import BaseRoundTrip
from ollama_sdk.overlay._http.sockets import READ_SIZE
from ollama_sdk.overlay._runtime import quiet_at_exit

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.settings import Settings


class Exchange(BaseExchange[Connection]):
    """One request, from entering the pool until its response is read or given up.

    Everything but `interrupt` happens in the event loop's thread.
    """

    __slots__ = ("_interrupt", "_pool", "_waiter", "ended")

    def __init__(self, origin: Origin, pool: Pool) -> None:
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
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class RoundTrip(BaseRoundTrip[Exchange, "Pool"], httpx.AsyncByteStream):
    """One request, and the body of its response as it arrives."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Return the body, which can be iterated once."""
        return self

    async def __anext__(self) -> bytes:
        """Return bytes as soon as they have arrived."""
        exchange, parser = self.exchange, self.parser
        try:
            while True:
                if parser.pieces and not exchange.interrupted:
                    data = parser.take()
                    if parser.complete or (connection := exchange.connection) is None:
                        self.close()
                    else:
                        connection.taken()
                    return data
                if self.is_whole():
                    self.close()
                    raise StopAsyncIteration
                await exchange.connection.wait(self.read_timeout)  # type: ignore[union-attr]  # `is_whole` has looked
        except BaseException:
            await self.aclose()
            raise

    def close(self) -> None:
        if self.__dict__.pop("_open", False):
            self._ended = True
            self._pool.leave(self.exchange, keep=self.may_keep())

    async def aclose(self) -> None:
        if asyncio._get_running_loop() is self._pool.loop:  # None without a loop, in a finalizer
            self.close()
        else:  # the response was taken to another event loop, which cannot read it either
            self.exchange.interrupt()

    @quiet_at_exit
    def __del__(self) -> None:
        """Close the response in the thread of its loop."""
        if "_open" in self.__dict__:
            self.exchange.interrupt()


class Pool(BasePool[Connection, Exchange]):
    """The connections of one event loop, used in its thread alone."""

    def __init__(self, settings: Settings, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(settings.limits)
        self.loop = loop
        self.buffer = memoryview(bytearray(READ_SIZE))
        self._settings = settings

    def create_connection(self, origin: Origin) -> Connection:
        return Connection(origin, self, self._settings)

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request on a connection of the pool."""
        exchange = Exchange(Origin.of(request.url), self)
        trip = RoundTrip(request, exchange, self, self._settings)
        try:
            exchange.begin(request)
            self.enter(exchange)
            self._settle()
            connection = await exchange.wait_for_connection(trip.timeouts.get("pool"))
            await connection.send(exchange, trip)
            return trip.response(connection)
        except BaseException:
            trip.fail()
            raise

    def leave(self, exchange: Exchange, *, keep: bool = False) -> None:
        """Take an exchange out of the pool; its connection is kept for another one (`keep`) or closed."""
        if exchange.ended:
            return
        exchange.ended = True
        exchange.set_interrupt(None)
        self.leave_queue(exchange)
        connection, exchange.connection = exchange.connection, None
        if connection is not None and connection.owner is exchange:
            if keep and not connection.closed:
                connection.settle()
                self.keep(connection)
            else:
                self.retire(connection)
            self._settle()

    async def aclose(self) -> None:
        """End all exchanges, close all connections, and wait until that is done."""
        for connection in self._close_all():
            await connection.wait_until_closed()

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

    def _close_all(self) -> list[Connection]:
        connections = list(self.connections)
        for exchange in self.exchanges:
            exchange.interrupt()
        self.retire_idle()
        self._retired.clear()
        for connection in connections:
            connection.close()
        return connections

    def _settle(self) -> None:
        for connection in self.assign():
            connection.close()
