"""An abort ends the wait of every phase, the server sees the close, and the pool is free again."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from overlay.callers import comes_true
from overlay.signals import signalled
from transport.raw_server import (
    CHUNKED,
    LIMIT,
    Abort,
    AsyncCaller,
    Caller,
    Peer,
    RawServer,
    Serve,
    SyncCaller,
    chunk,
    client_context,
    in_thread,
    reply,
    server_context,
)

# trio warns of the generators that httpx leaves to the collector when a request ends early.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)


def holding(serve: Serve, *parts: bytes) -> tuple[RawServer, threading.Event]:
    """A server that sends parts and then holds; the event says that it holds."""
    holds = threading.Event()

    def handler(peer: Peer) -> bool:
        peer.read_request()
        for part in parts:
            peer.send(part)
        holds.set()
        return peer.wait_until_closed()

    return serve(handler), holds


def ok(peer: Peer) -> None:
    try:
        while True:
            peer.read_request()
            peer.send(reply(b"ok"))
    except ConnectionError:
        pass


def assert_usable(caller: Caller, serve: Serve) -> None:
    """Nothing is left of the aborted request, and the next one is served."""
    assert caller.pool() == (0, 0, 0)
    assert caller.request("GET", serve(ok).url).content == b"ok"


@pytest.fixture
def full_listener() -> Iterator[int]:
    """A port where a connection is neither accepted nor refused."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("parts", [(), (b"HTTP/1.1 200 OK\r\nA: b",), (b"HTTP/1.1 100 Continue\r\n\r\n",)])
def test_abort_before_the_headers(caller: Caller, serve: Serve, parts: tuple[bytes, ...]) -> None:
    server, holds = holding(serve, *parts)
    abort = Abort()
    call = in_thread(lambda: caller.request("POST", server.url, content=b"{}", extensions={"abort": abort}))
    assert holds.wait(LIMIT)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        call.result(LIMIT)
    assert server.wait_until_closed()
    assert_usable(caller, serve)


@pytest.mark.own_wire
@pytest.mark.parametrize("body", [CHUNKED + chunk(b"one"), b"HTTP/1.1 200 OK\r\n\r\none"])
def test_abort_in_the_body(caller: Caller, serve: Serve, body: bytes) -> None:
    server, _ = holding(serve, body)
    abort = Abort()
    stream = caller.open("GET", server.url, extensions={"abort": abort})
    assert stream.next() == b"one"
    reader = in_thread(stream.next)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        reader.result(LIMIT)
    assert server.wait_until_closed()
    assert_usable(caller, serve)


def test_abort_between_two_reads_of_the_body(caller: Caller, serve: Serve) -> None:
    server, _ = holding(serve, CHUNKED + chunk(b"one"))
    abort = Abort()
    stream = caller.open("GET", server.url, extensions={"abort": abort})
    assert stream.next() == b"one"
    abort.abort()
    assert server.wait_until_closed()
    with pytest.raises(httpx.TransportError):
        stream.next()
    assert_usable(caller, serve)


