"""Which connections are kept, reused and given up."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import Callable

import httptools
import httpx
import pytest
from overlay.callers import comes_true
from transport.raw_server import (
    CHUNKED,
    LIMIT,
    AsyncCaller,
    Caller,
    Peer,
    Serve,
    SyncCaller,
    chunk,
    in_thread,
    reply,
)

from ollama_sdk.overlay._http.settings import Settings
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._httpcore.settings import transport_on_trio

# trio warns of the generators that httpx leaves to the collector when a request ends early.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=5.0)


def echo(peer: Peer) -> bool:
    """Answers until the client closes."""
    try:
        while True:
            peer.read_request()
            peer.send(reply(b"ok"))
    except ConnectionError:
        return True


def endless(peer: Peer) -> bool:
    peer.read_request()
    peer.send(CHUNKED + chunk(b"one"))
    return peer.wait_until_closed()


def test_a_connection_is_used_again(caller: Caller, serve: Serve) -> None:
    server = serve(echo)
    for _ in range(3):
        assert caller.request("GET", server.url).content == b"ok"
    assert (server.accepted, caller.pool()) == (1, (1, 1, 0))


def test_a_connection_is_not_used_again_after_connection_close(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(reply(b"ok", "Connection: close\r\n"))
        return peer.wait_until_closed()

    server = serve(handler)
    assert caller.request("GET", server.url).content == b"ok"
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
@pytest.mark.parametrize("extra", [b"H", b"HTTP/1.1 200 OK\r\n", b"garbage", reply(b"second")])
def test_bytes_after_a_response_end_the_connection(caller: Caller, serve: Serve, extra: bytes) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(reply(b"ok") + extra)
        return peer.wait_until_closed()

    server = serve(handler)
    assert caller.request("GET", server.url).content == b"ok"
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


def test_an_idle_connection_that_the_server_closed_is_not_used(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(reply(b"ok"))
        assert answered.wait(LIMIT)
        peer.sock.close()
        closed.set()

    answered, closed = threading.Event(), threading.Event()
    server = serve(handler)
    caller.request("GET", server.url)
    answered.set()
    assert closed.wait(LIMIT)
    assert caller.request("GET", server.url).content == b"ok"
    assert server.accepted == 2


def test_an_idle_connection_that_got_stray_bytes_is_not_used(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(reply(b"ok"))
        assert answered.wait(LIMIT)
        peer.send(reply(b"forged"))
        sent.set()
        return peer.wait_until_closed()

    answered, sent = threading.Event(), threading.Event()
    server = serve(handler)
    caller.request("GET", server.url)
    answered.set()
    assert sent.wait(LIMIT)
    assert caller.request("GET", server.url).content == b"ok"
    assert server.accepted == 2


def test_an_expired_connection_is_not_used(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(limits=httpx.Limits(keepalive_expiry=0.0))
    server = serve(echo)
    caller.request("GET", server.url)
    caller.request("GET", server.url)
    assert server.accepted == 2
    assert server.wait_until_closed()


def test_a_request_waits_for_a_connection_of_a_full_pool(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        assert waiting.wait(LIMIT)
        peer.send(b"0\r\n\r\n")
        peer.read_request()
        peer.send(reply(b"second"))

    waiting = threading.Event()
    caller = make_caller(limits=ONE)
    server = serve(handler)
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    second = in_thread(lambda: caller.request("GET", server.url).content)
    assert comes_true(lambda: caller.pool()[2] == 2)
    waiting.set()
    assert stream.next() is None
    assert second.result(LIMIT) == b"second"
    assert server.accepted == 1


def test_a_full_pool_is_a_pool_timeout(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(limits=ONE)
    server = serve(endless)
    stream = caller.open("GET", server.url)
    with pytest.raises(httpx.PoolTimeout):
        caller.request("GET", server.url, timeout=httpx.Timeout(None, pool=0.05))
    assert caller.pool() == (1, 0, 1)
    stream.close()
    assert caller.pool() == (0, 0, 0)


def test_many_requests_share_few_connections(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(limits=httpx.Limits(max_connections=4, max_keepalive_connections=4))
    server = serve(echo)
    calls = [in_thread(lambda: [caller.request("GET", server.url).content for _ in range(10)]) for _ in range(16)]
    for call in calls:
        assert call.result(LIMIT) == [b"ok"] * 10
    assert server.accepted <= 4
    assert caller.pool()[2] == 0


def test_a_connection_does_not_become_idle_while_others_are_assigned(serve: Serve) -> None:
    # httpcore would take it for one that nobody wants, and close it to make room for a new one.
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        assert assigning.wait(LIMIT)
        peer.send(b"0\r\n\r\n")
        return echo(peer)

    assigning = threading.Event()
    server = serve(handler)
    caller = SyncCaller(limits=ONE)
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    (pool,) = caller.transport._pools.values()
    pool._at_work[""] = "another thread"
    assigning.set()
    assert stream.next() is None
    assert caller.pool() == (1, 0, 1)
    pool._at_work.clear()
    assert caller.request("GET", server.url).content == b"ok"
    assert caller.pool() == (1, 1, 0)
    assert server.accepted == 1
    caller.close()


def test_the_limit_of_an_end_that_has_come_is_not_that_of_the_next_request(serve: Serve) -> None:
    rest = threading.Event()

    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        assert rest.wait(LIMIT)
        peer.send(chunk(b""))
        return True

    server = serve(handler)
    caller = SyncCaller()
    stream = caller.open("GET", server.url)
    sock = stream.response.extensions["network_stream"].get_extra_info("socket")
    assert stream.next() == b"one"
    (pool,) = caller.transport._pools.values()
    pool._at_work[""] = "another thread"  # it gives the connection on
    rest.set()
    assert stream.next() is None
    stream.response.extensions["expect_end"](0.1)
    assert sock.gettimeout() is None
    pool._at_work.clear()
    caller.close()


def test_a_body_that_had_come_with_its_head_is_read_without_the_connection(serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(reply(b"ok"))
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        return peer.wait_until_closed()

    server = serve(handler)
    caller = SyncCaller()
    first = caller.open("GET", server.url)
    second = caller.open("GET", server.url, timeout=httpx.Timeout(None, read=LIMIT))
    sock = second.response.extensions["network_stream"].get_extra_info("socket")
    assert second.next() == b"one"
    assert first.next() == b"ok"
    assert sock.gettimeout() == LIMIT  # the connection keeps the limit of its second request
    assert server.accepted == 1
    second.close()
    caller.close()


def test_closing_a_stream_closes_its_connection(caller: Caller, serve: Serve) -> None:
    server = serve(endless)
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    stream.close()
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
def test_dropping_a_stream_closes_its_connection(caller: Caller, serve: Serve) -> None:
    server = serve(endless)
    stream = caller.open("GET", server.url)
    del stream
    gc.collect()
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
def test_dropping_a_stream_half_way_closes_its_connection(caller: Caller, serve: Serve) -> None:
    server = serve(endless)
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    del stream

    def is_closed() -> bool:
        gc.collect()  # httpx's async generators end in the event loop, one after the other
        return not server.seen_closed.empty()

    assert comes_true(is_closed)
    assert caller.pool() == (0, 0, 0)


def test_closing_the_transport_ends_a_waiting_reader(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\n\r\none")  # a body that ends with the connection: must not pass for whole
        return peer.wait_until_closed()

    caller = make_caller()
    server = serve(handler)
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"
    reader = in_thread(stream.next)
    if isinstance(caller, AsyncCaller):
        caller.run(caller.transport.aclose())
    else:
        caller.transport.close()
    assert server.wait_until_closed()
    with pytest.raises(httpx.TransportError):
        reader.result(LIMIT)


def test_a_cancelled_task_closes_its_connection(serve: Serve) -> None:
    server = serve(endless)
    caller = AsyncCaller()
    stream = caller.open("GET", server.url)
    assert stream.next() == b"one"

    async def cancel() -> None:
        async def read() -> None:
            async for _ in stream.response.aiter_raw():
                pass

        stream.response.is_stream_consumed = False
        task = asyncio.ensure_future(read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    caller.run(cancel())
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)
    caller.close()


def test_a_transport_serves_one_event_loop_after_another(serve: Serve) -> None:
    server = serve(echo)
    transport = AsyncTransport()
    client = httpx.AsyncClient(transport=transport, timeout=None, trust_env=False)

    async def get() -> bytes:
        return (await client.get(server.url)).content

    assert asyncio.run(get()) == b"ok"
    assert asyncio.run(get()) == b"ok"
    assert server.wait_until_closed()  # the connection of the first loop
    asyncio.run(client.aclose())
    assert server.wait_until_closed()
    assert server.accepted == 2


def test_under_trio_the_transport_of_httpx_is_used(serve: Serve) -> None:
    trio = pytest.importorskip("trio", reason="of trio there is nothing to test without it")
    server = serve(echo)

    async def get() -> bytes:
        transport = AsyncTransport(Settings(verify=False), on_trio=transport_on_trio)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            return (await client.get(server.url)).content

    assert trio.run(get) == b"ok"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_the_connection_to_its_parent(serve: Serve) -> None:
    server = serve(echo)
    caller = SyncCaller()
    stream_server = serve(endless)
    stream = caller.open("GET", stream_server.url)
    caller.request("GET", server.url)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            ok = caller.request("GET", server.url).content == b"ok"
            stream.close()
            code = 0 if ok and server.port else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server.wait_until_closed()  # the child's own connection
    assert caller.request("GET", server.url).content == b"ok"
    assert server.accepted == 2
    assert stream.next() == b"one"
    caller.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_leaves_the_event_loop_to_its_parent(serve: Serve) -> None:
    server = serve(echo)
    client = httpx.AsyncClient(transport=AsyncTransport(), timeout=None, trust_env=False)

    async def get() -> bytes:
        return (await client.get(server.url)).content

    with asyncio.Runner() as runner:
        assert runner.run(get()) == b"ok"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if asyncio.run(get()) == b"ok" else 1
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert server.wait_until_closed()  # the child's own connection
        assert runner.run(get()) == b"ok"
        assert server.accepted == 2
        runner.run(client.aclose())


def test_an_unused_transport_that_is_dropped_leaves_no_warning(serve: Serve) -> None:
    server = serve(echo)
    client = httpx.Client(transport=Transport(), trust_env=False)
    client.get(server.url)
    del client
    gc.collect()
    assert server.wait_until_closed()


def test_a_response_that_was_read_leaves_nothing_to_the_collector(caller: Caller, serve: Serve) -> None:
    def parsers() -> int:
        return sum(type(one) is httptools.HttpResponseParser for one in gc.get_objects())

    server = serve(echo)
    gc.collect()
    gc.disable()
    try:
        before = parsers()
        assert caller.request("GET", server.url).content == b"ok"
        assert parsers() <= before
    finally:
        gc.enable()


def test_a_transport_in_a_cycle_is_closed_before_the_collector_warns_of_its_sockets(serve: Serve) -> None:
    server = serve(echo)
    older, younger = Transport(), Transport()
    assert older.handle_request(httpx.Request("GET", server.url)).read() == b"ok"
    younger.__dict__["itself"] = younger
    # The collector comes to what is older first, which now are the connections.
    younger._pools.update(older._pools)
    older._pools.clear()
    del older, younger
    gc.collect()
    assert server.wait_until_closed()
