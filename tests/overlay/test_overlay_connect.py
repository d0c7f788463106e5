"""Connecting on every event loop: the first address that answers, and probes for a peer that is gone."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from itertools import count
from types import NoneType
from typing import Any, NoReturn
from unittest.mock import Mock

import pytest
import trio
import trustme
from overlay.callers import Api
from overlay.scripts import chat_line, done_line, needs_own_transport

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    ConnectError,
    IncompleteStreamError,
    Ollama,
    OllamaTimeoutError,
)
from ollama_sdk.overlay._http import sockets, sync_connection
from ollama_sdk.overlay.testing import Gate, Json, OllamaServer, Wait

pytestmark = needs_own_transport

Call = Callable[[str], str]


def _on(run: Callable[[Coroutine[Any, Any, str]], str]) -> Call:
    async def version(url: str) -> str:
        async with AsyncOllama(url, max_retries=0) as client:
            return (await client.version()).version

    return lambda url: run(version(url))


@pytest.fixture(params=["sync", "asyncio", "uvloop", "trio"])
def call(request: pytest.FixtureRequest) -> Call:
    """Asks a server for its version, once, with a new client."""
    if request.param == "uvloop":
        return _on(pytest.importorskip("uvloop").run)
    if request.param == "asyncio":
        return _on(asyncio.run)
    if request.param == "trio":
        return _on(lambda work: trio.run(lambda: work))

    def version(url: str) -> str:
        with Ollama(url, max_retries=0) as client:
            return client.version().version

    return version


@pytest.fixture
def dead_port() -> Iterator[int]:
    """A port that does not answer: the queue of its listener is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(6):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="a full queue drops connections on Linux only")
@pytest.mark.parametrize("name", ["localhost", "models.lan"])
@pytest.mark.parametrize("first", ["silent", "refusing"])
def test_a_host_is_reached_at_the_address_that_answers(
    server: OllamaServer,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    dead_port: int,
    unused_port: int,
    name: str,
    first: str,
):
    ports = (dead_port if first == "silent" else unused_port, server.port)

    def look_up(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert call(f"http://{name}:{server.port}")


def test_the_zone_of_an_address_is_for_this_machine_alone(
    server: OllamaServer, make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    server.reply("GET", "/api/version", Json({"version": "1"}))
    for zone in ("%eth0", "%25eth0"):
        assert make_api(f"[fe80::1{zone}]:9000").version().version == "1"
    assert asked == ["fe80::1%eth0"] * 2
    assert [request.headers["host"] for request in server.requests] == ["[fe80::1]:9000"] * 2


def test_a_port_that_nobody_listens_at_is_a_connect_error(call: Call, unused_port: int):
    with pytest.raises(ConnectError, match="ollama serve"):
        call(f"http://127.0.0.1:{unused_port}")


@pytest.mark.parametrize("call", ["sync", "asyncio", "uvloop"], indirect=True)
def test_a_lookup_without_a_thread_is_a_connect_error(call: Call, monkeypatch: pytest.MonkeyPatch):
    start = Mock(side_effect=RuntimeError("can't start new thread"))  # code of ours would count as that of a caller
    monkeypatch.setattr("threading.Thread.start", start)
    with pytest.raises(ConnectError, match="can't start new thread"):
        call("http://models.lan:1")


def test_every_connection_probes_a_silent_peer(server: OllamaServer, call: Call, monkeypatch: pytest.MonkeyPatch):
    options: list[tuple[int, int]] = []

    class Socket(socket.socket):
        def setsockopt(self, level: int, name: int, value: Any) -> None:  # type: ignore[override]
            options.append((level, name))
            super().setsockopt(level, name, value)

    monkeypatch.setattr(socket, "socket", Socket)
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert call(server.url)
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE) in options
    assert (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) in options


@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("how", ["answer", "abort", "limit", "close"])
def test_a_wait_in_steps_as_on_windows_ends_as_any_other(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch, how: str
):
    gate, waited = Gate(), count(1)

    def wait_for(*arguments: Any, **settings: Any) -> tuple[bool, bool]:
        if next(waited) == 3 and how != "limit":
            {"answer": gate.open, "abort": api.client.abort, "close": stream.stream.close}[how]()
        return sockets.wait_for(*arguments, **settings)

    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate), done_line())
    api = make_api(max_retries=0, timeout=60)
    stream = api.chat_stream()
    assert stream.next().message.content == "a"
    monkeypatch.setattr(sync_connection, "_STEP", 0.001)
    monkeypatch.setattr(sync_connection, "wait_for", wait_for)
    if how == "limit":
        monkeypatch.setattr(sync_connection, "time", Mock(monotonic=Mock(side_effect=count(0, 30))))
    _, error = stream.collect()
    errors = {"answer": NoneType, "abort": AbortError, "limit": OllamaTimeoutError, "close": IncompleteStreamError}
    assert type(error) is errors[how]
    gate.open()


