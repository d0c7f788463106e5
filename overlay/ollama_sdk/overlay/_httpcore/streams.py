"""The network streams of requests on httpx's own transports, blocking and asynchronous, for httpcore and httpcore2.

httpcore (1.0) writes a whole body before it looks for an answer: a server that answers (413, 401) and reads no more,
and the client, would wait for each other for ever. After a WriteError it reads the answer.

For blocking requests it has no limit in time for the handshakes with a proxy, or another. And it passes over every
error of the system in a write, also one that a signal handler has raised.
"""

from __future__ import annotations

import ssl
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

import anyio
import anyio.lowlevel
import httpcore

from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._http.sockets import READ_SIZE, wait_for

R = TypeVar("R")
_ONE_WRITE: Final = 16384  # bytes that fit into a socket's send buffer once it can be written
_AT_ONCE: Final = 4096  # bytes of a request that fit into any send buffer, so that no look for an answer is needed
_HTTP2: Final = b"PRI * HTTP/2"  # what a connection of HTTP/2 begins with; there, something may come at any time
_INTERIM: Final = b"HTTP/1.1 1"


class _BaseStream:
    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._early: bytes = b""  # what was read while a request was written
        self._is_http2 = False
        self._is_over = False  # a part of a request is missing, so that none may follow

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and self._is_over:  # for httpcore's pool, which then closes the connection
            return True
        return self._inner.get_extra_info(info)

    def _take_early(self, max_bytes: int) -> bytes:
        data, self._early = self._early[:max_bytes], self._early[max_bytes:]
        return data

    def _is_answered(self) -> bool:
        """Whether an answer has begun that is not an interim one, such as 100 Continue."""
        heads = self._early.replace(b"\r\n", b"\n").split(b"\n\n")
        return not all(_INTERIM.startswith(head[: len(_INTERIM)]) for head in heads)

    def _cut_off(self) -> Exception:
        """Return the error for a write that an answer has ended."""
        self._is_over = True
        error: Exception = library_of(self).WriteError("the server answered before it had read the request")
        return error


class AsyncStream(_BaseStream, httpcore.AsyncNetworkStream):
    """A stream that reads an answer while it writes."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        super().__init__(inner)
        self._written = 0  # since the last read

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._written = 0
        if self._early:
            return self._take_early(max_bytes)
        data: bytes = await self._inner.read(max_bytes, timeout)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes; an answer that comes instead of the reading is an error, after which httpcore reads it."""
        self._is_http2 |= buffer.startswith(_HTTP2)
        self._written += len(buffer)
        if self._is_http2 or self._written <= _AT_ONCE or not buffer:
            await self._write(buffer, timeout)
            return
        is_written, failures = False, list[Exception]()  # a task group would wrap them

        async def read_early() -> None:
            try:
                while not self._is_answered() and (data := await self._inner.read(READ_SIZE)):
                    self._early += data
            except Exception as error:
                failures.extend(filter(None, [foreign(error)]))  # the next read meets one of the network again
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read_early)
            await anyio.lowlevel.checkpoint()  # lets it begin to read, as the write may not have to wait
            try:
                await self._write(buffer, timeout)
                is_written = True
            except Exception as error:
                failures.append(error)
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]
        if not is_written:
            raise self._cut_off()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def _write(self, buffer: bytes, timeout: float | None) -> None:
        try:
            await self._inner.write(buffer, timeout)
        except BaseException:
            # The TLS of anyio (4.16) reads nothing after a write that failed, though there may be an answer.
            stream = self._inner
            while (stream := getattr(stream, "transport_stream", getattr(stream, "_stream", None))) is not None:
                if hasattr(stream, "_broken"):
                    stream._broken = False
            raise


class Stream(_BaseStream, httpcore.NetworkStream):
    """A stream that notices an answer while it writes, and whose handshakes with a proxy keep to a limit in time.

    Attributes:
        until: The end of that time (`time.monotonic()`), or None once the caller's request is sent.
    """

    def __init__(self, inner: httpcore.NetworkStream, until: float | None) -> None:
        super().__init__(inner)
        self.until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._early:
            return self._take_early(max_bytes)
        data: bytes = self._in_time(partial(self._inner.read, max_bytes), timeout)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write bytes; an answer that comes instead of the reading is an error, after which httpcore reads it."""
        self._is_http2 |= buffer.startswith(_HTTP2)
        is_watched = self.until is None and not self._is_http2 and type(self._inner).__name__ == "SyncStream"
        size = _ONE_WRITE if is_watched else len(buffer) or 1
        try:
            for start in range(0, len(buffer), size):
                if is_watched:
                    self._wait_until_writable(timeout)
                self._in_time(partial(self._inner.write, buffer[start : start + size]), timeout)
            return
        except library_of(self).WriteError as error:
            raised = foreign(error) or error
        raise raised

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        inner: Any = self._in_time(partial(self._inner.start_tls, ssl_context, server_hostname), timeout)
        return Stream(inner, self.until)

    def close(self) -> None:
        self._inner.close()

    def _wait_until_writable(self, timeout: float | None) -> None:
        sock = self._inner.get_extra_info("socket")
        library = library_of(self)
        writable = False
        while not writable:
            readable, writable = wait_for(sock, read=True, write=True, timeout=timeout)
            if not readable and not writable:
                raise library.WriteTimeout("the server did not read the request in time")
            if readable:
                sock.setblocking(False)
                data = b""
                try:
                    data = sock.recv(READ_SIZE)
                except (BlockingIOError, ssl.SSLWantReadError):  # of TLS a session ticket, or a part of a record
                    continue
                except OSError:
                    pass  # the next read meets it again
                self._early += data
                if not data or self._is_answered():
                    raise self._cut_off()

    def _in_time(self, step: Callable[[float | None], R], timeout: float | None) -> R:
        if self.until is None:
            return step(timeout)
        try:
            return step(max(self.until - time.monotonic(), 0.001))
        except (library := library_of(self)).TimeoutException as error:
            raise library.ConnectTimeout("the proxy did not answer in time") from error


def library_of(thing: object) -> Any:
    """Return httpcore, or httpcore2, which httpx2 uses and which has the same private parts."""
    theirs = getattr(thing, "_inner", thing)
    packages = [kind.__module__.partition(".")[0] for kind in type(theirs).__mro__]
    return sys.modules[next(package for package in packages if package in ("httpcore", "httpcore2"))]
