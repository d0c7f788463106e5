"""A server that plays one function per connection on a raw socket, and callers that hide sync and async."""

from __future__ import annotations

import asyncio
import queue
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import trio
import trio.from_thread

from ollama_sdk.overlay._http.settings import Settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._httpcore.settings import transport_on_trio
from ollama_sdk.overlay._sending.routes import send_directly_async

LIMIT = 60.0
"""Seconds after which a test that waits gives up."""

T = TypeVar("T")
CERTIFICATE = Path(__file__).with_name("localhost.pem")


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._rest = b""

    def read_until(self, end: bytes) -> bytes:
        while end not in self._rest:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the client has closed")
            self._rest += data
        part, _, self._rest = self._rest.partition(end)
        return part + end

    def read_request(self) -> bytes:
        """Head and body of one request."""
        head = self.read_until(b"\r\n\r\n")
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            return head + self.read_until(b"0\r\n\r\n")
        if b"content-length: " in lower:
            length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
            head += self.read_exactly(length)
        return head

    def read_exactly(self, length: int) -> bytes:
        while len(self._rest) < length:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError("the client has closed")
            self._rest += data
        part, self._rest = self._rest[:length], self._rest[length:]
        return part

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def wait_until_closed(self) -> bool:
        """Wait until the client has closed the connection."""
        with suppress(ConnectionError, ssl.SSLError):
            while self.sock.recv(65536):
                pass
        return True

    def reset(self) -> None:
        """Close with a reset instead of a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class RawServer:
    """Accepts connections on loopback and runs `handler(peer)` in a thread for each."""

    def __init__(self, handler: Callable[[Peer], object], tls: ssl.SSLContext | None = None, host: str = "") -> None:
        self._handler = handler
        self._tls = tls
        self._listener = socket.create_server(
            (host or "127.0.0.1", 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.port = int(self._listener.getsockname()[1])
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host or '127.0.0.1'}:{self.port}"
        self.accepted = 0
        self.seen_closed: queue.Queue[bool] = queue.Queue()
        self._peers: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            sock.settimeout(LIMIT)
            self._peers.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._peers.append(sock)
            try:
                if self._handler(Peer(sock)):
                    self.seen_closed.put(True)
            finally:
                sock.close()

    def wait_until_closed(self) -> bool:
        """Wait for the next handler that returned True: it saw the client close."""
        return self.seen_closed.get(timeout=LIMIT)

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._peers:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(LIMIT)
            assert not thread.is_alive(), "a handler of the server hangs"


Serve = Callable[..., RawServer]
"""The `serve` fixture: handler, TLS context, host."""


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(CERTIFICATE))


class Abort:
    """An abort hook like the clients'."""

    def __init__(self) -> None:
        self.aborted = False
        self.interruptible = threading.Event()
        self._interrupt: Callable[[], None] | None = None

    def set_interrupt(self, function: Callable[[], None] | None) -> Callable[[], None] | None:
        before, self._interrupt = self._interrupt, function
        self.interruptible.set()
        if self.aborted and function is not None:
            function()
        return before

    def abort(self) -> None:
        self.aborted = True
        if self._interrupt is not None:
            self._interrupt()


class SyncCaller:
    """Calls through `Transport`."""

    def __init__(self, **settings: object) -> None:
        self.transport = Transport(Settings(**settings))  # type: ignore[arg-type]  # passed on as given
        self.client = httpx.Client(transport=self.transport, timeout=None, trust_env=False)

    def request(self, method: str, url: str, **arguments: object) -> httpx.Response:
        return self.client.request(method, url, **arguments)  # type: ignore[arg-type]  # passed on as given

    def open(self, method: str, url: str, **arguments: object) -> Streamed:
        timeout = arguments.pop("timeout", None)
        request = self.client.build_request(method, url, timeout=timeout, **arguments)  # type: ignore[arg-type]  # passed on as given
        return Streamed(self.client.send(request, stream=True))

    def upload(self, parts: list[bytes]) -> Iterator[bytes]:
        return iter(parts)

    def pool(self) -> tuple[int, int, int]:
        """Connections, idle connections, and requests in the pool."""
        pools = list(self.transport._pools.values())
        connections = [connection for pool in pools for connection in pool.connections]
        idle = sum(connection.owner is None and not connection.closed for connection in connections)
        return len(connections), idle, sum(len(pool.exchanges) for pool in pools)

    def close(self) -> None:
        self.client.close()


