"""The test server survives any request, and keeps no more of them than it says."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from testing.test_testing_server import connected, read_all

from ollama_sdk.overlay.testing import OllamaServer, Reply, _server

HOST = b"Host: localhost\r\n"
POST = b"POST /api/chat HTTP/1.1\r\n" + HOST
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
REQUESTS: dict[str, tuple[bytes, bytes]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400"),
    "a number with too many digits": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", b"400"),
    "a negative length": (POST + b"Content-Length: -5\r\n\r\n", b"400"),
    "a length in other digits": (POST + "Content-Length: \u0663\r\n\r\n".encode(), b"400"),
    "a request line without end": (b"GET /" + b"a" * 70_000, b"431"),
    "a header without end": (POST + b"X: " + b"a" * 70_000, b"431"),
    "too many headers": (POST + b"X: 1\r\n" * 300 + b"\r\n", b"431"),
    "too many bytes of headers": (POST + b"".join(b"X%d: %b\r\n" % (n, b"a" * 60_000) for n in range(20)), b"431"),
    "a header without a name": (POST + b": x\r\n\r\n", b"400"),
    "a control character": (POST + b"Origin: http://localhost:\rX: 1\r\n\r\n", b"400"),
    "a chunk size without end": (CHUNKED + b"1" * 70_000, b"431"),
    "a chunk size that is none": (CHUNKED + b"zz\r\n", b"400"),
    "a chunk without its end": (CHUNKED + b"1\r\nabc\r\n", b"400"),
    "a trailer without end": (CHUNKED + b"0\r\nX: " + b"a" * 70_000, b"431"),
    "JSON nested without end": (POST + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000, b"500"),
}


@pytest.mark.parametrize(("request_bytes", "status"), REQUESTS.values(), ids=REQUESTS)
def test_a_request_that_cannot_be_served_is_refused_and_the_next_one_answered(
    request_bytes: bytes, status: bytes
) -> None:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", lambda received: Reply(status=200 if received.json else 500))
        with connected(server) as client:
            client.sendall(request_bytes)
            if status == b"500":
                assert client.recv(12).split()[1] == status
            else:
                assert read_all(client).split()[1] == status
        assert httpx.get(server.url).text == "Ollama is running"
        assert server.failures == []


def test_the_older_half_of_too_many_requests_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server, "_KEPT_REQUESTS", 10)
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        for number in range(25):
            client.get(f"/{number}")
        kept = [received.path for received in server.requests]
    assert kept == [f"/{number}" for number in range(25 - len(kept), 25)]
    assert 5 <= len(kept) <= 10


def test_the_older_half_goes_when_bodies_take_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_server, "_KEPT_BYTES", 1000)
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        for number in range(20):
            client.post(f"/{number}", content=bytes(300))
            assert sum(len(received.body) for received in server.requests) <= 1000
        client.post("/large", content=bytes(5000))
        assert [received.path for received in server.requests] == ["/large"]
        server.clear()
        client.post("/small", content=bytes(10))
        assert len(server.requests) == 1


def test_a_thread_that_cannot_be_started_costs_its_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaServer() as server:
        start, failed = threading.Thread.start, threading.Event()

        def start_none(self: Any) -> None:
            if "connection" in self.name and not failed.is_set():
                failed.set()
                raise RuntimeError("can't start new thread")
            start(self)

        monkeypatch.setattr(threading.Thread, "start", start_none)
        with connected(server) as client:
            assert read_all(client) == b""
        assert failed.is_set()
        assert httpx.get(server.url).text == "Ollama is running"
