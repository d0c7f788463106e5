"""The asyncio protocol of a connection: flow control, timeouts, and a way to end every wait."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.sockets import discard_transport

if TYPE_CHECKING:
    import ssl

    from ollama_sdk.overlay._http.response_parser import ResponseParser

_MAX_UNREAD: Final = 262144  # bytes that a slow consumer may leave unread before reading is paused


class Wire(asyncio.Protocol):
    """The protocol of a TLS connection, and the base of that of a plain one; it feeds a parser with what arrives.

    Attributes:
        transport: asyncio's transport.
        parser: The parser of the current response, or None while the connection is idle.
        broken: Whether the connection cannot be used for another request.
        failure: The exception that every wait ends with from now on, or None.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make a protocol for `loop.create_connection`."""
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)  # set by connection_made
        self._below = self.transport  # that of the socket, also with TLS
        self.parser: ResponseParser | None = None
        self.broken = False
        self.failure: Exception | None = None
        self._loop = loop
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timeout_error: type[httpx.TimeoutException] = httpx.ReadTimeout
        self._unread = 0
        self._reading_paused = False
        self._writing_paused = False
        self._lost = False
        self._lost_waiter: asyncio.Future[None] | None = None

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = self._below = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes | memoryview) -> None:
        """Parse what has arrived and notify the reader."""
        parser = self.parser
        if parser is None:  # bytes without a request
            self.abort()
            return
        parser.feed(data)
        self._unread += len(data)
        if self._unread > _MAX_UNREAD and not self._reading_paused:
            self._reading_paused = True
            # Not that of TLS: when the server closes meanwhile, uvloop (0.23) drops what it has not passed on.
            self._below.pause_reading()
        self._notify()

    def eof_received(self) -> bool:
        """Note that the server has closed its side; asyncio then closes ours."""
        self.broken = True
        if self.parser is not None:
            self.parser.end_of_file()
        self._notify()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        self.broken = self._lost = True
        if exc is not None and self.failure is None:
            self.failure = exc  # unless it is one of sockets: of a signal handler that ran in a callback
            if isinstance(exc, OSError):
                self.failure = httpx.ReadError(str(exc))
                self.failure.__cause__ = exc
        elif self.parser is not None and self.failure is None:
            self.parser.end_of_file()
        self._notify()
        if self._lost_waiter is not None and not self._lost_waiter.done():
            self._lost_waiter.set_result(None)

    def pause_writing(self) -> None:
        """Let `drain` wait: the server reads more slowly than we write."""
        self._writing_paused = True

    def resume_writing(self) -> None:
        """Let `drain` go on."""
        self._writing_paused = False
        self._notify()

    # Called by the connection.

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Do the TLS handshake with the server, whose certificate must be for `name`."""
        try:
            transport = await self._loop.start_tls(self._below, self, context, server_hostname=name)
        except BaseException:
            self.abort()
            raise
        if transport is None:  # Python 3.11, when the connection has ended meanwhile
            raise ConnectionResetError("the connection was closed during the TLS handshake")
        self.transport = transport

    def start(self, parser: ResponseParser) -> None:
        """Feed the parser from now on."""
        self.parser = parser
        self._unread = 0

    def taken(self) -> None:
        """Note that the consumer has taken all that had arrived, and read on if reading was paused."""
        self._unread = 0
        if self._reading_paused:
            self._reading_paused = False
            if not self.broken:
                self._below.resume_reading()

    async def wait(self, timeout: float | None) -> None:
        """Wait for bytes, the end of the connection or a failure; raise httpx.ReadTimeout after `timeout` seconds."""
        await self._pause(timeout, httpx.ReadTimeout)

    async def drain(self, parser: ResponseParser, timeout: float | None) -> bool:
        """Wait until the server has read most of what was written; False if it answers or closes instead of reading."""
        while self._writing_paused and not (self.broken or parser.head_complete or parser.error):
            await self._pause(timeout, httpx.WriteTimeout)
        return not (self.broken or parser.head_complete or parser.error)

    def settle(self) -> None:
        """Become idle after a complete response."""
        self.parser = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.taken()

    def fail(self, failure: httpx.TransportError) -> None:
        """Close the connection and end the current wait with an error."""
        self.failure = failure
        self.abort()
        self._notify()

    def abort(self) -> None:
        """Close the connection at once."""
        self.broken = True
        if self.failure is None:  # else the end of the connection could pass for the end of a body
            self.failure = httpx.ReadError("the connection was closed")
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.transport is not None and not self._loop.is_closed():
            self.transport.abort()

    async def closed(self) -> None:
        """Wait until asyncio has closed the socket."""
        if not self._lost:
            self._lost_waiter = self._loop.create_future()
            await self._lost_waiter

    def discard(self) -> None:
        """Close the socket without the event loop, which is closed or belongs to a parent process."""
        self.broken = True
        discard_transport(self.transport)

    def _notify(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def _pause(self, timeout: float | None, error: type[httpx.TimeoutException]) -> None:
        if self.failure is not None:
            raise self.failure
        if timeout is not None:
            # All waits share one timer, which looks at the deadline of the current wait. Setting and cancelling a timer
            # for each read would cost more than the read.
            self._timeout_error = error
            self._deadline = self._loop.time() + timeout
            if self._timer is None or self._timer.when() > self._deadline:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self._loop.call_at(self._deadline, self._on_time)
        else:
            self._deadline = float("inf")
        waiter = self._waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._waiter = None
        if self.failure is not None:
            raise self.failure

    def _on_time(self) -> None:
        self._timer = None
        waiter = self._waiter
        if waiter is None or waiter.done() or self._deadline == float("inf"):
            return
        if self._loop.time() >= self._deadline:
            late = "sent nothing" if self._timeout_error is httpx.ReadTimeout else "did not read the request"
            waiter.set_exception(self._timeout_error(f"the server {late} in time"))
        else:
            self._timer = self._loop.call_at(self._deadline, self._on_time)


class PlainWire(Wire, asyncio.BufferedProtocol):
    """The protocol of a connection without TLS, which reads into a buffer that all of its event loop share.

    Not for TLS: asyncio (3.11 to 3.14) loses what does not fit into the buffer when the server closes at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer: memoryview) -> None:
        """Make a protocol for `loop.create_connection`."""
        super().__init__(loop)
        self._buffer = buffer

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer for the next bytes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what has arrived and notify the reader."""
        self.data_received(self._buffer[:nbytes])
