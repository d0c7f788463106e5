"""Answers that come while the body is still being sent: they arrive, whatever the server does with the rest."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest
from transport.raw_server import LIMIT, Caller, Peer, Serve, SyncCaller, client_context, server_context

BODY = b'{"error":"too large"}'
TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + TOO_LARGE


def reads_on(peer: Peer) -> None:
    peer.wait_until_closed()


def stops_reading(peer: Peer) -> None:
    """Until the client has closed the connection, which is seen without reading what it had sent."""
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with unencrypted(peer) as raw:
        while raw.recv(1, socket.MSG_PEEK) and not is_half_closed(raw):
            pass


def unencrypted(peer: Peer) -> socket.socket:
    """The socket below TLS, which waits."""
    raw = socket.socket(fileno=socket.dup(peer.sock.fileno()))
    raw.setblocking(True)  # with a time limit, which they share, the file does not wait
    return raw


def is_half_closed(sock: socket.socket) -> bool:
    """Whether the client has closed its side, whatever is still to be read."""
    import select

    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    return bool(poll.poll(50))


def closes(peer: Peer) -> None:
    peer.sock.close()


def ends_well(peer: Peer) -> None:
    """Say goodbye, and read on for a moment, as careful servers do."""
    with unencrypted(peer) as raw:
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass


def answering(serve: Serve, answer: bytes, then: Callable[[Peer], None], tls: ssl.SSLContext | None) -> str:
    """The URL of a server that answers when it has the head of a request."""

    def handler(peer: Peer) -> None:
        # As servers do; otherwise the answer may still wait for the client's receipt when the connection is closed.
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.read_until(b"\r\n\r\n")
        with suppress(ssl.SSLError):
            peer.send(answer)
            then(peer)

    url = serve(handler, tls).url
    return url.replace("127.0.0.1", "localhost")


def upload(caller: Caller, size: int, piece: int) -> Iterator[bytes] | AsyncIterator[bytes]:
    part = b"x" * piece
    return caller.upload([part] * (size // piece))


MB = 1_000_000
secure_or_not = pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])


@secure_or_not
@pytest.mark.parametrize("then", [reads_on, stops_reading, closes, ends_well])
@pytest.mark.parametrize("answer", [TOO_LARGE, UNAUTHORIZED, CONTINUED], ids=["413", "401", "100 413"])
@pytest.mark.parametrize(
    ("size", "piece", "times"),
    [(MB // 2, 0, 10), (MB // 2, 1000, 3), (3 * MB, 0, 3), (20 * MB, 50_000, 1), (20 * MB, 0, 1)],
)
def test_an_early_answer_arrives(
    make_caller: Callable[..., Caller],
    serve: Serve,
    caplog: pytest.LogCaptureFixture,
    secure: bool,
    then: Callable[[Peer], None],
    answer: bytes,
    size: int,
    piece: int,
    times: int,
) -> None:
    caplog.set_level(logging.WARNING)
    caller = make_caller(verify=client_context())
    url = answering(serve, answer, then, server_context() if secure else None)

    for _ in range(times):
        content = upload(caller, size, piece) if piece else b"x" * size
        response = caller.request("POST", url, content=content, extensions={"fresh": True})  # the last one may be stale
        assert (response.status_code, response.content) == (413 if b"413" in answer else 401, BODY)

    assert caplog.records == []


@secure_or_not
@pytest.mark.parametrize("then", [reads_on, stops_reading, closes])
def test_an_early_answer_to_200_megabytes_arrives(
    make_caller: Callable[..., Caller], serve: Serve, secure: bool, then: Callable[[Peer], None]
) -> None:
    caller = make_caller(verify=client_context())
    url = answering(serve, TOO_LARGE, then, server_context() if secure else None)

    response = caller.request("POST", url, content=upload(caller, 200 * MB, MB))

    assert (response.status_code, response.content) == (413, BODY)
    assert caller.pool() == (0, 0, 0)


@secure_or_not
def test_an_upload_ends_when_an_answer_has_come_even_if_the_server_reads_all_of_it(
    make_caller: Callable[..., Caller], serve: Serve, secure: bool
) -> None:
    """As fast as it is written, so that no write has to wait."""
    caller = make_caller(verify=client_context())
    piece, most = 10_000, 50
    read = threading.Semaphore(0)
    sent = 0

    def handler(peer: Peer) -> None:
        peer.read_until(b"\r\n\r\n")
        peer.send(TOO_LARGE)
        with suppress(ConnectionError, ssl.SSLError):
            while True:
                peer.read_until(b"x" * piece + b"\r\n")
                read.release()

    def parts() -> Iterator[bytes]:
        nonlocal sent
        while sent < most:
            sent += 1
            yield b"x" * piece
            assert read.acquire(timeout=LIMIT)

    async def async_parts() -> AsyncIterator[bytes]:
        for part in parts():
            yield part

    url = serve(handler, server_context() if secure else None).url.replace("127.0.0.1", "localhost")

    response = caller.request("POST", url, content=parts() if isinstance(caller, SyncCaller) else async_parts())

    assert (response.status_code, response.content) == (413, BODY)
    assert sent < most
    assert caller.pool() == (0, 0, 0)
