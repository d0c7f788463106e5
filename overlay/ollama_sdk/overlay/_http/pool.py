"""The rules of a connection pool, blocking or asynchronous: which request gets which connection. No I/O.

The rules are those of httpcore's pool. That one is not used, because its step that assigns connections is private, and
because importing httpcore (with h11, anyio and, where it is installed, trio) takes longer than everything else that the
first request needs beside httpx.
"""

from __future__ import annotations

import os
import time
from math import inf
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

_PORTS = {b"http": 80, b"https": 443}


class Origin(NamedTuple):
    """The server that a connection leads to."""

    scheme: bytes
    host: bytes
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> Origin:
        """Return the origin of a URL.

        Raises:
            httpx.UnsupportedProtocol: The URL is neither http nor https.
        """
        scheme, port = url.raw_scheme, url.port
        if scheme not in _PORTS:
            raise httpx.UnsupportedProtocol("the URL must start with http:// or https://")
        return cls(scheme, url.raw_host, _PORTS[scheme] if port is None else port)


C = TypeVar("C", bound="BaseConnection[Any]")
E = TypeVar("E", bound="BaseExchange[Any]")


class BaseExchange(Generic[C]):
    """One request, from entering the pool until its response is read or given up.

    Attributes:
        origin: The server that the request is for.
        connection: The connection that the pool has assigned, or None while the request waits for one.
        fresh: Whether the request needs a new connection.
        interrupted: Whether the exchange has to end with an error.
    """

    __slots__ = ("_pid", "connection", "fresh", "interrupted", "origin")

    def __init__(self, origin: Origin) -> None:
        """Make an exchange that is in no pool yet."""
        self.origin = origin
        self.fresh = False
        self.connection: C | None = None
        self.interrupted = False
        self._pid = os.getpid()

    def assign_to_connection(self, connection: C) -> None:
        """Take a connection and become its owner, so that the pool gives it to no other request."""
        connection.owner, self.connection = self, connection  # one statement: Ctrl-C in between would lose it
        self.notify()

    def notify(self) -> None:
        """End the wait for a connection."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise httpx.ReadError if the exchange was interrupted."""
        if self.interrupted:
            raise aborted()


def aborted() -> httpx.ReadError:
    """Return the error that an aborted request ends with."""
    return httpx.ReadError("the request was aborted")


class BaseConnection(Generic[E]):
    """One connection, which is used by one exchange at a time or is idle in the pool.

    Attributes:
        origin: The server that it leads to.
        owner: The exchange that uses it, or None.
        closed: Whether it cannot be used any more.
    """

    def __init__(self, origin: Origin) -> None:
        """Make a connection that is opened by its first request."""
        self.origin = origin
        self.owner: E | None = None
        self.closed = False
        self._expires = inf

    def is_idle(self) -> bool:
        """Whether it is open and not in use."""
        return self.owner is None and not self.closed

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or the server has closed it or sent bytes without being asked."""
        return time.monotonic() > self._expires or self.is_readable()

    def is_readable(self) -> bool:
        """Whether there are bytes to read, or the server has closed the connection."""
        raise NotImplementedError

    def keep(self, seconds: float | None) -> None:
        """Become idle after a complete response, and expire after `seconds` (None: never)."""
        self._expires = inf if seconds is None else time.monotonic() + seconds
        self.owner = None


class BasePool(Generic[C, E]):
    """Exchanges and connections, and the limits to both; used by one thread at a time.

    Attributes:
        connections: All connections, in the order in which they were made.
        exchanges: All exchanges, with a connection or waiting for one, in the order in which they came.
        keepalive_expiry: Seconds after which an idle connection expires, or None.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        """Make an empty pool."""
        self.connections: list[C] = []
        self.exchanges: dict[E, None] = {}
        self.keepalive_expiry = limits.keepalive_expiry
        self._most = inf if limits.max_connections is None else limits.max_connections
        self._most_idle = inf if limits.max_keepalive_connections is None else limits.max_keepalive_connections

    def create_connection(self, origin: Origin) -> C:
        """Return a new connection, which its first request opens."""
        raise NotImplementedError

    def assign(self) -> list[C]:
        """Give connections to waiting exchanges, in the order in which they came, as far as the limits allow.

        Returns:
            Connections that were removed from the pool, which the caller has to close.
        """
        leaving: list[C] = []
        idle: list[C] = []
        for connection in self.connections.copy():
            if not connection.closed and connection.owner is not None:
                continue
            if connection.closed or len(idle) >= self._most_idle or connection.has_expired():
                self.connections.remove(connection)
                leaving.append(connection)
            else:
                idle.append(connection)
        for exchange in self.exchanges:
            if exchange.connection is not None:
                continue
            for connection in idle:
                if connection.origin == exchange.origin and not exchange.fresh:
                    idle.remove(connection)
                    break
            else:
                if len(self.connections) >= self._most:
                    if not idle:
                        break
                    self.connections.remove(idle[0])
                    leaving.append(idle.pop(0))
                connection = self.create_connection(exchange.origin)
                self.connections.append(connection)
            exchange.assign_to_connection(connection)
        return leaving
