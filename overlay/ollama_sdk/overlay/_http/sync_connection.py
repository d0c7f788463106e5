"""The blocking HTTP/1.1 connection, the body of a response, and the pool."""

from __future__ import annotations

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

import httpx

from ollama_sdk.overlay._http.exchange import Exchange
from ollama_sdk.overlay._http.pool import BaseConnection, BasePool, Origin
from ollama_sdk.overlay._http.request_bytes import READ_SIZE, RequestBody, request_head
from ollama_sdk.overlay._http.response import Response
from ollama_sdk.overlay._http.response_parser import ResponseParser
from ollama_sdk.overlay._http.sockets import shut_down, wait_for
from ollama_sdk.overlay._http.sync_connect import open_connection, start_tls
from ollama_sdk.overlay._http.tls import Tls
from ollama_sdk.overlay._runtime import quiet_at_exit

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.settings import Settings

_ONE_WRITE: Final = 16384  # bytes that fit into a socket's send buffer, so that sending them does not wait
_buffers: Final[list[memoryview]] = []  # as many as threads have read at once
_PIECE: Final = 262144  # bytes that are encrypted at a time
_no_timeouts: Final[Mapping[str, float | None]] = {}


class Connection(BaseConnection[Exchange]):
    """One connection over a blocking socket.

    Attributes:
        sock: The socket, or None before the first request.
        tls: The TLS over it, if any.
    """

    def __init__(self, origin: Origin, settings: Settings) -> None:
        """Make a connection, which its first request opens."""
        super().__init__(origin)
        self.sock: socket.socket | None = None
        self.tls: Tls | None = None
        self._settings = settings
        self._pid = os.getpid()
        self._timeout: float | None = None

    def is_readable(self) -> bool:
        """Whether there are bytes to read, or the server has closed the connection."""
        return self.sock is not None and wait_for(self.sock, read=True, write=False, timeout=0)[0]

    def get_extra_info(self, info: str) -> object:
        """Return `socket`, `ssl_object`, `client_addr` or `server_addr`, as a `network_stream` of httpcore does."""
        sock = self.sock
        if info == "socket":
            return sock
        if info == "ssl_object":
            return None if self.tls is None else self.tls.object
        if sock is not None and info == "client_addr":
            return sock.getsockname()
        if sock is not None and info == "server_addr":
            return sock.getpeername()
        return None

    def close(self) -> None:
        """Close the socket, which ends the wait of a thread that is reading from it."""
        if os.getpid() != self._pid:  # in a forked child; the parent goes on using it
            self.drop()
            return
        self.closed = True
        if self.sock is not None:
            shut_down(self.sock)
            self.sock.close()

    def drop(self) -> None:
        """Close the copy of the socket in this process, which was forked; the parent goes on using its own."""
        self.closed = True
        if self.sock is not None:
            self.sock.close()

    def send(self, exchange: Exchange, request: httpx.Request, pool: Pool) -> httpx.Response:
        """Send a request and read the head of its response."""
        started = time.perf_counter()
        timeouts = cast("Mapping[str, float | None]", request.extensions.get("timeout") or _no_timeouts)
        headers = request.headers.raw
        head = request_head(request.method, request.extensions.get("target") or request.url.raw_path, headers)
        if self.sock is None:
            self._open(exchange, request, timeouts.get("connect"))
        else:
            request.extensions["reused"] = True
        sock = self.sock
        assert sock is not None
        exchange.set_interrupt(lambda: shut_down(sock))
        parser = ResponseParser(request.method, self._settings.max_header_bytes)
        read_timeout = timeouts.get("read")
        framing = RequestBody(headers)
        try:
            sent_all = self._send(head, framing, request.stream, parser, exchange, timeouts.get("write"))
            self.set_timeout(read_timeout)
            while not parser.head_complete:
                if parser.error is not None:
                    raise parser.error
                self.read(exchange, parser)
        except BaseException:
            if parser.has_begun():
                request.extensions["begun"] = True
            raise
        body = Body(self, exchange, parser, pool, sent_all and not framing.closes, read_timeout)
        extensions = parser.extensions()
        extensions["network_stream"] = self
        extensions["expect_end"] = body.expect_end
        return Response(parser.status, headers=parser.headers, stream=body, extensions=extensions, started=started)

    def set_timeout(self, timeout: float | None) -> None:
        """Set the timeout in seconds of each read and write; a system call is made only if it changes."""
        if timeout != self._timeout and self.sock is not None:
            self.sock.settimeout(timeout)
            self._timeout = timeout

    def read(self, exchange: Exchange, parser: ResponseParser) -> None:
        """Read once and feed the parser."""
        try:
            # A signal handler may send a request of its own in between, so a buffer is taken out while it is used.
            buffer = _buffers.pop()
        except IndexError:
            buffer = memoryview(bytearray(READ_SIZE))
        try:
            self._read_into(buffer, exchange, parser)
        finally:
            _buffers.append(buffer)

    def _read_into(self, buffer: memoryview, exchange: Exchange, parser: ResponseParser) -> None:
        try:
            count = self.sock.recv_into(buffer)  # type: ignore[union-attr]  # open
        except TimeoutError as error:
            exchange.check()
            raise httpx.ReadTimeout("the server sent nothing in time") from error
        except OSError as error:
            exchange.check()
            raise httpx.ReadError(str(error)) from error
        exchange.check()
        if self.closed:  # by another thread: not the end of a body
            raise httpx.ReadError("the response was closed while it was being read")
        if self.tls is not None:
            self._receive(self.tls, buffer[:count], parser)
        elif count:
            parser.feed(buffer[:count])
        else:
            parser.end_of_file()

    def _receive(self, tls: Tls, data: memoryview, parser: ResponseParser) -> None:
        try:
            tls.receive(data, parser)
            if answer := tls.to_send():  # such as to an update of keys
                cast("socket.socket", self.sock).sendall(answer)
        except OSError as error:
            raise httpx.ReadError(str(error)) from error

    def _open(self, exchange: Exchange, request: httpx.Request, timeout: float | None) -> None:
        context = self._settings.tls_context() if self.origin.scheme == b"https" else None
        sock = open_connection(exchange, self.origin.address, self.origin.port, self._settings.uds, timeout)
        if context is not None:
            name = cast("str | None", request.extensions.get("sni_hostname")) or self.origin.certified_name
            self.tls = start_tls(exchange, sock, context, name, timeout)
        sock.settimeout(None)
        self.sock = sock
        self._timeout = None
        exchange.check()

    def _send(
        self,
        head: bytes,
        body: RequestBody,
        stream: object,
        parser: ResponseParser,
        exchange: Exchange,
        timeout: float | None,
    ) -> bool:
        """Send a request, and return False if the server answered or closed before it had read all of it."""
        self.set_timeout(timeout)
        if isinstance(stream, httpx.ByteStream) and body.remaining <= _ONE_WRITE:
            # One system call for head and body; a large body is not copied for that.
            data = head + body.frame(b"".join(cast("Iterable[bytes]", stream))) + body.end()
            return self._write(data, parser, exchange, timeout, wait=True)
        self.set_timeout(0.0)
        if not self._write(head, parser, exchange, timeout):
            return False
        for part in cast("Iterable[bytes]", stream):
            exchange.check()
            if not self._write(body.frame(part), parser, exchange, timeout):
                return False
        return self._write(body.end(), parser, exchange, timeout)

    def _write(
        self, data: bytes, parser: ResponseParser, exchange: Exchange, timeout: float | None, *, wait: bool = False
    ) -> bool:
        """Write bytes, and return False if the server answers or closes instead of reading them.

        Args:
            data: The bytes.
            parser: The parser of the answer.
            exchange: The exchange, whose interrupt ends the wait.
            timeout: Seconds that the server may take to read some of them.
            wait: Whether to leave the waiting to the socket, since they are few, and nothing was written before.
        """
        sock, tls = self.sock, self.tls
        assert sock is not None
        try:
            if wait:
                sock.sendall(data if tls is None else tls.encrypt(data))
                return True
            for start in range(0, len(data), _PIECE) if tls is not None else (0,):
                rest = memoryview(data if tls is None else tls.encrypt(data[start : start + _PIECE]))
                while rest:
                    # A server may answer (413, 401) without reading the rest: client and server would wait for each
                    # other for ever if only the write was watched. Or it reads on, and nobody needs what it reads.
                    readable, writable = wait_for(sock, read=True, write=True, timeout=timeout)
                    exchange.check()
                    if readable:
                        self.read(exchange, parser)
                        if parser.head_complete or parser.error is not None:
                            return False
                    elif not writable:
                        raise httpx.WriteTimeout("the server did not read the request in time")
                    if writable:
                        with suppress(BlockingIOError):
                            rest = rest[sock.send(rest) :]
            return True
        except TimeoutError as error:
            exchange.check()
            raise httpx.WriteTimeout("the server did not read the request in time") from error
        except OSError as error:
            exchange.check()
            if isinstance(error, ConnectionError):
                return False  # it may have answered before it closed
            raise httpx.WriteError(str(error)) from error


