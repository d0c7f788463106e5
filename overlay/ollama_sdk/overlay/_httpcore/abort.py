"""Abort on httpx's own transports, by private parts of httpx (0.28) and httpcore (1.0).

Those of httpx2 and httpcore2 (2.16) have the same names.

An asynchronous call is cancelled, which ends every wait. A blocking one ends when its socket is shut down, or when it
is notified while it waits in the queue of the pool, and httpcore has no public access to either:

- A request that waits for a free connection sleeps on an event of its own. So the pool's list of requests is replaced
  by one that lets a request of ours wait on its exchange.
- A socket that is being connected is a local variable. So the pool's network backend, if it is httpcore's own, is
  replaced by one that connects as our own transport does.
- A trace function is not told which connection of the pool serves its request. So the stream is looked up in the
  connection, under its private name.

Other requests on an injected client are not changed by this. Where a private name is not found (another version,
another kind of transport), the step is left out, and an abort is noticed when the wait ends by itself.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from math import inf
from typing import Any, Final

import anyio
import httpcore
import httpx

from ollama_sdk.overlay._http.pool import Origin
from ollama_sdk.overlay._http.settings import AbortHook
from ollama_sdk.overlay._http.sockets import shut_down
from ollama_sdk.overlay._http.sync_connect import open_connection
from ollama_sdk.overlay._http.sync_exchange import Exchange
from ollama_sdk.overlay._httpcore.connect import connect_as_ours
from ollama_sdk.overlay._httpcore.streams import Stream, library_of
from ollama_sdk.overlay._httpcore.transports import stream_of

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
_NOWHERE: Final = Origin(b"", b"", 0)  # httpcore's pool knows the origin
_thread = threading.local()  # `.exchange`: of the request for which the thread is about to connect


class Watch:
    """The trace function of one blocking request, which sets at each step of httpcore how an interrupt ends it."""

    def __init__(self, call: AbortHook, transport: object, request: httpx.Request) -> None:
        """Let aborts of the call end the request, which is about to be sent over a transport."""
        self.exchange = Exchange(_NOWHERE)
        self._pool_request: Any = None
        self._stream: Any = None
        self._kept: socket.socket | None = None
        for pool in _pools(transport):
            _prepare(pool)
        request.extensions["trace"] = self
        call.set_interrupt(self.exchange.interrupt)

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a step; httpcore calls this before and after each."""
        step, _, state = event.partition(".")[2].rpartition(".")
        if step in ("connect_tcp", "connect_unix_socket", "retry"):
            _thread.exchange = self.exchange if state == "started" else None
        if step == "start_tls":
            self._keep(state == "started")
        if step in ("connect_tcp", "connect_unix_socket", "start_tls") and state == "complete":
            self.set_stream(info.get("return_value"))
        elif step == "setup_socks5_connection" and state == "failed" and self._stream is not None:
            self._stream.close()  # which httpcore (1.0) leaves open
        elif step == "send_request_headers" and state == "started":
            self.set_stream(stream_of(getattr(self._pool_request, "connection", None)))
            if isinstance(self._stream, Stream) and not _is_tunnel(info):
                self._stream.until = None
        elif step == "response_closed" and state == "started":
            self.exchange.finish()  # from now on the connection may serve another request
            self._pool_request = self._stream = None

    def set_stream(self, stream: Any) -> None:
        """Let an interrupt shut down the socket of the network stream on which the request goes on."""
        sock = stream and stream.get_extra_info("socket")
        if sock is None:
            return
        self._stream = stream
        self._set_socket(sock)

    def enter(self, pool_request: Any, lock: AbstractContextManager[Any]) -> None:
        """Let a request in the queue of a pool wait on the exchange; `lock` guards the assigning of connections."""
        exchange = self.exchange
        self._pool_request = pool_request

        def assign_to_connection(connection: Any) -> None:
            pool_request.connection = connection
            exchange.notify()

        def clear_connection() -> None:
            pool_request.connection = None
            exchange.set_interrupt(exchange.notify)

        def wait_for_connection(timeout: float | None = None) -> Any:
            until = None if timeout is None else time.monotonic() + timeout
            while pool_request.connection is None:
                in_time = exchange.wait(None if until is None else until - time.monotonic())
                if in_time and not exchange.interrupted:
                    continue
                with lock:
                    if pool_request.connection is None:
                        # Else the pool could assign a connection, which would never be free again.
                        pool_request.is_queued = lambda: False
                        exchange.check()
                        raise library_of(pool_request).PoolTimeout
            return pool_request.connection

        pool_request.assign_to_connection = assign_to_connection
        pool_request.clear_connection = clear_connection
        pool_request.wait_for_connection = wait_for_connection

    def _set_socket(self, sock: socket.socket) -> None:
        try:
            self.exchange.set_interrupt(lambda: shut_down(sock))
        except httpx.ReadError:  # the abort came first; what is done with the socket next fails
            shut_down(sock)

    def _keep(self, started: bool) -> None:
        """Keep a duplicate of the socket during the TLS handshake, in which the socket object is detached from it."""
        sock = self._stream and self._stream.get_extra_info("socket")
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if started and sock is not None and not isinstance(sock, ssl.SSLSocket):
            kept: socket.socket = sock.dup()
            self._kept = kept
            self._set_socket(kept)


