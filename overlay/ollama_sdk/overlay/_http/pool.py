"""The rules of a connection pool, blocking or asynchronous: which request gets which connection. No I/O.

The rules are those of httpcore's pool. That one is not used, because its step that assigns connections is private, and
because importing httpcore (with h11, anyio and, where it is installed, trio) takes longer than everything else that the
first request needs beside httpx.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from math import inf
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

import httpx

from ollama_sdk.overlay._http.sockets import wait_for

if TYPE_CHECKING:
    import socket

    from ollama_sdk.overlay._http.settings import AbortHook
    from ollama_sdk.overlay._http.tls import Tls

_PORTS = {b"http": 80, b"https": 443}


class Origin(NamedTuple):
    """The server that a connection leads to."""

    scheme: bytes
    host: bytes
    port: int

    @property
    def address(self) -> str:
        """The host for a DNS lookup; the zone of an IPv6 address (`%eth0`) is escaped in a URL."""
        return self.host.decode("ascii").replace("%25", "%")

    @property
    def certified_name(self) -> str:
        """The host as a certificate has it, without the zone of an IPv6 address."""
        return self.host.decode("ascii").partition("%")[0]

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
    """One request, from entering the pool until its response is read or given up."""

    __slots__ = ("_pid", "connection", "fresh", "interrupted", "origin")

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.fresh = False  # whether the request needs a new connection
        self.connection: C | None = None  # None while the request waits for one
        self.interrupted = False  # whether the exchange has to end with an error
        self._pid = os.getpid()

    def begin(self, request: httpx.Request) -> None:
        """Read the extensions of the request: whether it needs a new connection, and what may abort it."""
        self.fresh = "fresh" in request.extensions
        hook = cast("AbortHook | None", request.extensions.get("abort"))
        if hook is not None:
            hook.set_interrupt(self.interrupt)
        self.check()

    def interrupt(self) -> None:
        """End the wait in progress and every later one with an error. Does nothing once the exchange has ended."""
        raise NotImplementedError

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
    """One connection, which is used by one exchange at a time or is idle in the pool."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.sock: socket.socket | None = None  # None before its first request
        self.tls: Tls | None = None
        self.owner: E | None = None  # the exchange that uses it
        self.closed = False  # whether it cannot be used any more
        self.expires = inf  # when it has been idle for too long, by `time.monotonic`

    def is_readable(self) -> bool:
        """Whether there are bytes to read, or the server has closed the connection."""
        return self.sock is not None and (self.closed or wait_for(self.sock, read=True, write=False, timeout=0)[0])

    def get_extra_info(self, info: str) -> object:
        """Return `socket`, `ssl_object`, `client_addr` or `server_addr`, as a `network_stream` of httpcore does."""
        sock = self.sock
        if info == "ssl_object":
            return None if self.tls is None else self.tls.object
        if info == "socket" or sock is None:
            return sock
        name = {"client_addr": sock.getsockname, "server_addr": sock.getpeername}.get(info)
        return None if name is None else name()

    def keep(self, seconds: float | None) -> None:
        """Become idle after a complete response, and expire after `seconds` (None: never)."""
        self.expires = inf if seconds is None else time.monotonic() + seconds
        self.owner = None


class BasePool(Generic[C, E]):
    """Exchanges and connections, and the limits to both; used by one thread at a time.

    No step looks at all connections. A request gets the idle connection to its origin that was used last, if that is
    still good; the one that was idle for longest expires, or makes room. Ctrl-C may come between any two statements,
    and the step is made again then: what an index has is checked before it is used.

    Attributes:
        connections: All connections, in the order in which they were made.
        exchanges: All exchanges, with a connection or waiting for one, in the order in which they came.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        self.connections: dict[C, None] = {}
        self.exchanges: dict[E, None] = {}
        self._waiting: OrderedDict[E, None] = OrderedDict()  # in the order in which they came
        self._idle: OrderedDict[C, None] = OrderedDict()  # in the order in which they became idle
        self._idle_by_origin: dict[Origin, OrderedDict[C, None]] = {}
        self._retired: dict[C, None] = {}  # to be closed
        self._keepalive_expiry = limits.keepalive_expiry
        self._most = inf if limits.max_connections is None else limits.max_connections
        self._most_idle = inf if limits.max_keepalive_connections is None else limits.max_keepalive_connections

    def create_connection(self, origin: Origin) -> C:
        """Return a new connection, which its first request opens."""
        raise NotImplementedError

    def enter(self, exchange: E) -> None:
        """Let an exchange wait for a connection."""
        self.exchanges[exchange] = None
        self._waiting[exchange] = None

    def leave_queue(self, exchange: E) -> None:
        """Remove an exchange from the pool."""
        self._waiting.pop(exchange, None)
        self.exchanges.pop(exchange, None)

    def keep(self, connection: C) -> None:
        """Let a connection be idle after a complete response."""
        self.connections[connection] = None
        to_origin = self._idle_by_origin.get(connection.origin)
        if to_origin is None:
            to_origin = self._idle_by_origin[connection.origin] = OrderedDict()
        for index in (self._idle, to_origin):
            index[connection] = None
            index.move_to_end(connection)
        connection.keep(self._keepalive_expiry)

    def retire(self, connection: C) -> None:
        """Take a connection out; `assign` returns it, and its owner gets no further answer."""
        self._retired[connection] = None
        connection.closed = True
        self._take_from_idle(connection)
        self.connections.pop(connection, None)
        connection.owner = None

    def retire_idle(self) -> None:
        """Take all idle connections out."""
        while self._idle:
            self.retire(next(iter(self._idle)))

    def assign(self) -> list[C]:
        """Give connections to waiting exchanges, in the order in which they came, as far as the limits allow.

        Returns:
            Connections that were removed from the pool, which the caller has to close.
        """
        while self._idle and (oldest := next(iter(self._idle))).expires < time.monotonic():
            self._retire_oldest(oldest)
        while self._waiting:
            exchange = next(iter(self._waiting))
            if exchange.connection is None:
                connection = None if exchange.fresh else self._newest_idle(exchange.origin)
                if connection is None:
                    if len(self.connections) >= self._most:
                        if not self._idle:
                            break
                        self._retire_oldest(next(iter(self._idle)))
                        continue
                    connection = self.create_connection(exchange.origin)
                exchange.assign_to_connection(connection)
                self.connections[connection] = None
                self._take_from_idle(connection)
            self._waiting.pop(exchange, None)
        while len(self._idle) > self._most_idle:
            self._retire_oldest(next(iter(self._idle)))
        retired, self._retired = self._retired, {}
        return list(retired)

    def _newest_idle(self, origin: Origin) -> C | None:
        """Return the connection to an origin that became idle last; it stays where it is."""
        while connections := self._idle_by_origin.get(origin):
            connection = next(reversed(connections))
            if connection.owner is not None:
                self._take_from_idle(connection)
            elif connection.closed or connection.is_readable():
                self.retire(connection)
            else:
                return connection
        return None

    def _retire_oldest(self, connection: C) -> None:
        if connection.owner is None:
            self.retire(connection)
        else:
            self._take_from_idle(connection)

    def _take_from_idle(self, connection: C) -> None:
        connections = self._idle_by_origin.get(connection.origin)
        if connections is not None:
            connections.pop(connection, None)
        self._idle.pop(connection, None)