class Body(httpx.SyncByteStream):
    """The body of a response, as it arrives. It owns the exchange until it is closed or was read to its end."""

    def __init__(
        self,
        connection: Connection,
        exchange: Exchange,
        parser: ResponseParser,
        pool: Pool,
        reusable: bool,
        timeout: float | None,
    ) -> None:
        """Take over a connection whose response head was read."""
        self._connection = connection
        self._exchange = exchange
        self._parser = parser
        self._pool = pool
        self._reusable = reusable
        self._timeout = timeout
        self._ended = False
        self._open = True  # removed by the first close; set last, as Ctrl-C may leave this object half made
        if parser.complete:
            self.close()

    def __iter__(self) -> Iterator[bytes]:
        """Yield bytes as soon as they have arrived, after one read at most."""
        parser = self._parser
        connection = self._connection
        exchange = self._exchange
        pieces = parser.pieces
        try:
            while True:
                if pieces:
                    if parser.complete:
                        self.close()
                    yield parser.take()
                if parser.complete:
                    return
                if parser.error is not None:
                    raise parser.error
                if self._ended:
                    raise httpx.ReadError("the response was closed before it was read to its end")
                exchange.check()
                connection.read(exchange, parser)
        finally:
            self._finalize()

    def expect_end(self, seconds: float) -> None:
        """Limit the wait for the rest of the body to `seconds` per read."""
        if not self._parser.complete:
            self._timeout = seconds if self._timeout is None else min(seconds, self._timeout)
            self._connection.set_timeout(self._timeout)

    def close(self) -> None:
        """Keep the connection if the response is complete; close it otherwise."""
        try:
            # One step of the interpreter, since an abort in another thread may close at the same time.
            if self.__dict__.pop("_open", False):
                self._ended = True
                intact = self._exchange.finish()
                keep = intact and self._parser.complete and self._parser.keep_alive and self._reusable
                self._pool.leave(self._exchange, keep=keep)
        except BaseException:  # Ctrl-C
            self._pool.leave(self._exchange)
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
        """Make an empty pool."""
        super().__init__(settings.limits)
        self._settings = settings
        self._at_work: dict[str, object] = {}  # under the one key: the thread that makes changes
        self._changes: deque[Callable[[], None]] = deque()

    def create_connection(self, origin: Origin) -> Connection:
        """A connection that is opened by its first request."""
        return Connection(origin, self._settings)

    def send(
        self, request: httpx.Request, set_interrupt: Callable[[Callable[[], None]], object] | None
    ) -> httpx.Response:
        """Send a request on a connection of the pool.

        Args:
            request: The request.
            set_interrupt: Called with the function that ends this call, or the reading of its response.
        """
        exchange = Exchange(Origin.of(request.url))
        exchange.fresh = "fresh" in request.extensions
        timeouts = cast("Mapping[str, float | None]", request.extensions.get("timeout") or _no_timeouts)
        try:
            if set_interrupt is not None:
                set_interrupt(exchange.interrupt)
            exchange.check()
            self._changes.append(lambda: self.enter(exchange))
            self._settle()
            connection = exchange.wait_for_connection(timeouts.get("pool"))
            return connection.send(exchange, request, self)
        except BaseException:
            exchange.finish()
            self.leave(exchange)
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
