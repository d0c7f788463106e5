"""Connect on httpx's own asynchronous transports as on ours; for httpcore 1.0 and anyio from 4.11 on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import anyio.abc
import httpcore
import httpx

from ollama_sdk.overlay._http.async_connect import open_socket
from ollama_sdk.overlay._runtime import is_trio

AnyIOStream: Any
AutoBackend: Any
try:
    from httpcore._backends.anyio import AnyIOStream
    from httpcore._backends.auto import AutoBackend
except ImportError:  # another httpcore
    AnyIOStream, AutoBackend = None, httpcore.AsyncNetworkBackend


def connect_as_ours(transport: httpx.AsyncHTTPTransport) -> None:
    """Let addresses race, and look hosts up in threads for which `asyncio.run` does not wait."""
    pool: Any = getattr(transport, "_pool", None)
    can_take_socket = AnyIOStream is not None and hasattr(anyio.abc.SocketStream, "from_socket")
    if can_take_socket and type(getattr(pool, "_network_backend", None)) is AutoBackend:
        pool._network_backend = _Backend()


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
                return AnyIOStream(await anyio.abc.SocketStream.from_socket(sock))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("nobody accepted the connection in time") from error
        except (OSError, UnicodeError, httpx.ConnectError) as error:
            raise httpcore.ConnectError(str(error)) from error
