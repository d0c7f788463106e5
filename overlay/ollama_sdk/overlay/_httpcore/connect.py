"""Connect on httpx's own asynchronous transports as on ours, under asyncio and trio; for anyio from 4.10 on."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.abc
import httpcore
import httpx

from ollama_sdk.overlay._http.async_connect import open_socket
from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._http.sockets import READ_SIZE
from ollama_sdk.overlay._httpcore.streams import AsyncStream, library_of
from ollama_sdk.overlay._runtime import current_loop, is_trio

R = TypeVar("R")


def connect_as_ours(pool: Any) -> None:
    """Replace the network backend of an asynchronous pool, if it is httpcore's own, unless that was done.

    With that of ours addresses race, hosts are looked up in threads for which `asyncio.run` does not wait, and an
    answer that comes while a request is sent arrives.
    """
    backend = getattr(pool, "_network_backend", None)
    if type(backend).__name__ == "AutoBackend" and _stream_class(backend) and hasattr(anyio, "notify_closing"):
        pool._network_backend = _Backend(backend)


def _stream_class(backend: object) -> Any:
    """Return the class of httpcore's streams over those of anyio; None in a version that has it elsewhere."""
    return getattr(sys.modules.get(f"{library_of(backend).__name__}._backends.anyio"), "AnyIOStream", None)


class _Socket(anyio.abc.ByteStream):
    """A connected socket, which loses nothing that has arrived when a write fails, as the transports of asyncio do."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = current_loop()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        names = anyio.abc.SocketAttribute
        return {
            names.raw_socket: lambda: self._sock,
            names.local_address: self._sock.getsockname,
            names.remote_address: self._sock.getpeername,
        }

    async def receive(self, max_bytes: int = READ_SIZE) -> bytes:
        data = await self._when(anyio.wait_readable, partial(self._sock.recv, max_bytes))
        if not data:
            raise anyio.EndOfStream
        return data

    async def send(self, item: bytes) -> None:
        rest = memoryview(item)
        while rest:
            rest = rest[await self._when(anyio.wait_writable, partial(self._sock.send, rest)) :]

    async def send_eof(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    async def aclose(self) -> None:
        if self._sock.fileno() >= 0:
            anyio.notify_closing(self._sock)
            self._sock.close()

    async def _when(self, wait: Callable[[socket.socket], Awaitable[None]], step: Callable[[], R]) -> R:
        if current_loop() is not self._loop:  # where nobody would notice that the connection is closed
            raise RuntimeError("the connection belongs to another event loop")
        try:
            while self._sock.fileno() >= 0:
                await wait(self._sock)
                with suppress(BlockingIOError):
                    return step()
        except OSError as error:
            if foreign(error):  # of a signal handler
                raise
            raise anyio.BrokenResourceError from error
        raise anyio.ClosedResourceError


class _Backend(httpcore.AsyncNetworkBackend):
    def __init__(self, inner: Any) -> None:
        self._inner: httpcore.AsyncNetworkBackend = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return await self._connect(timeout, socket_options, _open(host, port, None, local_address))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        return await self._connect(timeout, socket_options, _open("", 0, path, None))

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def _connect(
        self, timeout: float | None, socket_options: Iterable[Any] | None, opening: Awaitable[socket.socket]
    ) -> httpcore.AsyncNetworkStream:
        library = library_of(self)
        try:
            with anyio.fail_after(timeout):
                sock = await opening
        except TimeoutError as error:
            raise library.ConnectTimeout("nobody accepted the connection in time") from error
        except (OSError, UnicodeError, httpx.ConnectError) as error:
            raise library.ConnectError(str(error)) from error
        for option in socket_options or ():
            sock.setsockopt(*option)
        return AsyncStream(_stream_class(self)(_Socket(sock)))


async def _open(host: str, port: int, uds: str | None, local_address: str | None) -> socket.socket:
    """Return a connected socket that does not wait."""
    if not is_trio():
        return await open_socket(asyncio.get_running_loop(), host, port, uds, local_address)
    import trio

    opening = (
        trio.open_tcp_stream(host, port, local_address=local_address) if uds is None else trio.open_unix_socket(uds)
    )
    sock = socket.socket(fileno=(await opening).socket.detach())
    sock.setblocking(False)
    return sock