def test_a_client_works_without_poll(server: OllamaServer):
    for _ in range(2):
        server.reply("GET", "/api/version", Json({"version": "1"}))
    program = f"""
import select
del select.poll
from ollama_sdk.overlay import Ollama
with Ollama({server.url!r}) as client:
    for _ in range(2):
        assert client.version().version
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@contextlib.contextmanager
def _unknown_host(monkeypatch: pytest.MonkeyPatch, reason: int = socket.EAI_NONAME) -> Iterator[str]:
    def look_up(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(reason, "no address")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    yield "http://models.invalid"


@contextlib.contextmanager
def _busy_name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with _unknown_host(monkeypatch, socket.EAI_AGAIN) as url:
        yield url


@contextlib.contextmanager
def _strange_certificate(_: pytest.MonkeyPatch) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with OllamaServer(ssl_context=context) as server:
        yield server.url.replace("127.0.0.1", "localhost")


@contextlib.contextmanager
def _no_tls(_: pytest.MonkeyPatch) -> Iterator[str]:
    with OllamaServer() as server:
        yield server.url.replace("http:", "https:")


_FAILURES: list[tuple[Callable[[pytest.MonkeyPatch], contextlib.AbstractContextManager[str]], str, int]] = [
    # what is wrong, what the message says, how often the call is tried again
    (_unknown_host, "nobody knows this host", 0),
    (_busy_name_server, "ollama serve", 2),
    (_strange_certificate, "SSL_CERT_FILE", 0),
    (_no_tls, "begins with http://", 0),
]


@pytest.mark.parametrize(("failure", "advice", "retries"), _FAILURES)
def test_only_what_may_pass_is_tried_again_and_the_advice_fits(
    make_api: Callable[..., Api],
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[[pytest.MonkeyPatch], contextlib.AbstractContextManager[str]],
    advice: str,
    retries: int,
):
    with contextlib.suppress(ConnectError):
        make_api("http://127.0.0.1:9", max_retries=0).version()  # imports what a call needs
    with failure(monkeypatch) as url:
        api = make_api(url, max_retries=2)
        with pytest.raises(ConnectError, match=advice) as raised:
            api.version()
    assert len(waits) == retries
    assert ("ollama serve" in str(raised.value)) == (retries > 0)


_TWICE = {
    "sync": """
with Ollama("http://127.0.0.1:9") as client:
    for limit in (None, open(os.devnull).fileno()):
        attempt(limit)
        try:
            client.with_options(max_retries=2 if limit else 0).version()
        except ConnectError as error:
            print(error)
""",
    "async": """
async def main():
    async with AsyncOllama("http://127.0.0.1:9") as client:
        for limit in (None, open(os.devnull).fileno()):
            attempt(limit)
            try:
                await client.with_options(max_retries=2 if limit else 0).version()
            except ConnectError as error:
                print(error)
asyncio.run(main())
""",
}


def test_no_more_file_descriptors_are_not_told_as_a_server_that_is_down(kind: str):
    pytest.importorskip("resource")
    program = """
import asyncio, logging, os, resource, sys
from ollama_sdk.overlay import AsyncOllama, ConnectError, Ollama

def attempt(limit):  # the first imports what a call needs; in the second there are no more descriptors
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        logging.basicConfig(stream=sys.stdout, level=logging.INFO)  # which tells of retries
"""
    command = [sys.executable, "-c", program + _TWICE[kind]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    first, *rest = done.stdout.splitlines()
    assert "ollama serve" in first
    assert ["ulimit" in line for line in rest] == [True]
