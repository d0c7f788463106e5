"""Open a socket for any event loop of asyncio: uvloop's `create_connection` tries one address after the other."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.sockets import ADDRESS_DELAY, READ_SIZE, Address, is_address, new_socket, resolve
from ollama_sdk.overlay._http.tls import Tls
from ollama_sdk.overlay._runtime import run_in_daemon

if TYPE_CHECKING:
    import ssl


async def open_socket(
    loop: asyncio.AbstractEventLoop, host: str, port: int, uds: str | None = None, local_address: str | None = None
) -> socket.socket:
    """Connect to the address of a host that answers first, or to the Unix domain socket `uds`.

    Raises:
        OSError: No address accepts a connection.
        httpx.ConnectError: The host has no address.
    """
    if uds is not None:
        return await _connect(loop, (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", uds), None)
    waiting = (await _look_up(host, port))[::-1]
    if len(waiting) == 1:
        return await _connect(loop, waiting[0], local_address)  # half the time without a task and a wait for it
    failure: BaseException | None = None
    attempts: set[asyncio.Task[socket.socket]] = set()
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(loop.create_task(_connect(loop, waiting.pop(), local_address)))
            done, _ = await asyncio.wait(
                attempts, timeout=ADDRESS_DELAY if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.remove(attempt)
                failure = attempt.exception()
                if failure is None:
                    return attempt.result()
        raise failure or httpx.ConnectError(f"{host} has no address")
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_close)


async def start_tls(loop: asyncio.AbstractEventLoop, sock: socket.socket, context: ssl.SSLContext, host: str) -> Tls:
    """Do the TLS handshake on a connected socket; `host` is the name that the certificate must be for."""
    tls = Tls(context, host)
    received, is_complete = None, False
    while not is_complete:
        try:
            is_complete = tls.shake_hands(received)
        finally:  # sends the alert that rejects a wrong certificate, too
            await loop.sock_sendall(sock, tls.to_send())
        received = None if is_complete else await loop.sock_recv(sock, READ_SIZE)
    return tls


def _close(attempt: asyncio.Task[socket.socket]) -> None:
    """Close the socket of an attempt that came second."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


async def _connect(loop: asyncio.AbstractEventLoop, address: Address, local_address: str | None) -> socket.socket:
    sock = new_socket(address, local_address)
    try:
        await loop.sock_connect(sock, address[4])
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError) and error.errno and str(error.strerror).startswith("Connect call failed"):
            # asyncio gives the address in place of the reason.
            raise OSError(error.errno, os.strerror(error.errno)) from error
        raise
    return sock


async def _look_up(host: str, port: int) -> list[Address]:
    if is_address(host):
        return resolve(host, port)
    try:
        return await run_in_daemon(lambda: resolve(host, port))
    except RuntimeError as error:
        raise httpx.ConnectError(f"cannot look up {host}: {error}") from error
