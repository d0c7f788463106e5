"""Functions on sockets, for the blocking and the asyncio connections."""

from __future__ import annotations

import ipaddress
import select
import socket
import sys
from contextlib import suppress
from typing import Any


def shut_down(sock: socket.socket) -> None:
    """Shut a socket down, which ends every wait on it in any thread; the socket stays open."""
    with suppress(OSError):
        # Not the method of SSLSocket, which also takes the TLS state away from a thread that is using it.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def wait_for(sock: socket.socket | int, *, read: bool, write: bool, timeout: float | None) -> tuple[bool, bool]:
    """Wait until a socket, or its file number, can be read or written, for `timeout` seconds (None: no limit).

    Returns:
        Whether it can be read, and whether it can be written; neither after the timeout.
    """
    if sys.platform == "win32":
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


def is_address(host: str) -> bool:
    """Whether a host is an IP address, which needs no lookup."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


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