class Streamed:
    """A response whose body is read piece by piece."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._pieces = response.iter_raw()

    def next(self) -> bytes | None:
        """The next piece, None at the end."""
        return next(self._pieces, None)

    def close(self) -> None:
        self.response.close()


class AsyncCaller:
    """Calls through `AsyncTransport`, on an event loop in a thread."""

    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = staticmethod(asyncio.new_event_loop)

    def __init__(self, **settings: object) -> None:
        self.transport = AsyncTransport(Settings(**settings))  # type: ignore[arg-type]  # passed on as given
        self.client = httpx.AsyncClient(transport=self.transport, timeout=None, trust_env=False)
        self.loop = self.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, T]) -> T:
        return self.start(work).result(2 * LIMIT)

    def start(self, work: Coroutine[object, object, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def request(self, method: str, url: str, **arguments: object) -> httpx.Response:
        return self.run(self.client.request(method, url, **arguments))  # type: ignore[arg-type]  # passed on as given

    def open(self, method: str, url: str, **arguments: object) -> AsyncStreamed:
        timeout = arguments.pop("timeout", None)
        request = self.client.build_request(method, url, timeout=timeout, **arguments)  # type: ignore[arg-type]  # passed on as given
        return AsyncStreamed(self, self.run(self.client.send(request, stream=True)))

    async def upload(self, parts: list[bytes]) -> AsyncIterator[bytes]:
        for part in parts:
            yield part

    def pool(self) -> tuple[int, int, int]:
        """Connections, idle connections, and requests in the pool."""

        async def count() -> tuple[int, int, int]:
            pools = list(self.transport._pools.values())
            connections = [connection for pool in pools for connection in pool.connections]
            idle = sum(connection.owner is None and not connection.closed for connection in connections)
            return len(connections), idle, sum(len(pool.exchanges) for pool in pools)

        return self.run(count())

    def close(self) -> None:
        self.run(self.client.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()


class UvloopCaller(AsyncCaller):
    """Calls through `AsyncTransport` on uvloop, the loop of uvicorn[standard]."""

    new_event_loop = staticmethod(lambda: pytest.importorskip("uvloop").new_event_loop())


class Abortable(httpx.AsyncBaseTransport):
    """Sends as the clients do, which let an abort end what httpx's own transport waits for."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call: Any = request.extensions.get("abort") or Abort()
        return await send_directly_async(self._transport, request, call)

    async def aclose(self) -> None:
        await self._transport.aclose()


class TrioCaller(AsyncCaller):
    """Calls through `AsyncTransport` on trio, where it uses httpx's own transport."""

    def __init__(self, **settings: object) -> None:
        self.transport = AsyncTransport(Settings(**settings), on_trio=transport_on_trio)  # type: ignore[arg-type]  # passed on as given
        self.client = httpx.AsyncClient(transport=Abortable(self.transport), timeout=None, trust_env=False)
        self._is_running = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=[self._run_until_closed], daemon=True)
        self._thread.start()
        assert self._is_running.wait(LIMIT)

    async def _run_until_closed(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._end = trio.Event()
        self._is_running.set()
        await self._end.wait()

    def run(self, work: Coroutine[object, object, T]) -> T:
        async def wait() -> T:
            with trio.fail_after(2 * LIMIT):
                return await work

        return trio.from_thread.run(wait, trio_token=self._token)

    def start(self, work: Coroutine[object, object, T]) -> Future[T]:
        return in_thread(lambda: self.run(work))

    def pool(self) -> tuple[int, int, int]:
        """Connections, idle connections, and requests in the pool."""
        loops: Any = self.transport._trio_transport
        pools = [each._pool for each in loops._transports.values()] if loops else []
        connections = [connection for pool in pools for connection in pool.connections]
        idle = sum(connection.is_idle() for connection in connections)
        return len(connections), idle, sum(len(pool._requests) for pool in pools)

    def close(self) -> None:
        self.run(self.client.aclose())
        trio.from_thread.run_sync(self._end.set, trio_token=self._token)
        self._thread.join(LIMIT)


class AsyncStreamed:
    """A response whose body is read piece by piece."""

    def __init__(self, caller: AsyncCaller, response: httpx.Response) -> None:
        self._caller = caller
        self.response = response
        self._pieces = response.aiter_raw()

    def next(self) -> bytes | None:
        """The next piece, None at the end."""

        async def step() -> bytes | None:
            return await anext(self._pieces, None)

        return self._caller.run(step())

    def close(self) -> None:
        self._caller.run(self.response.aclose())


Caller = SyncCaller | AsyncCaller


def in_thread(work: Callable[[], T]) -> Future[T]:
    """Start work in a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def reply(body: bytes = b"", head: str = "") -> bytes:
    """A response with a Content-Length."""
    return f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)