class AsyncWatch:
    """The trace function of one asynchronous request."""

    def __init__(self, transport: object, request: httpx.Request) -> None:
        """Follow a request, which is about to be sent over a transport."""
        self.exchange = Exchange(_NOWHERE)
        self._stream: Any = None
        self._limit: float | None = request.extensions.get("timeout", {}).get("connect")
        self._scope = anyio.CancelScope()
        for pool in _pools(transport):
            connect_as_ours(pool)
        request.extensions["trace"] = self.trace

    async def run(self, sending: Awaitable[httpx.Response]) -> httpx.Response:
        """Await the response, and raise httpx.ConnectTimeout if a proxy takes longer than the limit of connecting."""
        with self._scope:
            return await sending
        raise httpx.ConnectTimeout("connecting took too long")

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a step; httpcore calls this before and after each."""
        step, _, state = event.partition(".")[2].rpartition(".")
        if step == "connect_tcp":
            self._stream = info.get("return_value")
            if state == "started" and self._limit is not None:
                self._scope.deadline = anyio.current_time() + self._limit
            elif state == "failed":
                self._scope.deadline = inf
        elif step == "send_request_headers" and state == "started" and not _is_tunnel(info):
            self._scope.deadline = inf
        elif step in ("start_tls", "setup_socks5_connection") and state == "failed" and self._stream is not None:
            # httpcore (1.0) leaves the socket of a cancelled handshake open, for the garbage collector to find.
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()
            if self._scope.cancel_called:
                # Else httpcore would keep the place of the connection in its pool.
                raise library_of(self._stream).ConnectTimeout
        elif event.endswith("response_closed.started"):
            self.exchange.finish()  # from now on the connection may serve another request

    def answered(self, call: AbortHook, response: httpx.Response) -> None:
        """Let aborts of the call end the reading of the response."""
        stream = response.extensions.get("network_stream")
        sock = stream and stream.get_extra_info("socket")
        if sock is not None:
            self.exchange.set_interrupt(lambda: sock.shutdown(socket.SHUT_RDWR))
            call.set_interrupt(self.exchange.interrupt)


def _is_tunnel(info: Mapping[str, Any]) -> bool:
    """Whether a step is of the request that asks a proxy for a connection, not of the caller's."""
    return getattr(info.get("request"), "method", None) == b"CONNECT"


def _pools(transport: Any) -> Iterator[Any]:
    """Yield the httpcore pools of a transport, and of the transports that it passes requests on to."""
    for name, value in list(getattr(transport, "__dict__", {}).items()):
        if name == "_pool":
            yield value
        elif (hasattr(value, "handle_request") or hasattr(value, "handle_async_request")) and value is not transport:
            yield from _pools(value)


def _prepare(pool: Any) -> None:
    """Replace the queue and the network backend of a pool by those that an abort reaches, unless that was done."""
    lock = getattr(pool, "_optional_thread_lock", None)
    if lock is None or type(getattr(pool, "_requests", None)) is _Queue:
        return
    with lock:
        if type(getattr(pool, "_requests", None)) is list:
            pool._requests = _Queue(pool._requests, lock)
        backend = getattr(pool, "_network_backend", None)
        if type(backend).__name__ == "SyncBackend" and _stream_class(backend) is not None:
            pool._network_backend = _Backend(backend, through_proxy=hasattr(pool, "_proxy_url"))


def _stream_class(backend: object) -> Any:
    """Return the class of the streams of httpcore's own network backend; None in a version that has it elsewhere."""
    return getattr(sys.modules.get(f"{library_of(backend).__name__}._backends.sync"), "SyncStream", None)


class _Queue(list[Any]):
    """The requests of a pool; those with a `Watch` wait on its exchange."""

    def __init__(self, requests: list[Any], lock: AbstractContextManager[Any]) -> None:
        super().__init__(requests)
        self._lock = lock

    def append(self, pool_request: Any) -> None:
        watch = pool_request.request.extensions.get("trace")
        if isinstance(watch, Watch):
            watch.enter(pool_request, self._lock)
        super().append(pool_request)


class _Backend(httpcore.NetworkBackend):
    """A network backend whose waits an interrupt ends, for requests with a `Watch`."""

    def __init__(self, inner: Any, *, through_proxy: bool) -> None:
        self._inner: httpcore.NetworkBackend = inner
        self._through_proxy = through_proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        exchange = _exchange_of_thread()
        until = time.monotonic() + (timeout or 0)
        if exchange is None:
            return self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        stream = self._connect(exchange, host, port, None, timeout, local_address, socket_options)
        return Stream(stream, until if self._through_proxy and timeout is not None else None)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[_SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        exchange = _exchange_of_thread()
        if exchange is None:
            return self._inner.connect_unix_socket(path, timeout, socket_options)
        return Stream(self._connect(exchange, "", 0, path, timeout, None, socket_options), None)

    def sleep(self, seconds: float) -> None:
        exchange = _exchange_of_thread()
        if exchange is None:
            self._inner.sleep(seconds)
        else:
            exchange.set_interrupt(exchange.notify)
            exchange.wait(seconds)
            exchange.check()

    def _connect(
        self,
        exchange: Exchange,
        host: str,
        port: int,
        path: str | None,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[_SocketOption] | None,
    ) -> httpcore.NetworkStream:
        library = library_of(self)
        try:
            sock = open_connection(exchange, host, port, path, timeout, local_address)
        except httpx.ConnectTimeout as error:
            raise library.ConnectTimeout(str(error)) from error
        except httpx.ConnectError as error:  # the library's own, for the transport's `retries`
            raise library.ConnectError(str(error)) from error
        for option in socket_options or ():
            set_option: Any = sock.setsockopt  # which takes any of the forms
            set_option(*option)
        stream: httpcore.NetworkStream = _stream_class(self._inner)(sock)
        return stream


def _exchange_of_thread() -> Exchange | None:
    return getattr(_thread, "exchange", None)
