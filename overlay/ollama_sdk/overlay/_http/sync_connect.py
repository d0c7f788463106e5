"""Open a blocking socket; an interrupt ends every wait on the way: name lookup, connecting, TLS handshake."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._http.sockets import (
    ADDRESS_DELAY,
    READ_SIZE,
    Address,
    check_connected,
    is_address,
    new_socket,
    resolve,
    shut_down,
    wait_until_connected,
)
from ollama_sdk.overlay._http.tls import Tls
from ollama_sdk.overlay._runtime import release, start_daemon

if TYPE_CHECKING:
    import ssl

    from ollama_sdk.overlay._http.sync_exchange import Exchange

# Seconds between two looks at the exchange while connecting. On Linux shutting the socket down ends the wait.
_CONNECT_SLICE = inf if sys.platform == "linux" else 0.02


def open_connection(
    exchange: Exchange,
    host: str,
    port: int,
    uds: str | None,
    timeout: float | None,
    local_address: str | None = None,
) -> socket.socket:
    """Connect to the first address of a host that answers, or to the Unix domain socket `uds`.

    An interrupt of the exchange ends the waits; the timeout in seconds is for lookup and connecting together.

    Raises:
        httpx.ConnectError: No address accepts a connection.
        httpx.ConnectTimeout: Not within the timeout.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    if uds is not None:
        unix: Address = (socket.AF_UNIX, socket.SOCK_STREAM, 0, "", uds)
        return _connect_to_first(exchange, [unix], deadline, None)
    return _connect_to_first(exchange, _look_up(exchange, host, port, deadline), deadline, local_address)


def _connect_to_first(
    exchange: Exchange, addresses: list[Address], deadline: float | None, local_address: str | None
) -> socket.socket:
    """Try the next address beside the earlier ones when they have failed or take long (RFC 8305)."""
    failure = OSError("the host has no address")
    waiting = addresses[::-1]
    attempts: list[socket.socket] = []

    def interrupt() -> None:
        for sock in tuple(attempts):
            shut_down(sock)

    exchange.set_interrupt(interrupt)
    next_at = 0.0
    try:
        while waiting or attempts:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise httpx.ConnectTimeout("nobody accepted the connection in time")
            if waiting and (not attempts or now >= next_at):
                next_at = now + ADDRESS_DELAY
                address = waiting.pop()
                try:
                    _begin(address, local_address, attempts)
                except OSError as error:  # also if the machine does not have this address family
                    if foreign(error):
                        raise
                    failure = error
            exchange.check()  # after `connect`, as shutting a socket down has no effect before it
            limits = [deadline, next_at if waiting else None]
            left = min([limit - time.monotonic() for limit in limits if limit is not None], default=inf)
            for sock in wait_until_connected(attempts, min(left, _CONNECT_SLICE)) if attempts else ():
                attempts.remove(sock)
                try:
                    exchange.check()
                    check_connected(sock)
                except OSError as error:
                    sock.close()
                    if foreign(error):
                        raise
                    failure = error
                except BaseException:
                    sock.close()
                    raise
                else:
                    return sock
        raise httpx.ConnectError(str(failure)) from failure
    finally:
        for sock in attempts:
            sock.close()


def _begin(address: Address, local_address: str | None, attempts: list[socket.socket]) -> None:
    """Begin to connect; the socket is among the attempts, where an interrupt reaches it, unless that fails at once."""
    attempts.append(sock := new_socket(address, local_address))
    try:
        with suppress(BlockingIOError):
            sock.connect(address[4])
    except OSError:
        attempts.remove(sock)
        sock.close()
        raise


def start_tls(
    exchange: Exchange, sock: socket.socket, context: ssl.SSLContext, host: str, timeout: float | None
) -> Tls:
    """Do the TLS handshake on a connected socket, which is closed when that fails; each step ends at the timeout."""
    try:
        exchange.set_interrupt(lambda: shut_down(sock))
        sock.settimeout(timeout)
        tls = Tls(context, host)
        received, is_complete = None, False
        while not is_complete:
            try:
                is_complete = tls.shake_hands(received)
            finally:  # sends the alert that rejects a wrong certificate, too
                sock.sendall(tls.to_send())
            received = None if is_complete else sock.recv(READ_SIZE)
        exchange.check()
    except BaseException as error:
        sock.close()
        if not isinstance(error, OSError):
            raise
        exchange.check()
        if isinstance(error, TimeoutError):
            raise httpx.ConnectTimeout("the TLS handshake took too long") from error
        raise httpx.ConnectError(str(error) or "the connection was closed during the TLS handshake") from error
    return tls


def _look_up(exchange: Exchange, host: str, port: int, deadline: float | None) -> list[Address]:
    if host == "localhost" or is_address(host):
        return resolve(host, port)
    found: list[list[Address] | BaseException] = []
    done = threading.Lock()
    done.acquire()

    def deliver(result: list[Address] | BaseException) -> None:
        found.append(result)
        release(done)

    exchange.set_interrupt(lambda: release(done))
    # The lookup of the system cannot be interrupted and has no timeout; the resolver limits how long it takes.
    try:
        start_daemon(lambda: resolve(host, port), deliver)
    except RuntimeError as error:
        raise httpx.ConnectError(f"cannot look up {host}: {error}") from error
    if not done.acquire(timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic())):
        raise httpx.ConnectTimeout(f"looking up {host} took too long")
    exchange.check()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]
