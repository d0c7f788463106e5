"""Answers that come while the body is still being sent: they arrive, whatever the server does with the rest."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest
from transport.early_server import (
    BODY,
    CONTINUED,
    TOO_LARGE,
    UNAUTHORIZED,
    answering,
    closes,
    ends_well,
    reads_on,
    stops_reading,
)
from transport.raw_server import LIMIT, Caller, Peer, Serve, SyncCaller, client_context, server_context

# trio warns of the generators that httpx leaves to the collector when a request ends early.
pytestmark = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")


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
    [(MB // 2, 0, 3), (MB // 2, 1000, 1), (3 * MB, 0, 1), (20 * MB, 50_000, 1), (20 * MB, 0, 1)],
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
