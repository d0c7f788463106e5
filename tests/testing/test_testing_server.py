"""The test server speaks HTTP/1.1 and leaves nothing behind."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import ollama_sdk.overlay.testing as testing
from ollama_sdk.overlay.testing import Line, Never, OllamaServer, Send, Start

DESCRIPTORS = Path("/proc/self/fd")


@contextmanager
def connected(server: OllamaServer) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), timeout=60) as client:
        yield client


def read_all(client: socket.socket) -> bytes:
    with client.makefile("rb") as reader:
        return reader.read()


def test_a_connection_carries_several_requests() -> None:
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        for _ in range(3):
            client.get("/")
        assert {received.connection_id for received in server.requests} == {1}
        assert server.open_connections == 1


def test_connection_close_is_honoured() -> None:
    with OllamaServer() as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = read_all(client)
    assert b"Connection: close" in answer
    assert answer.endswith(b"Ollama is running")


def test_head_has_the_headers_and_no_body() -> None:
    with OllamaServer() as server, httpx.Client(base_url=server.url) as client:
        response = client.head("/")
        assert response.headers["content-length"] == "17"
        assert response.content == b""
        assert client.get("/").text == "Ollama is running"


def test_expect_100_continue_is_answered() -> None:
    with OllamaServer() as server, connected(server) as client:
        server.reply("POST", "/", Send(b"ok"), headers={"Connection": "close"})
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"hi")
        assert read_all(client).endswith(b"ok")
        assert server.requests[0].body == b"hi"


def test_a_chunked_request_body_is_read() -> None:
    with OllamaServer() as server:
        httpx.post(server.url, content=iter([b"ab", b"cde"]))
        assert server.requests[0].body == b"abcde"


def test_pipelined_requests_are_answered_in_order() -> None:
    with OllamaServer() as server, connected(server) as client:
        server.reply("GET", "/1", Send(b"one"))
        server.reply("GET", "/2", Send(b"two"))
        client.sendall(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = read_all(client)
    assert answer.index(b"one") < answer.index(b"two")


def test_a_large_body_is_hashed_and_kept_up_to_the_limit() -> None:
    body = os.urandom(300_000)
    with OllamaServer(body_limit=1000) as server:
        httpx.post(server.url, content=body)
        received = server.requests[0]
    assert received.body == body[:1000]
    assert received.body_size == len(body)
    assert received.digest == "sha256:" + hashlib.sha256(body).hexdigest()
    assert received.json is None


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_a_malformed_request_is_a_400(request_bytes: bytes) -> None:
    with OllamaServer() as server, connected(server) as client:
        client.sendall(request_bytes)
        assert read_all(client).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_an_endless_header_line_is_a_431() -> None:
    with OllamaServer() as server, connected(server) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)
        assert client.recv(12) == b"HTTP/1.1 431"


def test_it_serves_https(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_context, client_context = tls
    with (
        OllamaServer(ssl_context=server_context) as server,
        httpx.Client(base_url=server.url, verify=client_context) as client,
    ):
        assert server.url.startswith("https://")
        server.reply("POST", "/api/chat", Line({"n": 1}), Line({"n": 2}))
        assert client.post("/api/chat", json={"x": "y" * 100_000}).text == '{"n":1}\n{"n":2}\n'
        assert client.get("/").text == "Ollama is running"


def test_a_client_that_leaves_over_https_is_seen(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_context, client_context = tls
    with OllamaServer(ssl_context=server_context) as server:
        server.reply("POST", "/api/chat", Line({"n": 1}), Never())
        with httpx.stream("POST", server.url + "/api/chat", verify=client_context) as response:
            assert next(response.iter_lines()) == '{"n":1}'
        assert server.wait_for_disconnect()


def test_stop_ends_while_clients_hang(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    plain, secure = OllamaServer().start(), OllamaServer(ssl_context=tls[0]).start()
    plain.reply("GET", "/never", Start(), Never())
    plain.reply("GET", "/endless", *[Send(b"x" * 1_000_000)] * 64)
    with connected(plain) as idle, connected(plain) as held, connected(plain) as unread, connected(secure) as silent:
        held.sendall(b"GET /never HTTP/1.1\r\n\r\n")
        unread.sendall(b"GET /endless HTTP/1.1\r\n\r\n")
        idle.sendall(b"GET /half HTT")
        assert held.recv(8) == unread.recv(8) == b"HTTP/1.1"
        assert secure.wait_for_connections(1)
        plain.stop()
        secure.stop()
        assert silent.recv(1) == b""
    assert plain.open_connections == secure.open_connections == 0
    assert plain.disconnects == []


def test_nothing_is_left_behind() -> None:
    threads = set(threading.enumerate())
    descriptors = len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
    for _ in range(3):
        with OllamaServer() as server:
            httpx.get(server.url)
    for thread in set(threading.enumerate()) - threads:
        thread.join(60)  # it may be at its last instructions
        assert not thread.is_alive()
    if descriptors:
        assert len(list(DESCRIPTORS.iterdir())) <= descriptors


def test_it_serves_many_connections_at_once() -> None:
    with OllamaServer() as server:
        server.reply("GET", "/held", Start(), Never())
        clients = [socket.create_connection((server.host, server.port)) for _ in range(100)]
        for client in clients:
            client.sendall(b"GET /held HTTP/1.1\r\n\r\n")
        assert server.wait_for_requests(100)
        for client in clients:
            client.close()
        assert server.wait_for_disconnect(count=100)
        assert server.wait_for_connections(0)


def test_it_serves_asyncio_programs() -> None:
    async def ask(url: str) -> list[str]:
        async with httpx.AsyncClient(base_url=url) as client:
            return [response.text for response in await asyncio.gather(*(client.get("/") for _ in range(5)))]

    with OllamaServer() as server:
        assert asyncio.run(ask(server.url)) == ["Ollama is running"] * 5


def test_it_can_be_started_again_after_a_stop() -> None:
    server = OllamaServer()
    server.stop()
    for _ in range(2):
        with server:
            assert httpx.get(server.url).status_code == 200


def test_a_second_start_is_an_error() -> None:
    with OllamaServer() as server, pytest.raises(RuntimeError, match="already running"):
        server.start()


def test_a_server_that_was_not_started_has_no_url() -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = OllamaServer().url


def test_a_port_in_use_is_an_error() -> None:
    with OllamaServer() as server, pytest.raises(OSError, match="in use"):
        OllamaServer(port=server.port).start()


def test_it_imports_nothing_but_the_standard_library_and_itself() -> None:
    package = Path(testing.__file__).parent
    for file in package.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                allowed = name.split(".")[0] in sys.stdlib_module_names or name.startswith(testing.__name__)
                assert allowed or (file.name, name) == ("pytest_plugin.py", "pytest"), f"{file.name} imports {name}"


def test_importing_it_does_not_load_the_engine() -> None:
    code = "import sys, ollama_sdk.overlay.testing as t; assert t.OllamaServer; print(sys.modules.get('xllamacpp'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_the_facade_names_everything_it_lists() -> None:
    assert [name for name in testing.__all__ if not hasattr(testing, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = testing.Nothing
