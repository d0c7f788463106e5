"""Who gets which connection: exchanges, connections and limits of a pool, blocking or asynchronous. No I/O.

httpcore's pool has the same rules, but its assigning has no public name, and importing it, with h11, anyio and, where
it is installed, trio, takes longer than all else that a first answer needs beside httpx.
"""

from __future__ import annotations

import os
import time
from math import inf
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

_PORTS = {b"http": 80, b"https": 443}


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: bytes
    host: bytes
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> Origin:
        """Return where a request to the URL has to go.

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
    """What both kinds of exchange have in common: one request, until its response is read or given up.

    Attributes:
        origin: Where the request goes.
        connection: The connection that the pool has assigned, or None while the request waits.
        interrupted: Whether the exchange has to end with an error.
    """

    __slots__ = ("_pid", "connection", "interrupted", "origin")

    def __init__(self, origin: Origin) -> None:
        """Make an exchange that no pool knows yet."""
        self.origin = origin
        self.connection: C | None = None
        self.interrupted = False
        self._pid = os.getpid()

    def assign_to_connection(self, connection: C) -> None:
        """Take a connection. It is claimed at once, so that the pool cannot give it to a second request."""
        connection.owner, self.connection = self, connection  # at once: Ctrl-C in between would lose the connection
        self.notify()

    def notify(self) -> None:
        """End the wait for a connection, which is there or will not come."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise if the exchange was interrupted."""
        if self.interrupted:
            raise aborted()


def aborted() -> httpx.ReadError:
    """What an aborted request ends with."""
    return httpx.ReadError("the request was aborted")


class BaseConnection(Generic[E]):
    """What both kinds of connection have in common.

    It belongs to the exchange that claimed it, or is idle in the pool.

    Attributes:
        origin: Where it leads.
        owner: The exchange, or None.
        closed: Whether it is of no further use.
    """

    def __init__(self, origin: Origin) -> None:
        """Make a connection that is opened by its first request."""
        self.origin = origin
        self.owner: E | None = None
        self.closed = False
        self._expires = inf

    def is_idle(self) -> bool:
        """Whether it is kept open for a request to come."""
        return self.owner is None and not self.closed

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or the server has closed it or sent something nobody asked for."""
        return time.monotonic() > self._expires or self.is_readable()

    def is_readable(self) -> bool:
        """Whether there is something to read, or the end."""
        raise NotImplementedError

    def keep(self, seconds: float | None) -> None:
        """Become idle after a complete response, for so many seconds, or for as long as the server likes."""
        self._expires = inf if seconds is None else time.monotonic() + seconds
        self.owner = None


class BasePool(Generic[C, E]):
    """What both kinds of pool have in common. It is used by one thread at a time.

    Attributes:
        connections: All connections, in the order in which they were made.
        exchanges: All requests, waiting or not, in the order in which they came.
        keepalive_expiry: For how many seconds an idle connection is kept, or None.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        """Make an empty pool."""
        self.connections: list[C] = []
        self.exchanges: dict[E, None] = {}
        self.keepalive_expiry = limits.keepalive_expiry
        self._most = inf if limits.max_connections is None else limits.max_connections
        self._most_idle = inf if limits.max_keepalive_connections is None else limits.max_keepalive_connections

    def create_connection(self, origin: Origin) -> C:
        """A connection that is opened by its first request."""
        raise NotImplementedError

    def assign(self) -> list[C]:
        """Give connections to the requests that wait, the first one first, as far as the limits allow.

        Returns:
            Connections that have left the pool and are to be closed.
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
                if connection.origin == exchange.origin:
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
