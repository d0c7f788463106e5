"""Functions on sockets, for the blocking and the asyncio connections."""

from __future__ import annotations

import ipaddress
import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from math import inf
from typing import Any, Final

import httpx

Address = tuple[int, int, int, str, "str | tuple[object, ...]"]
"""As `socket.getaddrinfo` returns it."""

READ_SIZE: Final = 65536
"""Bytes that one read returns at most."""

ADDRESS_DELAY: Final = 0.25
"""Seconds after which the next address of a host is tried beside the earlier ones (RFC 8305)."""

# A peer that is gone is noticed after two minutes: a minute of silence, and four probes, 15 seconds apart.
_PROBES: Final = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}

SOCKET_OPTIONS: Final = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    # A platform has some of them; TCP_KEEPALIVE is macOS's TCP_KEEPIDLE.
    *((socket.IPPROTO_TCP, getattr(socket, name), value) for name, value in _PROBES.items() if hasattr(socket, name)),
]
"""Options by which TCP sends small writes at once, and probes a peer that is silent."""


def new_socket(address: Address, local_address: str | None = None) -> socket.socket:
    """Return a socket for an address that does not wait, with the options of TCP, bound to a local address if any."""
    sock = socket.socket(*address[:3])
    try:
        sock.setblocking(False)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            for option in SOCKET_OPTIONS:
                with suppress(OSError):  # an old Windows does not take all of them
                    sock.setsockopt(*option)
        if local_address is not None:
            sock.bind((local_address, 0))
    except BaseException:
        sock.close()
        raise
    return sock


def wait_until_connected(socks: list[socket.socket], timeout: float) -> list[socket.socket]:
    """Return the sockets whose connecting has ended, well or not, as soon as there are any."""
    if not hasattr(select, "poll"):  # Windows, or a program that gevent or eventlet has patched
        _, writable, failed = select.select([], socks, socks, None if timeout == inf else max(0.0, timeout))
        return [sock for sock in socks if sock in writable or sock in failed]
    poll = select.poll()  # unlike a selector it needs no file descriptor, of which there may be no more
    for sock in socks:
        poll.register(sock, select.POLLOUT)
    ready = {number for number, _ in poll.poll(None if timeout == inf else max(0.0, timeout) * 1000)}
    return [sock for sock in socks if sock.fileno() in ready]


def check_connected(sock: socket.socket) -> None:
    """Raise OSError unless a socket whose connecting has ended is connected."""
    if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        of_windows: dict[int, str] = getattr(socket, "errorTab", {})
        raise OSError(code, of_windows.get(code) or os.strerror(code))
    sock.getpeername()  # a socket that was shut down while connecting reports no error, but has no peer


def shut_down(sock: socket.socket) -> None:
    """Shut a socket down, which ends every wait on it in any thread; the socket stays open."""
    # Not the method of SSLSocket, which also takes the TLS state away from a thread that is using it. The sockets of
    # eventlet have no methods but their own.
    shutdown = getattr(socket.socket, "shutdown", None)
    with suppress(OSError):
        shutdown(sock, socket.SHUT_RDWR) if shutdown else sock.shutdown(socket.SHUT_RDWR)


def wait_for(sock: socket.socket | int, *, read: bool, write: bool, timeout: float | None) -> tuple[bool, bool]:
    """Wait until a socket, or its file number, can be read or written, for `timeout` seconds (None: no limit).

    Returns:
        Whether it can be read, and whether it can be written; neither after the timeout.
    """
    if not hasattr(select, "poll"):  # Windows, or a program that gevent or eventlet has patched
        readers, writers, failed = select.select(
            [sock] if read else [], [sock] if write else [], [sock] if write else [], timeout
        )
        return bool(readers), bool(writers or failed)
    poll = select.poll()
    poll.register(sock, (select.POLLIN if read else 0) | (select.POLLOUT if write else 0))
    events = poll.poll(None if timeout is None else max(0.0, timeout) * 1000)
    mask = events[0][1] if events else 0
    broken = mask & (select.POLLERR | select.POLLHUP | select.POLLNVAL)
    return read and bool(mask & select.POLLIN or broken), write and bool(mask & select.POLLOUT or broken)


@lru_cache(maxsize=100)  # half of what a connection to one takes here, of which there may be hundreds at once
def is_address(host: str) -> bool:
    """Whether a host is an IP address, which needs no lookup."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def resolve(host: str, port: int) -> list[Address]:
    """Look up a host; the lookup of the system has no limit in time."""
    get: Callable[..., list[Address]] = socket.getaddrinfo  # type: ignore[assignment]  # typeshed: more families
    try:
        return get(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host}: {error}") from error


def discard_transport(transport: Any) -> None:
    """Close the socket of a transport of asyncio without its event loop.

    asyncio (3.11 to 3.14) has no call for this: its transports can only be closed by their loop, and warn of an
    unclosed transport otherwise. So this reaches for the socket inside; what it does not find stays as it is.
    """
    with suppress(AttributeError):
        if hasattr(transport, "_ssl_protocol"):
            transport._closed = True
            transport = transport._ssl_protocol._transport
        transport._sock.close()
        transport._sock = None
