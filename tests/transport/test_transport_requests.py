"""Requests as the server sees them: framing, streamed bodies, servers that answer early, timeouts."""

from __future__ import annotations

import errno
import os
import queue
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from transport.raw_server import LIMIT, AsyncCaller, Caller, Peer, Serve, in_thread, reply


def recording(seen: queue.Queue[bytes]) -> object:
    def handler(peer: Peer) -> None:
        while True:
            seen.put(peer.read_request())
            peer.send(reply())

    return handler


def test_the_headers_are_sent_in_their_order(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    url = serve(recording(seen)).url
    request = httpx.Request("POST", f"{url}/a?b=c", headers=[("Z", "1"), ("A", "2")], content=b"hello")
    if isinstance(caller, AsyncCaller):
        caller.run(caller.client.send(request))
    else:
        caller.client.send(request)
    host = url.removeprefix("http://")
    assert seen.get() == (
        f"POST /a?b=c HTTP/1.1\r\nHost: {host}\r\nZ: 1\r\nA: 2\r\nContent-Length: 5\r\n\r\nhello".encode()
    )


def test_a_streamed_body_is_sent_in_chunks(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    caller.request("POST", serve(recording(seen)).url, content=caller.upload([b"one", b"", b"two"]))
    assert seen.get().endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_streamed_body_with_a_length_is_sent_as_it_is(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    content = caller.upload([b"one", b"two"])
    caller.request("POST", serve(recording(seen)).url, content=content, headers={"Content-Length": "6"})
    assert seen.get().endswith(b"\r\n\r\nonetwo")


@pytest.mark.own_wire
@pytest.mark.parametrize("length", ["5", "7"])
def test_a_body_of_another_length_than_announced_is_refused(caller: Caller, serve: Serve, length: str) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    content = caller.upload([b"one", b"two"])
    with pytest.raises(httpx.LocalProtocolError):
        caller.request("POST", serve(recording(seen)).url, content=content, headers={"Content-Length": length})
    assert caller.pool() == (0, 0, 0)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b"])
def test_a_header_with_a_line_break_is_refused_without_showing_it(caller: Caller, serve: Serve, value: str) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    with pytest.raises(httpx.LocalProtocolError) as caught:
        caller.request("GET", serve(recording(seen)).url, headers={"Authorization": value})
    assert value not in str(caught.value)
    assert seen.empty()


def test_an_error_in_the_body_of_the_request_reaches_the_caller(caller: Caller, serve: Serve) -> None:
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    async def broken_async() -> AsyncIterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    server = serve(lambda peer: peer.wait_until_closed())
    with pytest.raises(KeyError, match="mine"):
        caller.request("POST", server.url, content=broken_async() if isinstance(caller, AsyncCaller) else broken())
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
@pytest.mark.parametrize("in_pieces", [False, True])
def test_an_early_answer_ends_an_upload_that_nobody_reads(caller: Caller, serve: Serve, in_pieces: bool) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch")
        assert answered.wait(LIMIT)
        return peer.wait_until_closed()

    answered = threading.Event()
    server = serve(handler)
    content = caller.upload([b"x" * 1_000_000] * 50) if in_pieces else b"x" * 50_000_000
    response = caller.request("POST", server.url, content=content)
    assert (response.status_code, response.content) == (413, b"much")
    answered.set()
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


def test_a_large_body_is_sent_whole(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    caller.request("POST", serve(recording(seen)).url, content=b"x" * 5_000_000)
    assert len(seen.get().partition(b"\r\n\r\n")[2]) == 5_000_000


def test_an_informational_answer_does_not_end_an_upload(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        head = peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        peer.read_exactly(length)
        peer.send(reply(b"all"))

    assert caller.request("POST", serve(handler).url, content=b"x" * 8_000_000).content == b"all"


def test_a_server_that_sends_nothing_is_a_read_timeout(caller: Caller, serve: Serve) -> None:
    server = serve(lambda peer: peer.wait_until_closed())
    with pytest.raises(httpx.ReadTimeout):
        caller.request("GET", server.url, timeout=httpx.Timeout(LIMIT, read=0.05))
    assert server.wait_until_closed()
    assert caller.pool() == (0, 0, 0)


def test_a_body_that_stops_is_a_read_timeout(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        peer.read_request()
        peer.send(reply(b"one")[:-1])
        return peer.wait_until_closed()

    server = serve(handler)
    with pytest.raises(httpx.ReadTimeout):
        caller.request("GET", server.url, timeout=httpx.Timeout(LIMIT, read=0.05))
    assert server.wait_until_closed()


@pytest.mark.own_wire
def test_a_server_that_reads_nothing_is_a_write_timeout(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> bool:
        assert failed.wait(LIMIT)
        return peer.wait_until_closed()

    failed = threading.Event()
    with pytest.raises(httpx.WriteTimeout):
        caller.request("POST", serve(handler).url, content=b"x" * 50_000_000, timeout=httpx.Timeout(None, write=0.05))
    failed.set()
    assert caller.pool() == (0, 0, 0)


def test_a_port_where_nobody_listens_is_a_connect_error(caller: Caller, serve: Serve) -> None:
    server = serve(lambda peer: None)
    server.stop()
    with pytest.raises(httpx.ConnectError):
        caller.request("GET", server.url)
    assert caller.pool() == (0, 0, 0)


def test_another_scheme_is_refused(caller: Caller) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        caller.request("GET", "ftp://127.0.0.1/")


def test_a_host_that_does_not_exist_is_a_connect_error(caller: Caller) -> None:
    with pytest.raises(httpx.ConnectError):
        caller.request("GET", "http://no-such-host.invalid/")


def test_an_ipv6_address_is_connected_to(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    try:
        url = serve(recording(seen), host="::1").url
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    assert caller.request("GET", url).status_code == 200


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix domain sockets")
def test_a_unix_domain_socket_is_connected_to(
    make_caller: Callable[..., Caller], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve_one() -> None:
        sock, _ = listener.accept()
        with sock:
            peer = Peer(sock)
            peer.read_request()
            peer.send(reply(b"ok"))

    monkeypatch.chdir(tmp_path)
    path = "s"  # a whole path may be longer than the hundred bytes that a system takes
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        server = in_thread(serve_one)
        assert make_caller(uds=path).request("GET", "http://ollama/").content == b"ok"
        server.result(LIMIT)


@pytest.mark.own_wire
def test_a_port_at_which_nobody_listens_is_told_with_the_words_of_the_system(caller: Caller) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.ConnectError, match=os.strerror(errno.ECONNREFUSED)):
            caller.request("GET", "http://{}:{}/".format(*bound.getsockname()))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix domain sockets")
def test_an_address_that_fails_at_once_is_told_with_its_reason(make_caller: Callable[..., Caller]) -> None:
    with pytest.raises(httpx.ConnectError, match="No such file or directory"):
        make_caller(uds="missing").request("GET", "http://ollama/")


def test_a_host_name_is_looked_up(caller: Caller, serve: Serve) -> None:
    seen: queue.Queue[bytes] = queue.Queue()
    server = serve(recording(seen))
    assert caller.request("GET", f"http://localhost:{server.port}").status_code == 200
