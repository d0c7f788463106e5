"""One accepted socket: buffered reads, writes and waits that can be interrupted, detection of disconnects."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

T = TypeVar("T")
_READ_SIZE = 65536
# A client that has pipelined this many bytes during an answer is read on after the answer.
_READ_AHEAD_LIMIT = 1 << 20
# poll() needs no descriptor of its own, so that thousands of connections need one each; Windows does not have it.
_Selector: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)


class ClientGoneError(Exception):
    """The client closed or reset the connection before its answer was complete."""


class ServerStoppingError(Exception):
    """The server is being stopped; the connection has to end now."""


class Signal(Protocol):
    """A condition to wait for: the descriptor becomes readable once `is_open()` is true."""

    def fileno(self) -> int:
        """Return the descriptor to watch."""
        ...

    def is_open(self) -> bool:
        """Return whether the condition is true."""
        ...


class Connection:
    """A non-blocking socket with the few operations that the server needs.

    Every wait ends when the client disconnects (`ClientGoneError`) or when another thread calls `interrupt()`
    (`ServerStoppingError`), so that the server can always be stopped.
    """

    def __init__(self, sock: socket.socket, tls: ssl.SSLContext | None = None) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            sock = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self._sock = sock
        self._buffer = bytearray()
        self._gone = False
        self._interrupted = threading.Event()
        self._closing = threading.Lock()

    def handshake(self) -> None:
        """Complete the TLS handshake; do nothing on a plain connection."""
        if isinstance(self._sock, ssl.SSLSocket):
            self._until_done(self._sock.do_handshake)

    def read_line(self, limit: int) -> bytes | None:
        """Return one line without its line end, or None when the client closed before its first byte.

        Args:
            limit: The longest line accepted, in bytes.

        Raises:
            ClientGoneError: The client disconnected in the middle of the line.
            ValueError: The line is longer than `limit`.
        """
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > limit:
                raise ValueError(f"a line of the request is longer than {limit} bytes")
            if not self._fill():
                if self._buffer:
                    raise self._end()
                return None
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r")

    def read_some(self, size: int) -> bytes:
        """Return between 1 and `size` bytes, waiting for them when none have arrived.

        Raises:
            ClientGoneError: The client disconnected before another byte came.
        """
        if not self._buffer and not self._fill():
            raise self._end()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def send(self, data: bytes) -> None:
        """Write all of `data`.

        Raises:
            ClientGoneError: The client has disconnected.
        """
        view = memoryview(data)
        while view:
            if self._interrupted.is_set():
                raise ServerStoppingError
            view = view[self._until_done(partial(self._sock.send, view)) :]

    def client_gone(self) -> bool:
        """Return, without waiting, whether the client has closed its side."""
        while not self._gone and len(self._buffer) < _READ_AHEAD_LIMIT:
            try:
                data = self._sock.recv(_READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except OSError:
                data = b""
            self._gone = not data
            self._buffer += data
        return self._gone

    def check(self) -> None:
        """Raise an exception if the client has disconnected or the server is stopping."""
        if self.client_gone():
            raise self._end()

    def wait(self, signal: Signal | threading.Event | None, timeout: float | None) -> bool:
        """Wait for a signal, at most until the client disconnects.

        Args:
            signal: What to wait for; None waits for the timeout or until the client disconnects.
            timeout: The longest wait in seconds; None waits without a limit.

        Returns:
            True when the signal came, False when the time was up.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        event = signal if isinstance(signal, threading.Event) else None
        gate = signal if not isinstance(signal, threading.Event) else None
        while True:
            if (event is not None and event.is_set()) or (gate is not None and gate.is_open()):
                return True
            self.check()
            remaining = None if deadline is None else deadline - time.monotonic()
            if remaining is not None and remaining <= 0:
                return False
            if event is not None:
                # A threading.Event has no descriptor to select together with the socket, so the two alternate.
                event.wait(0.005 if remaining is None else min(0.005, remaining))
            else:
                self._select(selectors.EVENT_READ, gate, remaining)

    def interrupt(self) -> None:
        """End the waits of the connection's own thread; any thread may call it."""
        self._interrupted.set()
        with self._closing, contextlib.suppress(OSError):
            # The method of the base class, since SSLSocket.shutdown() would drop the TLS state, which the thread uses.
            socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close with a TCP reset, so that the client's next read fails instead of ending."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self._closing:
            self._sock.close()

    def close(self, *, graceful: bool = False) -> None:
        """Close the socket.

        Args:
            graceful: Send close_notify of TLS first, so that the client sees an end and not a truncation.
        """
        with contextlib.suppress(OSError, ValueError):
            if graceful and isinstance(self._sock, ssl.SSLSocket):
                # The socket does not block: this does not wait for the client's close_notify.
                self._sock.unwrap()
        with self._closing:
            self._sock.close()

    def _fill(self) -> bool:
        """Wait for more bytes; False when the client has closed its side."""
        before = len(self._buffer)
        while not self.client_gone():
            if len(self._buffer) > before:
                return True
            self._select(selectors.EVENT_READ)
        return len(self._buffer) > before

    def _until_done(self, operation: Callable[[], T]) -> T:
        """Call an operation of the socket, again whenever that may read or write more, and return what it returns."""
        while True:
            try:
                return operation()
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._select(selectors.EVENT_WRITE)
            except ssl.SSLWantReadError:
                self._select(selectors.EVENT_READ)
            except OSError as error:
                raise self._end() from error

    def _select(self, events: int, also: Signal | None = None, timeout: float | None = None) -> None:
        if self._interrupted.is_set():
            raise ServerStoppingError
        with _Selector() as selector:
            selector.register(self._sock, events)
            if also is not None:
                selector.register(also.fileno(), selectors.EVENT_READ)
            selector.select(timeout)
        if self._interrupted.is_set():
            raise ServerStoppingError

    def _end(self) -> ClientGoneError | ServerStoppingError:
        return ServerStoppingError() if self._interrupted.is_set() else ClientGoneError()
