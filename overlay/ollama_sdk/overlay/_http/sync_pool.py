"""The blocking pool, and its round trips."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

import httpx

from ollama_sdk.overlay._http.pool import BasePool, Origin
from ollama_sdk.overlay._http.round_trip import BaseRoundTrip
from ollama_sdk.overlay._http.sync_connection import Connection
from ollama_sdk.overlay._http.sync_exchange import Exchange
from ollama_sdk.overlay._runtime import quiet_at_exit

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.settings import Settings


class RoundTrip(BaseRoundTrip[Exchange, "Pool"], httpx.SyncByteStream):
    """One request, and the body of its response as it arrives."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield bytes as soon as they have arrived, after one read at most."""
        parser, exchange = self.parser, self.exchange
        connection, pieces = cast("Connection", exchange.connection), parser.pieces
        try:
            while True:
                if pieces:
                    if parser.complete:
                        self.close()
                    yield parser.take()
                if self.is_whole():
                    return
                connection.read(exchange, parser)
        finally:
            self._finalize()

    def expect_end(self, seconds: float) -> None:
        super().expect_end(seconds)
        # Once the body is complete, another thread may have given the connection to another request, or closed it.
        if not self.parser.complete and (connection := self.exchange.connection) is not None:
            connection.set_timeout(self.read_timeout)

    def close(self) -> None:
        try:
            # One step of the interpreter, since an abort in another thread may close at the same time.
            if self.__dict__.pop("_open", False):
                self._ended = True
                self._pool.leave(self.exchange, keep=self.exchange.finish() and self.may_keep())
        except BaseException:  # Ctrl-C
            self._pool.leave(self.exchange)
            raise

    _finalize = quiet_at_exit(close)  # the iterator, and the response, may live until the interpreter exits
    __del__ = _finalize


class Pool(BasePool[Connection, Exchange]):
    """The connections of a process.

    Requests enter and leave through a queue of changes. One thread at a time makes these changes, and no other thread
    waits for it, so that a request can also leave in a signal handler or a finalizer. If Ctrl-C interrupts a change,
    the next thread makes the change again.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.limits)
        self._settings = settings
        self._at_work: dict[str, object] = {}  # under the one key: the thread that makes changes
        self._changes: deque[Callable[[], None]] = deque()

    def create_connection(self, origin: Origin) -> Connection:
        return Connection(origin, self._settings)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send a request on a connection of the pool."""
        exchange = Exchange(Origin.of(request.url))
        trip = RoundTrip(request, exchange, self, self._settings)
        try:
            exchange.begin(request)
            self._changes.append(lambda: self.enter(exchange))
            self._settle()
            connection = exchange.wait_for_connection(trip.timeouts.get("pool"))
            connection.send(exchange, trip)
            return trip.response(connection)
        except BaseException:
            trip.fail()
            raise

    def leave(self, exchange: Exchange, *, keep: bool = False) -> None:
        """Take an exchange out of the pool; its connection is kept for another one (`keep`) or closed."""
        self._changes.append(lambda: self._leave(exchange, keep))
        self._settle()

    def close(self) -> None:
        """Close all connections and end all exchanges."""
        for exchange in list(self.exchanges):
            exchange.interrupt()
        self._changes.append(self.retire_idle)
        self._settle()

    def drop(self) -> None:
        """Close this process's copies of the sockets, in a forked child."""
        for connection in self.connections:
            connection.drop()

    def _leave(self, exchange: Exchange, keep: bool) -> None:
        connection = exchange.connection
        if connection is not None and connection.owner is exchange:
            # A connection gets or loses its owner only here and in `assign`. If it became idle during `assign`, that
            # could close it to make room for a new one.
            if keep:
                self.keep(connection)
            else:
                self.retire(connection)  # `_settle` closes it, once other threads can make changes
        exchange.connection = None
        self.leave_queue(exchange)

    def _settle(self) -> None:
        """Make the changes in the queue, unless another thread is doing so: it looks again when it has finished."""
        us = object()
        at_work = self._at_work
        try:
            # Not by a lock: Ctrl-C after it was taken and before anything else would leave it locked for ever.
            while self._changes and at_work.setdefault("", us) is us:
                while self._changes:
                    self._changes[0]()
                    self._changes.popleft()
                leaving = self.assign()
                del at_work[""]
                for connection in leaving:
                    connection.close()
        finally:
            if at_work.get("") is us:
                del at_work[""]
