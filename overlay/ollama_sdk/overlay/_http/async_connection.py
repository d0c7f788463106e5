"""The asyncio HTTP/1.1 connection: the protocol of a transport of asyncio."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.async_connect import open_socket, start_tls
from ollama_sdk.overlay._http.failures import NO_ANSWER
from ollama_sdk.overlay._http.pool import BaseConnection, Origin, aborted
from ollama_sdk.overlay._http.sockets import discard_transport
from ollama_sdk.overlay._runtime import run_in_daemon

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.async_pool import Exchange, Pool, RoundTrip
    from ollama_sdk.overlay._http.response_parser import ResponseParser
    from ollama_sdk.overlay._http.settings import Settings
    from ollama_sdk.overlay._http.tls import Tls

_ONE_WRITE: Final = 262144  # bytes of a body that are handed over at a time
_MAX_UNREAD: Final = 262144  # bytes that a slow consumer may leave unread before reading is paused


class Connection(BaseConnection["Exchange"], asyncio.BufferedProtocol):
    """One connection, which feeds a parser with what arrives, as it is or decrypted.

    It reads into a buffer that all connections of the event loop share. Every wait ends with a failure of it.
    """

    def __init__(self, origin: Origin, pool: Pool, settings: Settings) -> None:
        super().__init__(origin)
        self._pool = pool
        self._loop, self._buffer = pool.loop, pool.buffer
        self._settings = settings
        self._transport: asyncio.Transport | None = None
        self._parser: ResponseParser | None = None  # of the current response
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timeout_error: type[httpx.TimeoutException] = httpx.ReadTimeout
        self._unread = 0
        self._reading_paused = False
        self._writing_paused = False
        self._lost: asyncio.Future[None] = pool.loop.create_future()

    # Called by the pool and the body of a response.

    async def send(self, exchange: Exchange, trip: RoundTrip) -> None:
        """Send a request and read the head of its response."""
        if self._transport is None:
            await self._open(exchange, trip)
        else:
            trip.reuse()
        exchange.set_interrupt(self._interrupt)
        exchange.check()
        self._parser = trip.parser
        self._unread = 0
        if self.closed:  # by the server, after the pool had looked
            raise httpx.RemoteProtocolError(NO_ANSWER)
        trip.sent = await self._send(trip, trip.timeouts.get("write"))
        while not trip.is_answered():
            await self.wait(trip.read_timeout)
        exchange.check()

    def wait(
        self, timeout: float | None, error: type[httpx.TimeoutException] = httpx.ReadTimeout
    ) -> asyncio.Future[None]:
        """Return a future to await for bytes, the end of the connection or a failure, which the next `wait` raises.

        After `timeout` seconds without any of them the connection is closed, with `error` as its failure.
        """
        if self._failure is not None:
            raise self._failure
        if timeout is not None:
            # All waits share one timer, which looks at the deadline of the current wait. Setting and cancelling a timer
            # for each read would cost more than the read.
            self._timeout_error = error
            self._deadline = self._loop.time() + timeout
            if self._timer is None or self._timer.when() > self._deadline:
                self._stop_timer()
                self._timer = self._loop.call_at(self._deadline, self._on_time)
        else:
            self._deadline = inf
        self._waiter = self._loop.create_future()
        return self._waiter

    def taken(self) -> None:
        """Note that the consumer has taken all that had arrived, and read on if reading was paused."""
        self._unread = 0
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            if not self.closed:
                self._transport.resume_reading()

    def settle(self) -> None:
        """Become idle after a complete response."""
        self._parser = None
        self._stop_timer()
        self.taken()

    def close(self) -> None:
        """Close the connection, which ends the wait of a task that is reading from it."""
        self.closed = True
        if self._failure is None:  # else the end of the connection could pass for the end of a body
            self._failure = httpx.ReadError("the connection was closed")
        self._stop_timer()
        if self._transport is not None and not self._loop.is_closed():
            self._transport.abort()

    async def wait_until_closed(self) -> None:
        """Wait until asyncio has closed the socket."""
        if self._transport is not None:
            await asyncio.shield(self._lost)

    def drop(self) -> None:
        """Close the socket without its event loop, which is closed or belongs to a parent process."""
        self.closed = True
        if self._transport is not None:
            discard_transport(self._transport)

    def _interrupt(self) -> None:
        """End the exchange, whether a task waits for it or not."""
        if self.owner is not None:
            self._failure = aborted()
            self.close()
            self._notify()
            self._pool.leave(self.owner)

    async def _open(self, exchange: Exchange, trip: RoundTrip) -> None:
        try:
            async with asyncio.timeout(trip.timeouts.get("connect")) as limit:
                exchange.set_interrupt(lambda: _run_out(limit))
                await self._connect(trip)
        except TimeoutError as error:
            if exchange.interrupted:
                raise aborted() from None
            raise httpx.ConnectTimeout("nobody accepted the connection in time") from error
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error) or "the connection was closed during the TLS handshake") from error

    async def _connect(self, trip: RoundTrip) -> None:
        context = await run_in_daemon(self._settings.tls_context) if self.origin.scheme == b"https" else None
        self.sock = sock = await open_socket(self._loop, self.origin.address, self.origin.port, self._settings.uds)
        try:
            if context is not None:
                self.tls = await start_tls(self._loop, sock, context, trip.server_name(self.origin))
            await self._loop.create_connection(lambda: self, sock=sock)
        except BaseException:
            sock.close()
            raise

    async def _send(self, trip: RoundTrip, timeout: float | None) -> bool:
        """Send a request, and return False if the server answered or closed before it had read all of it."""
        whole = trip.whole(_ONE_WRITE)
        if whole is not None:
            self._write(whole)
            return await self._drain(trip, timeout)
        self._write(trip.head)
        async for part in cast("AsyncIterable[bytes]", trip.stream):
            data = memoryview(trip.frame(part))
            for start in range(0, len(data), _ONE_WRITE):  # a transport copies what it cannot send at once
                self._write(data[start : start + _ONE_WRITE])
                await asyncio.sleep(0)  # lets the loop read an answer, also where no write has to wait
                if not await self._drain(trip, timeout):
                    return False
        self._write(trip.end())
        return await self._drain(trip, timeout)

    def _write(self, data: bytes | memoryview) -> None:
        cast("asyncio.Transport", self._transport).write(data if self.tls is None else self.tls.encrypt(data))

    async def _drain(self, trip: RoundTrip, timeout: float | None) -> bool:
        """Wait until the server has read most of what was written; False if it answers or closes instead of reading."""
        while not (self.closed or trip.is_over()):
            if not (self._writing_paused or cast("asyncio.Transport", self._transport).is_closing()):
                return True
            await self.wait(timeout, httpx.WriteTimeout)
        return False

    def _on_time(self) -> None:
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done() or self._deadline == inf:
            return
        if self._loop.time() >= self._deadline:
            late = "sent nothing" if self._timeout_error is httpx.ReadTimeout else "did not read the request"
            self._failure = self._timeout_error(f"the server {late} in time")
            self.close()
            self._notify()
        else:
            self._timer = self._loop.call_at(self._deadline, self._on_time)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _notify(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what has arrived and notify the reader."""
        if self.tls is not None:
            self._decrypt(self.tls, self._buffer[:nbytes])
        elif self._parser is None:  # bytes without a request
            self.close()
        else:
            self._parser.feed(self._buffer[:nbytes])
        self._unread += nbytes
        if self._unread > _MAX_UNREAD and not (self._reading_paused or self.closed) and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
        self._notify()

    def eof_received(self) -> bool:
        """Note that the server has closed its side; asyncio then closes ours."""
        self.closed = True
        self._end()
        self._notify()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if isinstance(exc, ConnectionError) and self._read_rest():
            exc = None
        if exc is not None and self._failure is None:
            self._failure = exc  # unless it is one of sockets: of a signal handler that ran in a callback
            if isinstance(exc, OSError):
                self._failure = httpx.ReadError(str(exc))
                self._failure.__cause__ = exc
        elif self._failure is None:
            self._end()
        self._notify()
        if not self._lost.done():
            self._lost.set_result(None)

    def pause_writing(self) -> None:
        """Let `_drain` wait: the server reads more slowly than we write."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Let `_drain` go on."""
        self._writing_paused = False
        self._notify()

    def _end(self) -> None:
        """Note that the server has closed its side."""
        if self.tls is not None:
            self._decrypt(self.tls, memoryview(b""))
        elif self._parser is not None:
            self._parser.end_of_file()

    def _read_rest(self) -> bool:
        """Read what the server had answered when a write failed, which asyncio leaves unread; True if it is whole."""
        if self._parser is None or self.sock is None:
            return False
        with suppress(OSError):
            while count := self.sock.recv_into(self._buffer):
                self.buffer_updated(count)
        return self._parser.complete

    def _decrypt(self, tls: Tls, data: memoryview) -> None:
        try:
            tls.receive(data, self._parser)
        except ssl.SSLError as error:
            self._failure = httpx.ReadError(str(error))
            self._failure.__cause__ = error
            self.close()
        if answer := tls.to_send():  # such as to an update of keys
            cast("asyncio.Transport", self._transport).write(answer)


def _run_out(limit: asyncio.Timeout) -> None:
    """Let a limit in time run out now, which ends the wait under it, and does not cancel the task of the caller."""
    if not limit.expired():
        limit.reschedule(0.0)
