"""Open a blocking socket; an interrupt ends every wait on the way: name lookup, connecting, TLS handshake."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.sockets import is_address, shut_down, wait_for
from ollama_sdk.overlay._runtime import release

if TYPE_CHECKING:
    import ssl

    from ollama_sdk.overlay._http.exchange import Exchange

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, "tuple[str, int] | tuple[str, int, int, int]"]

# Seconds between two looks at the exchange while connecting. On Linux shutting the socket down ends the wait.
_CONNECT_SLICE = None if sys.platform == "linux" else 0.02


def open_connection(
    exchange: Exchange,
    host: str,
    port: int,
    uds: str | None,
    timeout: float | None,
    local_address: str | None = None,
) -> socket.socket:
    """Connect to the first address of a host that answers.

    Args:
        exchange: The exchange whose interrupt ends the waits.
        host: Name or address.
        port: Port number.
        uds: Path of a Unix domain socket to use instead of host and port.
        timeout: Seconds for lookup and connecting together, or None.
        local_address: The address of this machine to connect from, or None for any.

    Raises:
        httpx.ConnectError: No address accepts a connection.
        httpx.ConnectTimeout: Not within the timeout.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    if uds is not None:
        return _connect(exchange, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), uds, deadline)
    failure: httpx.TransportError | None = None
    addresses = _look_up(exchange, host, port, deadline)
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        # An address that does not answer (often IPv6 without a route) must not use up the time of the others.
        limit = deadline
        if deadline is not None:
            now = time.monotonic()
            limit = now + (deadline - now) / (len(addresses) - position)
        try:
            sock = _socket(family, kind, protocol, local_address)
        except OSError as error:  # the machine does not have this address family
            failure = httpx.ConnectError(str(error))
            continue
        try:
            sock = _connect(exchange, sock, address, limit)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            failure = error
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise failure or httpx.ConnectError(f"{host} has no address")


def _socket(family: int, kind: int, protocol: int, local_address: str | None) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    if local_address is not None:
        try:
            sock.bind((local_address, 0))
        except OSError:
            sock.close()
            raise
    return sock


def start_tls(
    exchange: Exchange, sock: socket.socket, context: ssl.SSLContext, host: str, timeout: float | None
) -> ssl.SSLSocket:
    """Do the TLS handshake on a connected socket, which it takes over.

    Args:
        exchange: The exchange whose interrupt ends the waits.
        sock: The socket; closed when the handshake fails.
        context: Settings and trusted certificates.
        host: The name that the certificate must be for.
        timeout: Seconds for each step of the handshake, or None.
    """
    try:
        exchange.set_interrupt(None)
        # A cut without TLS's own goodbye must be seen: it is not the end of a body.
        wrapped = context.wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=False, suppress_ragged_eofs=False
        )
    except BaseException:
        sock.close()
        raise
    try:
        exchange.set_interrupt(lambda: shut_down(wrapped))
        wrapped.settimeout(timeout)
        wrapped.do_handshake()
        exchange.check()
    except BaseException as error:
        wrapped.close()
        if not isinstance(error, OSError):
            raise
        exchange.check()
        if isinstance(error, TimeoutError):
            raise httpx.ConnectTimeout("the TLS handshake took too long") from error
        raise httpx.ConnectError(str(error) or "the connection was closed during the TLS handshake") from error
    return wrapped


def _connect(exchange: Exchange, sock: socket.socket, address: object, deadline: float | None) -> socket.socket:
    try:
        exchange.set_interrupt(lambda: shut_down(sock))
        sock.setblocking(False)
        try:
            sock.connect(address)  # type: ignore[arg-type]  # typeshed has no one type for all families
        except BlockingIOError:
            _wait_until_connected(exchange, sock, deadline)
            if code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(code, os.strerror(code)) from None
            sock.getpeername()  # a socket that was shut down while connecting reports no error, but has no peer
        exchange.check()
    except BaseException as error:
        sock.close()
        if isinstance(error, OSError):
            exchange.check()
            raise httpx.ConnectError(str(error)) from error
        raise
    return sock


def _wait_until_connected(exchange: Exchange, sock: socket.socket, deadline: float | None) -> None:
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise httpx.ConnectTimeout("nobody accepted the connection in time")
        pause = left if _CONNECT_SLICE is None else min(_CONNECT_SLICE, _CONNECT_SLICE if left is None else left)
        if wait_for(sock, read=False, write=True, timeout=pause)[1]:
            return
        exchange.check()


def _look_up(exchange: Exchange, host: str, port: int, deadline: float | None) -> list[_Address]:
    if host == "localhost" or is_address(host):
        return _resolve(host, port)
    # The lookup of the system cannot be interrupted and has no timeout, so it runs in a thread of its own, which ends
    # with the lookup; the resolver limits how long that takes.
    found: list[list[_Address]] = []
    failed: list[BaseException] = []
    done = threading.Lock()
    done.acquire()

    def look_up() -> None:
        try:
            found.append(_resolve(host, port))
        except BaseException as error:
            failed.append(error)
        finally:
            release(done)

    exchange.set_interrupt(lambda: release(done))
    threading.Thread(target=look_up, name="ollama-sdk-lookup", daemon=True).start()
    if not done.acquire(timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic())):
        raise httpx.ConnectTimeout(f"looking up {host} took too long")
    exchange.check()
    if failed:
        raise failed[0]
    return found[0]


def _resolve(host: str, port: int) -> list[_Address]:
    get: Callable[..., list[_Address]] = socket.getaddrinfo  # type: ignore[assignment]  # typeshed: more families
    try:
        return get(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"{host}: {error}") from error
