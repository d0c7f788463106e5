"""Who gets which connection: the requests, connections and limits of a pool, blocking or asynchronous. No I/O.

httpcore's pool has the same rules. It was under our connections before: importing it, with h11, anyio and, where it is
installed, trio, took longer than a first answer needs by all else, and its assigning had no public name.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping

_PORTS: Mapping[bytes, int] = {b"http": 80, b"https": 443}


class Origin(NamedTuple):
    """Where a connection leads."""

    scheme: bytes
    host: bytes
    port: int


def origin_of(url: httpx.URL) -> Origin:
    """Where a request has to go.

    Raises:
        httpx.UnsupportedProtocol: The URL is neither http nor https.
    """
    scheme, port = url.raw_scheme, url.port
    if scheme not in _PORTS:
        raise httpx.UnsupportedProtocol("the URL must start with http:// or https://")
    return Origin(scheme, url.raw_host, _PORTS[scheme] if port is None else port)


class PoolConnection(Protocol):
    """What a pool has to know of a connection.

    Attributes:
        origin: Where it leads.
        owner: The request that it was given to, or None when it is idle.
        closed: Whether it is of no further use.
    """

    origin: Origin
    owner: Any
    closed: bool

    def has_expired(self) -> bool:
        """Whether it was idle for too long, or the server has closed it or sent something nobody asked for."""
        ...


class PoolRequest(Protocol):
    """What a pool has to know of a request.

    Attributes:
        origin: Where it has to go.
        connection: The connection that it was given, or None while it waits.
    """

    origin: Origin
    connection: Any

    def assign_to_connection(self, connection: Any) -> None:
        """Take a connection, which is claimed at once."""
        ...


C = TypeVar("C", bound=PoolConnection)
R = TypeVar("R", bound=PoolRequest)


class BasePool(Generic[C, R]):
    """What both kinds of pool have in common. It is used by one thread at a time.

    Attributes:
        connections: All connections, in the order in which they were made.
        requests: All requests, waiting or not, in the order in which they came.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        """Make an empty pool."""
        self.connections: list[C] = []
        self.requests: dict[R, None] = {}
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
            if connection.closed or (
                connection.owner is None and (len(idle) >= self._most_idle or connection.has_expired())
            ):
                self.connections.remove(connection)
                leaving.append(connection)
            elif connection.owner is None:
                idle.append(connection)
        for request in self.requests:
            if request.connection is not None:
                continue
            for connection in idle:
                if connection.origin == request.origin:
                    idle.remove(connection)
                    break
            else:
                if len(self.connections) >= self._most:
                    if not idle:
                        break
                    self.connections.remove(idle[0])
                    leaving.append(idle.pop(0))
                connection = self.create_connection(request.origin)
                self.connections.append(connection)
            request.assign_to_connection(connection)
        return leaving
