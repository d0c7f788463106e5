"""The asyncio protocol of a connection: flow control, timeouts, and a way to end every wait."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.sockets import discard_transport

if TYPE_CHECKING:
    import socket

    from ollama_sdk.overlay._http.response_parser import ResponseParser
    from ollama_sdk.overlay._http.tls import Tls

_MAX_UNREAD: Final = 262144  # bytes that a slow consumer may leave unread before reading is paused


class Wire(asyncio.BufferedProtocol):
    """The protocol of a connection, with or without TLS, which feeds a parser with what arrives.

    It reads into a buffer that all connections of the event loop share.

    Attributes:
        transport: asyncio's transport.
        tls: The TLS over it, if any.
        parser: The parser of the current response, or None while the connection is idle.
        broken: Whether the connection cannot be used for another request.
        failure: The exception that every wait ends with from now on, or None.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, tls: Tls | None, buffer: memoryview
    ) -> None:
        """Make a protocol for `loop.create_connection` with a connected socket."""
        self.transport: asyncio.Transport = cast("asyncio.Transport", None)  # set by connection_made
        self.tls = tls
        self.parser: ResponseParser | None = None
        self.broken = False
        self.failure: Exception | None = None
        self._loop = loop
        self._sock = sock
        self._buffer = buffer
        self._handshake: asyncio.Future[None] | None = None if tls is None else loop.create_future()
        self._handshaken = self._handshake  # that one ends with the handshake, which may fail before anybody waits
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
        """Keep the transport, and begin with the handshake of TLS."""
        self.transport = cast("asyncio.Transport", transport)
        if self._handshake is not None:
            self._shake_hands(None)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the buffer for the next bytes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what has arrived and notify the reader."""
        parser = self.parser
        if self._handshake is not None:
            self._shake_hands(self._buffer[:nbytes])
        elif self.tls is not None:
            self._decrypt(self.tls, self._buffer[:nbytes], parser)
        elif parser is None:  # bytes without a request
            self.abort()
        else:
            parser.feed(self._buffer[:nbytes])
        self._unread += nbytes
        if self._unread > _MAX_UNREAD and not (self._reading_paused or self.broken):
            self._reading_paused = True
            self.transport.pause_reading()
        self._notify()

    def eof_received(self) -> bool:
        """Note that the server has closed its side; asyncio then closes ours."""
        self.broken = True
        self._end(self.parser)
        self._notify()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is closed."""
        self.broken = self._lost = True
        if isinstance(exc, ConnectionError) and self._read_rest():
            exc = None
        if exc is not None and self.failure is None and self._handshake is None:
            self.failure = exc  # unless it is one of sockets: of a signal handler that ran in a callback
            if isinstance(exc, OSError):
                self.failure = httpx.ReadError(str(exc))
                self.failure.__cause__ = exc
        elif self.failure is None:
            self._end(self.parser)
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

    def _end(self, parser: ResponseParser | None) -> None:
        """Note that the server has closed its side."""
        if self._handshake is not None:
            self._shake_hands(memoryview(b""))
        elif self.tls is not None:
            self._decrypt(self.tls, memoryview(b""), parser)
        elif parser is not None:
            parser.end_of_file()

    def _read_rest(self) -> bool:
        """Read what the server had answered when a write failed, which asyncio leaves unread; True if it is whole."""
        parser = self.parser
        if parser is None or self._handshake is not None:
            return False
        with suppress(OSError):
            while count := self._sock.recv_into(self._buffer):
                self.buffer_updated(count)
        return parser.complete

    def _shake_hands(self, received: memoryview | None) -> None:
        tls, waiter = self.tls, self._handshake
        assert tls is not None
        assert waiter is not None
        try:
            if not tls.shake_hands(received):
                return
            self._handshake = None
            if not waiter.done():
                waiter.set_result(None)
        except ssl.SSLError as error:
            self._handshake = None
            if not waiter.done():
                waiter.set_exception(error)
        finally:  # also what is wrong with the server's certificate
            self.transport.write(tls.to_send())

    def _decrypt(self, tls: Tls, data: memoryview, parser: ResponseParser | None) -> None:
        try:
            tls.receive(data, parser)
        except ssl.SSLError as error:
            self.failure = httpx.ReadError(str(error))
            self.failure.__cause__ = error
            self.abort()
        if answer := tls.to_send():  # such as to an update of keys
            self.transport.write(answer)

    # Called by the connection.

    async def shake_hands(self) -> None:
        """Wait for the end of the TLS handshake; raise ssl.SSLError if it fails."""
        if self._handshaken is not None:
            await self._handshaken

    def write(self, data: bytes | memoryview) -> None:
        """Write without waiting."""
        self.transport.write(data if self.tls is None else self.tls.encrypt(data))

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
                self.transport.resume_reading()

    async def wait(self, timeout: float | None) -> None:
        """Wait for bytes, the end of the connection or a failure; raise httpx.ReadTimeout after `timeout` seconds."""
        await self._pause(timeout, httpx.ReadTimeout)

    async def drain(self, parser: ResponseParser, timeout: float | None) -> bool:
        """Wait until the server has read most of what was written; False if it answers or closes instead of reading."""
        while not (self.broken or parser.head_complete or parser.error):
            if not self._writing_paused and not self.transport.is_closing():
                return True
            await self._pause(timeout, httpx.WriteTimeout)
        return False

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
