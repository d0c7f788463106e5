"""The network stream of a blocking request on httpx's own transports, for httpcore and httpcore2.

httpcore (1.0) writes a whole body before it looks for an answer: a server that answers (413, 401) and reads no more,
and the client, would wait for each other for ever. It has no limit in time for the handshakes with a proxy, or another.
And it passes over every error of the system in a write, also one that a signal handler has raised.
"""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import httpcore

from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._http.sockets import READ_SIZE, wait_for

R = TypeVar("R")
_ONE_WRITE: Final = 16384  # bytes that fit into a socket's send buffer once it can be written
HTTP2: Final = b"PRI * HTTP/2"
"""What a connection of HTTP/2 begins with; there, something may come at any time."""


class Stream(httpcore.NetworkStream):
    """A stream that notices an answer while it writes, and whose handshakes with a proxy keep to a limit in time.

    Attributes:
        until: The end of that time (`time.monotonic()`), or None once the caller's request is sent.
    """

    def __init__(self, inner: httpcore.NetworkStream, until: float | None) -> None:
        """Take over a stream of httpcore's."""
        self._inner = inner
        self.until = until
        self._early = b""  # decrypted while a request was written
        self._is_http2 = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some bytes."""
        if self._early:
            data, self._early = self._early[:max_bytes], self._early[max_bytes:]
            return data
        return self._in_time(lambda left: self._inner.read(max_bytes, left), timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes; an answer that comes instead of the reading is an error, after which httpcore reads it."""
        self._is_http2 |= buffer.startswith(HTTP2)
        is_watched = self.until is None and not self._is_http2 and type(self._inner).__name__ == "SyncStream"
        size = _ONE_WRITE if is_watched else len(buffer) or 1
        try:
            for start in range(0, len(buffer), size):
                if is_watched:
                    self._wait_until_writable(timeout)
                piece = buffer[start : start + size]
                self._in_time(lambda left, piece=piece: self._inner.write(piece, left), timeout)  # type: ignore[misc]  # its default is one of `piece`
            return
        except library_of(self._inner).WriteError as error:
            raised = foreign(error) or error
        raise raised

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Do the TLS handshake."""
        inner = self._in_time(lambda left: self._inner.start_tls(ssl_context, server_hostname, left), timeout)
        return Stream(inner, self.until)

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        """Return what the stream of httpcore's returns."""
        return self._inner.get_extra_info(info)

    def _wait_until_writable(self, timeout: float | None) -> None:
        sock = self._inner.get_extra_info("socket")
        library = library_of(self._inner)
        writable = False
        while not writable:
            readable, writable = wait_for(sock, read=True, write=True, timeout=timeout)
            if not readable and not writable:
                raise library.WriteTimeout("the server did not read the request in time")
            if readable:
                if isinstance(sock, ssl.SSLSocket):
                    sock.setblocking(False)
                    try:
                        self._early = sock.recv(READ_SIZE)
                    except ssl.SSLWantReadError:  # a session ticket, or a part of a record
                        continue
                    except OSError:
                        pass  # the next read meets it again
                raise library.WriteError("the server answered before it had read the request")

    def _in_time(self, step: Callable[[float | None], R], timeout: float | None) -> R:
        if self.until is None:
            return step(timeout)
        try:
            return step(max(self.until - time.monotonic(), 0.001))
        except (library := library_of(self._inner)).TimeoutException as error:
            raise library.ConnectTimeout("the proxy did not answer in time") from error


def library_of(thing: object) -> Any:
    """Return httpcore, or httpcore2, which httpx2 uses and which has the same private parts."""
    packages = [kind.__module__.partition(".")[0] for kind in type(thing).__mro__]
    return sys.modules[next(package for package in packages if package in ("httpcore", "httpcore2"))]
