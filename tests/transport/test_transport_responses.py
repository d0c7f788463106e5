"""Responses of every form, as the transports read them from a raw socket."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import pytest
from transport.raw_server import CHUNKED, LIMIT, Caller, Peer, RawServer, Serve, chunk, reply


def answering(serve: Serve, *parts: bytes) -> RawServer:
    """A server that answers each request of a connection with the next part, then closes."""

    def handler(peer: Peer) -> None:
        for part in parts:
            peer.read_request()
            peer.send(part)

    return serve(handler)


def test_a_body_with_a_content_length_is_read(caller: Caller, serve: Serve) -> None:
    response = caller.request("GET", answering(serve, reply(b"hello")).url)
    assert (response.status_code, response.content) == (200, b"hello")


def test_a_chunked_body_is_read(caller: Caller, serve: Serve) -> None:
    server = answering(serve, CHUNKED + chunk(b"hel") + b"2;extension=1\r\nlo\r\n" + b"0\r\n\r\n")
    assert caller.request("GET", server.url).content == b"hello"


def test_a_body_that_ends_with_the_connection_is_read(caller: Caller, serve: Serve) -> None:
    assert caller.request("GET", answering(serve, b"HTTP/1.1 200 OK\r\n\r\nhello").url).content == b"hello"
    assert caller.pool() == (0, 0, 0)


def test_headers_keep_their_order_and_case(caller: Caller, serve: Serve) -> None:
    response = caller.request("GET", answering(serve, reply(head="B: 2 \r\nA: 1\r\nEmpty:\r\nB: 3\r\n")).url)
    assert response.headers.raw[:4] == [(b"B", b"2"), (b"A", b"1"), (b"Empty", b""), (b"B", b"3")]


def test_the_extensions_tell_version_reason_and_socket(caller: Caller, serve: Serve) -> None:
    server = answering(serve, b"HTTP/1.1 404 Not Here\r\nContent-Length: 0\r\n\r\n", reply())
    extensions = caller.request("GET", server.url).extensions
    assert (extensions["http_version"], extensions["reason_phrase"]) == (b"HTTP/1.1", b"Not Here")
    assert extensions["network_stream"].get_extra_info("server_addr")[1] == server.port
    assert extensions["network_stream"].get_extra_info("socket").fileno() > 0
    assert extensions["network_stream"].get_extra_info("ssl_object") is None


def test_informational_responses_are_skipped(caller: Caller, serve: Serve) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    response = caller.request("GET", answering(serve, early + reply(b"ok")).url)
    assert (response.status_code, response.content, "link" in response.headers) == (200, b"ok", False)
    assert response.reason_phrase == "OK"


def test_trailers_are_read_and_dropped(caller: Caller, serve: Serve) -> None:
    server = answering(serve, CHUNKED + chunk(b"hello") + b"0\r\nDigest: x\r\n\r\n", reply(b"next"))
    response = caller.request("GET", server.url)
    assert (response.content, "digest" in response.headers) == (b"hello", False)
    assert caller.request("GET", server.url).content == b"next"
    assert server.accepted == 1


@pytest.mark.parametrize("head", ["Content-Length: 5\r\n", "", "Transfer-Encoding: chunked\r\n"])
def test_the_response_to_head_has_no_body(caller: Caller, serve: Serve, head: str) -> None:
    server = answering(serve, f"HTTP/1.1 200 OK\r\n{head}\r\n".encode(), reply(b"next"))
    assert caller.request("HEAD", server.url).content == b""


def test_a_head_request_keeps_the_connection(caller: Caller, serve: Serve) -> None:
    server = answering(serve, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", reply(b"next"))
    caller.request("HEAD", server.url)
    assert caller.request("GET", server.url).content == b"next"
    assert server.accepted == 1


@pytest.mark.parametrize(
    ("lines", "headers"),
    [
        ("A: one\r\n  two\r\n\tthree\r\nContent-Length: 2\r\n", {"a": "one two three"}),
        ("A:\r\n one\r\nContent-Length:\r\n 2\r\n", {"a": "one"}),
        ("A: one\n two\nContent-Length: 2\n", {"a": "one two"}),
        ("Content-Length: 2\r\nA: b\r\ncontent-length:2\r\n", {"a": "b", "content-length": "2"}),
        ("Content-Length: 2, 2\r\n", {"content-length": "2"}),
    ],
    ids=["on three lines", "below its name", "bare line feeds", "length twice", "list of lengths"],
)
@pytest.mark.parametrize("interim", ["", "HTTP/1.1 100 Continue\r\n\r\n"], ids=["", "after 100"])
def test_unusual_headers_are_read_as_httpx_reads_them(
    caller: Caller, serve: Serve, lines: str, headers: dict[str, str], interim: str
) -> None:
    server = answering(serve, *[f"{interim}HTTP/1.1 200 OK\r\n{lines}\r\nok".encode()] * 2)
    for _ in range(2):
        response = caller.request("GET", server.url)
        assert response.content == b"ok"
        assert {name: response.headers[name] for name in headers} == headers
    assert server.accepted == 1


@pytest.mark.own_wire
@pytest.mark.parametrize("lines", ["Content-Length: 5\r\n{}\r\n", "{}\r\nContent-Length: 5\r\n"])
def test_chunks_count_beside_a_content_length_and_the_connection_is_closed(
    caller: Caller, serve: Serve, lines: str
) -> None:
    head = "HTTP/1.1 200 OK\r\n" + lines.format("Transfer-Encoding: chunked") + "\r\n"
    server = answering(serve, head.encode() + chunk(b"hello there") + b"0\r\n\r\n")

    assert caller.request("GET", server.url).content == b"hello there"
    assert caller.pool() == (0, 0, 0)


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_keeps_the_connection(caller: Caller, serve: Serve, status: int) -> None:
    server = answering(serve, f"HTTP/1.1 {status} X\r\nContent-Length: 7\r\n\r\n".encode(), reply(b"next"))
    assert caller.request("GET", server.url).content == b""
    assert caller.request("GET", server.url).content == b"next"
    assert server.accepted == 1


@pytest.mark.own_wire
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConte", id="half a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", id="short body"),
        pytest.param(CHUNKED + chunk(b"hel"), id="no last chunk"),
        pytest.param(CHUNKED + b"5\r\nhel", id="half a chunk"),
        pytest.param(CHUNKED + chunk(b"hel") + b"0\r\n", id="half an end"),
        pytest.param(b"<html>", id="not HTTP"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", id="upgrade"),
        pytest.param(b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", id="other version"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx", id="other encoding"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", id="two lengths"),
        pytest.param(CHUNKED + b"xyz\r\n", id="bad chunk size"),
        pytest.param(b"HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 0\r\n\r\n", id="a line that goes on from none"),
        pytest.param(b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nA: d\r\n", id="a folded header, then the end"),
    ],
)
def test_a_broken_response_is_a_remote_protocol_error(caller: Caller, serve: Serve, answer: bytes) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        caller.request("GET", answering(serve, answer).url)
    assert caller.pool() == (0, 0, 0)


def test_what_arrived_before_a_cut_is_delivered(caller: Caller, serve: Serve) -> None:
    stream = caller.open("GET", answering(serve, CHUNKED + chunk(b"one") + b"bad").url)
    assert stream.next() == b"one"
    with pytest.raises(httpx.RemoteProtocolError):
        stream.next()


def test_a_reset_in_the_body_is_a_read_error(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one"))
        assert read.wait(LIMIT)
        peer.reset()

    read = threading.Event()
    stream = caller.open("GET", serve(handler).url)
    assert stream.next() == b"one"
    read.set()
    with pytest.raises(httpx.ReadError):
        stream.next()


@pytest.mark.own_wire
def test_an_endless_header_line_is_refused(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(b"HTTP/1.1 200 OK\r\nX: ")
        while True:
            peer.send(b"x" * 1000)

    with pytest.raises(httpx.RemoteProtocolError, match="bytes of headers"):
        make_caller(max_header_bytes=5000).request("GET", serve(handler).url)


@pytest.mark.own_wire
def test_too_many_header_bytes_in_one_read_are_refused(make_caller: Callable[..., Caller], serve: Serve) -> None:
    server = answering(serve, reply(head="X: " + "x" * 1000 + "\r\n"))
    with pytest.raises(httpx.RemoteProtocolError, match="bytes of headers"):
        make_caller(max_header_bytes=1000).request("GET", server.url)


@pytest.mark.own_wire
def test_too_many_header_lines_are_refused(caller: Caller, serve: Serve) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match="header lines"):
        caller.request("GET", answering(serve, reply(head="A: b\r\n" * 300)).url)


def test_endless_trailers_are_refused(caller: Caller, serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(CHUNKED + chunk(b"one") + b"0\r\nX: ")
        while True:
            peer.send(b"x" * 10000)

    with pytest.raises(httpx.RemoteProtocolError):
        caller.request("GET", serve(handler).url)


@pytest.mark.parametrize("start", [b"5;", b"5", b"\r"])
def test_an_endless_size_of_a_chunk_is_refused(caller: Caller, serve: Serve, start: bytes) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(CHUNKED + start)
        while True:
            peer.send(b"5" * 10000)

    with pytest.raises(httpx.RemoteProtocolError):
        caller.request("GET", serve(handler).url)


def test_each_piece_is_handed_over_when_it_has_arrived(caller: Caller, serve: Serve) -> None:
    # The server sends a line only after the client has told that it holds the line before.
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(CHUNKED)
        for number in range(20):
            peer.send(chunk(b"line %d\n" % number))
            assert seen.acquire(timeout=LIMIT)
        peer.send(b"0\r\n\r\n")

    seen = threading.Semaphore(0)
    stream = caller.open("GET", serve(handler).url)
    for number in range(20):
        assert stream.next() == b"line %d\n" % number
        seen.release()
    assert stream.next() is None


def test_a_large_body_is_read_whole_by_a_slow_consumer(caller: Caller, serve: Serve) -> None:
    block = bytes(range(256)) * 256
    sent = CHUNKED + chunk(block) * 64 + b"0\r\n\r\n"
    stream = caller.open("GET", answering(serve, sent).url)
    received = b""
    while (piece := stream.next()) is not None:
        assert len(piece) <= 1 << 20
        received += piece
    assert received == block * 64
