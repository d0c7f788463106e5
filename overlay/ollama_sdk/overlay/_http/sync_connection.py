"""The blocking HTTP/1.1 connection."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.pool import BaseConnection, Origin
from ollama_sdk.overlay._http.sockets import READ_SIZE, shut_down, wait_for
from ollama_sdk.overlay._http.sync_connect import open_connection, start_tls
from ollama_sdk.overlay._http.sync_exchange import Exchange

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.response_parser import ResponseParser
    from ollama_sdk.overlay._http.settings import Settings
    from ollama_sdk.overlay._http.sync_pool import RoundTrip

_ONE_WRITE: Final = 16384  # bytes that fit into a socket's send buffer, so that sending them does not wait
_buffers: Final[list[memoryview]] = []  # as many as threads have read at once
_PIECE: Final = 262144  # bytes that are encrypted at a time
# Seconds that one wait takes at most on Windows, where Ctrl-C arrives between two waits alone.
_STEP: float | None = 0.1 if sys.platform == "win32" else None


class Connection(BaseConnection[Exchange]):
    """One connection over a blocking socket."""

    def __init__(self, origin: Origin, settings: Settings) -> None:
        super().__init__(origin)
        self._settings = settings
        self._pid = os.getpid()
        self._timeout: float | None = None

    def close(self) -> None:
        """Close the socket, which ends the wait of a thread that is reading from it."""
        if self.sock is not None and os.getpid() == self._pid:  # a forked child's parent goes on using it
            shut_down(self.sock)
        self.drop()

    def drop(self) -> None:
        """Close the copy of the socket in this process, which was forked; the parent goes on using its own."""
        self.closed = True
        # eventlet (0.41) never wakes a reader whose socket is closed. Its sockets, whose class has no method for that,
        # close when the last reference goes, which the reader has.
        if self.sock is not None and hasattr(type(self.sock), "close"):
            self.sock.close()

    def send(self, exchange: Exchange, trip: RoundTrip) -> None:
        """Send a request and read the head of its response."""
        if self.sock is None:
            self._open(exchange, trip)
        else:
            trip.reuse()
        sock = self.sock
        assert sock is not None
        exchange.set_interrupt(lambda: shut_down(sock))
        trip.sent = self._send(exchange, trip)
        self.set_timeout(trip.read_timeout)
        while not trip.is_answered():
            self.read(exchange, trip.parser)

    def set_timeout(self, timeout: float | None) -> None:
        """Set the timeout in seconds of each read and write; a system call is made only if it changes."""
        if timeout != self._timeout and self.sock is not None:
            self.sock.settimeout(timeout)
            self._timeout = timeout

    def read(self, exchange: Exchange, parser: ResponseParser) -> None:
        """Read once and feed the parser."""
        try:
            # A signal handler may send a request of its own in between, so a buffer is taken out while it is used.
            buffer = _buffers.pop()
        except IndexError:
            buffer = memoryview(bytearray(READ_SIZE))
        try:
            if _STEP is not None:
                self._wait_in_steps(_STEP)
            count = self.sock.recv_into(buffer)  # type: ignore[union-attr]  # open
            exchange.check()
            if self.closed:  # by another thread: not the end of a body
                raise httpx.ReadError("the response was closed while it was being read")
            if (tls := self.tls) is not None:
                tls.receive(buffer[:count], parser)
                if answer := tls.to_send():  # such as to an update of keys
                    self.sock.sendall(answer)  # type: ignore[union-attr]  # open
            elif count:
                parser.feed(buffer[:count])
            else:
                parser.end_of_file()
        except TimeoutError as error:
            exchange.check()
            raise httpx.ReadTimeout("the server sent nothing in time") from error
        except OSError as error:
            exchange.check()
            raise httpx.ReadError(str(error)) from error
        finally:
            _buffers.append(buffer)

    def _wait_in_steps(self, step: float) -> None:
        """Wait for the next bytes; raise TimeoutError after the timeout."""
        end = inf if self._timeout is None else time.monotonic() + self._timeout
        sock, left = self.sock, inf
        assert sock is not None
        with suppress(ValueError):  # another thread has closed the socket; the read that follows raises the error
            while not any(wait_for(sock, read=True, write=False, timeout=min(step, left))):
                if (left := end - time.monotonic()) <= 0:
                    raise TimeoutError

    def _open(self, exchange: Exchange, trip: RoundTrip) -> None:
        timeout = trip.timeouts.get("connect")
        context = self._settings.tls_context() if self.origin.scheme == b"https" else None
        sock = open_connection(exchange, self.origin.address, self.origin.port, self._settings.uds, timeout)
        if context is not None:
            self.tls = start_tls(exchange, sock, context, trip.server_name(self.origin), timeout)
        sock.settimeout(None)
        self.sock = sock
        self._timeout = None
        exchange.check()

    def _send(self, exchange: Exchange, trip: RoundTrip) -> bool:
        """Send a request, and return False if the server answered or closed before it had read all of it."""
        whole = trip.whole(_ONE_WRITE)
        if whole is not None:
            self.set_timeout(trip.timeouts.get("write"))
            return self._write(whole, exchange, trip, wait=True)
        self.set_timeout(0.0)
        if not self._write(trip.head, exchange, trip):
            return False
        for part in cast("Iterable[bytes]", trip.stream):
            exchange.check()
            if not self._write(trip.frame(part), exchange, trip):
                return False
        return self._write(trip.end(), exchange, trip)

    def _write(self, data: bytes, exchange: Exchange, trip: RoundTrip, *, wait: bool = False) -> bool:
        """Write bytes, and return False if the server answers or closes instead of reading them.

        With `wait`, the waiting is left to the socket: the bytes are few, and nothing was written before.
        """
        sock, tls = self.sock, self.tls
        assert sock is not None
        try:
            if wait:
                sock.sendall(data if tls is None else tls.encrypt(data))
                return True
            for start in range(0, len(data), _PIECE):
                rest = memoryview(data)[start : start + _PIECE]
                if tls is not None:
                    rest = memoryview(tls.encrypt(rest))
                while rest:
                    # A server may answer (413, 401) without reading the rest: client and server would wait for each
                    # other for ever if only the write was watched. Or it reads on, and nobody needs what it reads.
                    readable, writable = wait_for(sock, read=True, write=True, timeout=trip.timeouts.get("write"))
                    exchange.check()
                    if readable:
                        self.read(exchange, trip.parser)
                        if trip.is_over():
                            return False
                    elif not writable:
                        raise TimeoutError
                    if writable:
                        with suppress(BlockingIOError):
                            rest = rest[sock.send(rest) :]
            return True
        except TimeoutError as error:
            exchange.check()
            raise httpx.WriteTimeout("the server did not read the request in time") from error
        except OSError as error:
            exchange.check()
            if isinstance(error, ConnectionError):
                return False  # it may have answered before it closed
            raise httpx.WriteError(str(error)) from error
