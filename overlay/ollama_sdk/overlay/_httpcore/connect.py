"""Connect on httpx's own asynchronous transports as on ours; for httpcore 1.0 and anyio from 4.11 on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

import anyio.abc
import httpcore
import httpx

from ollama_sdk.overlay._http.async_connect import open_socket
from ollama_sdk.overlay._httpcore.streams import HTTP2
from ollama_sdk.overlay._runtime import is_trio

AnyIOStream: Any
AutoBackend: Any
try:
    from httpcore._backends.anyio import AnyIOStream
    from httpcore._backends.auto import AutoBackend
except ImportError:  # another httpcore
    AnyIOStream, AutoBackend = httpcore.AsyncNetworkStream, httpcore.AsyncNetworkBackend

_AT_ONCE: Final = 65536  # bytes that asyncio takes without waiting


def connect_as_ours(transport: httpx.AsyncHTTPTransport) -> None:
    """Let addresses race, and look hosts up in threads for which `asyncio.run` does not wait."""
    pool: Any = getattr(transport, "_pool", None)
    can_take_socket = AnyIOStream is not httpcore.AsyncNetworkStream and hasattr(anyio.abc.SocketStream, "from_socket")
    if can_take_socket and type(getattr(pool, "_network_backend", None)) is AutoBackend:
        pool._network_backend = _Backend()


class _Stream(AnyIOStream):  # type: ignore[misc]  # Any, as another httpcore may lack it
    """A stream that reads an answer while it writes, for a server that answers (413, 401) and reads no more."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        super().__init__(stream)
        self._early = b""
        self._written = 0  # since the last read
        self._is_http2 = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._written = 0
        if self._early:
            data, self._early = self._early[:max_bytes], self._early[max_bytes:]
            return data
        received: bytes = await super().read(max_bytes, timeout)
        return received

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._is_http2 |= buffer.startswith(HTTP2)
        self._written += len(buffer)
        if self._is_http2 or self._written <= _AT_ONCE:
            await super().write(buffer, timeout)
            return
        writing = asyncio.ensure_future(super().write(buffer, timeout))
        reading = asyncio.ensure_future(self._read_early())
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_answered = reading.done()
            writing.cancel()
            reading.cancel()
        await asyncio.gather(writing, reading, return_exceptions=True)
        if is_answered:
            raise httpcore.WriteError("the server answered before it had read the request")  # httpcore then reads it
        await writing

    async def start_tls(self, *arguments: Any, **keywords: Any) -> Any:
        stream = await super().start_tls(*arguments, **keywords)
        return _Stream(stream._stream)

    async def _read_early(self) -> None:
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            self._early = await self._stream.receive()  # an end, too, is told by the read that follows


class _Backend(AutoBackend):  # type: ignore[misc]  # Any, as another httpcore may lack it
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        if is_trio() or local_address is not None:
            return await super().connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            async with asyncio.timeout(timeout):
                sock = await open_socket(asyncio.get_running_loop(), host, port)
                return _Stream(await anyio.abc.SocketStream.from_socket(sock))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("nobody accepted the connection in time") from error
        except (OSError, UnicodeError, httpx.ConnectError) as error:
            raise httpcore.ConnectError(str(error)) from error