def test_abort_while_waiting_for_a_connection(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(limits=ONE)
    server, _ = holding(serve, CHUNKED + chunk(b"one"))
    abort = Abort()
    stream = caller.open("GET", server.url)
    call = in_thread(lambda: caller.request("GET", server.url, extensions={"abort": abort}))
    assert comes_true(lambda: caller.pool()[2] == 2)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        call.result(LIMIT)
    assert caller.pool() == (1, 0, 1)
    assert stream.next() == b"one"  # the other request was not touched
    stream.close()
    assert_usable(caller, serve)


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses what does not fit into the queue")
def test_abort_while_connecting(caller: Caller, serve: Serve, full_listener: int) -> None:
    abort = Abort()
    url = f"http://127.0.0.1:{full_listener}"
    call = in_thread(lambda: caller.request("GET", url, extensions={"abort": abort}))
    assert comes_true(lambda: caller.pool()[0] == 1)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        call.result(LIMIT)
    assert_usable(caller, serve)


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses what does not fit into the queue")
def test_a_connection_that_is_not_accepted_is_a_connect_timeout(caller: Caller, full_listener: int) -> None:
    with pytest.raises(httpx.ConnectTimeout):
        caller.request("GET", f"http://127.0.0.1:{full_listener}", timeout=0.05)
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
def test_abort_while_a_host_name_is_looked_up(caller: Caller, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[object]:
        asked.set()
        assert aborted.wait(LIMIT)
        return []

    asked, aborted = threading.Event(), threading.Event()
    abort = Abort()
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        call = in_thread(lambda: caller.request("GET", "http://model.example/", extensions={"abort": abort}))
        assert asked.wait(LIMIT)
        abort.abort()
        with pytest.raises(httpx.TransportError):
            call.result(LIMIT)
        aborted.set()
    assert_usable(caller, serve)


def test_abort_in_the_tls_handshake(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.sock.recv(1)  # the client's hello, which is never answered
        greeted.set()
        return peer.wait_until_closed()

    greeted = threading.Event()
    caller = make_caller(verify=client_context())
    server = serve(handler)
    abort = Abort()
    url = f"https://localhost:{server.port}"
    call = in_thread(lambda: caller.request("GET", url, extensions={"abort": abort}))
    assert greeted.wait(LIMIT)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        call.result(LIMIT)
    assert server.wait_until_closed()
    assert_usable(caller, serve)


def test_abort_over_tls_in_the_body(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        return peer.wait_until_closed()

    caller = make_caller(verify=client_context())
    server = serve(handler, tls=server_context())
    abort = Abort()
    stream = caller.open("GET", server.url, extensions={"abort": abort})
    assert stream.next() == b"one"
    reader = in_thread(stream.next)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        reader.result(LIMIT)
    assert server.wait_until_closed()
    assert_usable(caller, serve)


@pytest.mark.parametrize("in_pieces", [False, True])
def test_abort_while_uploading(caller: Caller, serve: Serve, in_pieces: bool) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_until(b"\r\n\r\n")
        started.set()
        assert aborted.wait(LIMIT)
        return peer.wait_until_closed()

    started, aborted = threading.Event(), threading.Event()
    server = serve(handler)
    abort = Abort()
    content = caller.upload([b"x" * 1_000_000] * 50) if in_pieces else b"x" * 50_000_000
    call = in_thread(lambda: caller.request("POST", server.url, content=content, extensions={"abort": abort}))
    assert started.wait(LIMIT)
    abort.abort()
    with pytest.raises(httpx.TransportError):
        call.result(LIMIT)
    aborted.set()
    assert server.wait_until_closed()
    assert_usable(caller, serve)


def test_an_abort_before_the_request_sends_nothing(caller: Caller, serve: Serve) -> None:
    server = serve(ok)
    abort = Abort()
    abort.abort()
    with pytest.raises(httpx.TransportError):
        caller.request("GET", server.url, extensions={"abort": abort})
    assert server.accepted == 0
    assert_usable(caller, serve)


def test_an_abort_after_the_response_leaves_the_connection_to_the_next_request(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(reply(b"first"))
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        assert aborted.wait(LIMIT)
        peer.send(chunk(b"two") + b"0\r\n\r\n")

    aborted = threading.Event()
    server = serve(handler)
    abort = Abort()
    assert caller.request("GET", server.url, extensions={"abort": abort}).content == b"first"
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    abort.abort()
    abort.abort()
    aborted.set()
    assert stream.next() == b"two"
    assert stream.next() is None
    assert server.accepted == 1


def test_an_abort_may_come_from_the_event_loop_itself(serve: Serve) -> None:
    server, _ = holding(serve, CHUNKED + chunk(b"one"))
    caller = AsyncCaller()
    abort = Abort()
    stream = caller.open("GET", server.url, extensions={"abort": abort})
    caller.loop.call_soon_threadsafe(abort.abort)
    assert server.wait_until_closed()
    with pytest.raises(httpx.TransportError):
        stream.next()
    assert caller.pool() == (0, 0, 0)
    caller.close()


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no user signals")
def test_an_abort_may_come_from_a_signal_handler(serve: Serve) -> None:
    server, asked = holding(serve, b"")
    caller = SyncCaller()
    abort = Abort()
    previous = signal.signal(signal.SIGUSR1, lambda *_: abort.abort())
    try:
        with pytest.raises(httpx.TransportError), signalled(signal.SIGUSR1, lambda: asked.wait(LIMIT)):
            caller.request("GET", server.url, extensions={"abort": abort})
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert server.wait_until_closed()
    assert_usable(caller, serve)
    caller.close()


def test_aborts_at_any_moment_leave_nothing_behind(caller: Caller, serve: Serve) -> None:
    server = serve(ok)

    def call(abort: Abort) -> bytes:
        try:
            return caller.request("GET", server.url, extensions={"abort": abort}).content
        except httpx.TransportError:
            assert abort.aborted
            return b""

    def calls() -> set[bytes]:
        results = set()
        for _ in range(20):
            abort = Abort()
            result = in_thread(lambda abort=abort: call(abort))  # type: ignore[misc]  # mypy infers no default
            assert abort.interruptible.wait(LIMIT)
            abort.abort()
            results.add(result.result(LIMIT))
        return results

    for outcome in [in_thread(calls) for _ in range(4)]:
        assert outcome.result(LIMIT) <= {b"ok", b""}
    assert caller.pool()[2] == 0
    assert caller.pool()[0] == caller.pool()[1]
    assert caller.request("GET", server.url).content == b"ok"
