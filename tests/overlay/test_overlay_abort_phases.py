"""abort() in every phase of a call, on every transport, blocking and asynchronous: one table, one outcome."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api, background, comes_true, http_client
from overlay.scripts import NDJSON, all_transports, assert_usable, chat_line
from transport.raw_server import Peer, RawServer, Serve, client_context, server_context

from ollama_sdk.overlay import AbortError, Ollama
from ollama_sdk.overlay._http import transports
from ollama_sdk.overlay._http.settings import Settings, is_available
from ollama_sdk.overlay.testing import Gate, Json, Never, OllamaServer, Reply, Send, Start, Wait

FIRST = chat_line("a")


@dataclass
class Scene:
    """What a phase is played with."""

    kind: str
    transport: str
    server: OllamaServer
    serve: Serve
    folder: Path
    make_api: Callable[..., Api]
    patch: pytest.MonkeyPatch

    def api(self, host: str | None = None, **settings: Any) -> Api:
        """A client on the transport of the scene, which may have settings: `verify`, `limits`, `proxy`."""
        if not settings:
            return self.make_api(host, max_retries=0)
        if self.transport in ("injected", "httpx2"):
            library = "httpx2" if self.transport == "httpx2" else "httpx"
            return self.make_api(host, max_retries=0, http_client=http_client(self.kind, library, **settings))
        if self.transport == "own" and not is_available():
            pytest.skip("without httptools our own transport cannot be used")
        own: Any = transports.Transport if self.kind == "sync" else transports.AsyncTransport
        stock: Any = httpx.HTTPTransport if self.kind == "sync" else httpx.AsyncHTTPTransport
        transport = own(Settings(**settings)) if self.transport == "own" else stock(**settings)
        return self.make_api(host, max_retries=0, transport=transport)


@dataclass
class Waiting:
    """A call that will wait.

    Attributes:
        api: The client.
        call: Makes the call, and blocks in the phase.
        reached: Waits until the call is in the phase.
        closed: Waits until the server has seen the connection close; None where there is no connection yet.
        usable: Whether the client is to be used afterwards.
    """

    api: Api
    call: Callable[[], object]
    reached: Callable[[], object]
    closed: Callable[[], bool] | None = None
    usable: bool = True


Phase = Callable[[Scene], AbstractContextManager[Waiting]]
PHASES: dict[str, Phase] = {}


def phase(function: Callable[[Scene], Iterator[Waiting]]) -> Callable[[Scene], Iterator[Waiting]]:
    """Add a phase to the table."""
    PHASES[function.__name__] = contextmanager(function)
    return function


def has_begun(api: Api, count: int = 1) -> bool:
    """Wait until the client has that many calls in flight, and each of them waits."""
    calls = api.client._sender.calls
    return comes_true(lambda: len(calls) == count and all(call._interrupt is not None for call in tuple(calls._calls)))


# Before there is a connection


@phase
def looking_up_the_host(scene: Scene) -> Iterator[Waiting]:
    asked, answered = threading.Event(), threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        asked.set()
        answered.wait(PATIENCE)
        raise socket.gaierror("no such host")

    api = scene.api("model.example")
    with scene.patch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        yield Waiting(api, api.version, lambda: asked.wait(PATIENCE), usable=False)
        answered.set()


@phase
def connecting(scene: Scene) -> Iterator[Waiting]:
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)  # accepts nothing and refuses nothing, once its queue is full
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        api = scene.api(f"127.0.0.1:{full.getsockname()[1]}")
        yield Waiting(api, api.version, lambda: has_begun(api), usable=False)


@phase
def in_the_tls_handshake(scene: Scene) -> Iterator[Waiting]:
    greeted = threading.Event()

    def handler(peer: Peer) -> bool:
        peer.sock.recv(1)
        greeted.set()
        return peer.wait_until_closed()

    server = scene.serve(handler)
    api = scene.api(f"https://127.0.0.1:{server.port}")
    yield Waiting(api, api.version, lambda: greeted.wait(PATIENCE), server.wait_until_closed, usable=False)


@phase
def waiting_for_a_proxy_to_connect(scene: Scene) -> Iterator[Waiting]:
    asked = threading.Event()

    def handler(peer: Peer) -> bool:
        assert peer.read_until(b"\r\n\r\n").startswith(b"CONNECT model.example:443 ")
        asked.set()
        return peer.wait_until_closed()

    proxy = scene.serve(handler)
    if scene.transport == "own":  # from the environment, for which our clients use httpx's own transport
        scene.patch.setenv("HTTPS_PROXY", proxy.url)
        api = scene.api("https://model.example")
    else:
        api = scene.api("https://model.example", proxy=proxy.url)
    yield Waiting(api, api.version, lambda: asked.wait(PATIENCE), proxy.wait_until_closed, usable=False)


@phase
def in_the_tls_handshake_behind_a_proxy(scene: Scene) -> Iterator[Waiting]:
    greeted = threading.Event()

    def handler(peer: Peer) -> bool:
        peer.read_until(b"\r\n\r\n")
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.sock.recv(1)
        greeted.set()
        return peer.wait_until_closed()

    proxy = scene.serve(handler)
    if scene.transport == "own":
        scene.patch.setenv("HTTPS_PROXY", proxy.url)
        api = scene.api("https://model.example")
    else:
        api = scene.api("https://model.example", proxy=proxy.url)
    yield Waiting(api, api.version, lambda: greeted.wait(PATIENCE), proxy.wait_until_closed, usable=False)


@phase
def waiting_for_a_connection_of_the_pool(scene: Scene) -> Iterator[Waiting]:
    scene.server.reply("POST", "/api/chat", FIRST, Never())
    api = scene.api(limits=httpx.Limits(max_connections=1))
    stream = api.chat_stream()
    stream.next()
    yield Waiting(api, api.version, lambda: has_begun(api, 2), usable=False)
    # httpx's own transport frees the place of an aborted stream only when somebody reads, closes or drops it.
    assert isinstance(stream.collect()[1], AbortError)
    assert_usable(api, scene.server)


# Sending


def unread(scene: Scene, call: Callable[[Api], object]) -> Iterator[Waiting]:
    started, aborted = threading.Event(), threading.Event()

    def handler(peer: Peer) -> bool:
        peer.read_until(b"\r\n\r\n")
        started.set()
        aborted.wait(PATIENCE)  # reads nothing more before
        return peer.wait_until_closed()

    server = scene.serve(handler)
    api = scene.api(server.url)

    def closed() -> bool:
        aborted.set()
        return server.wait_until_closed()

    yield Waiting(api, lambda: call(api), lambda: started.wait(PATIENCE), closed, usable=False)


@phase
def sending_a_long_prompt(scene: Scene) -> Iterator[Waiting]:
    yield from unread(scene, lambda api: api.generate("m", "x" * 50_000_000))


@phase
def uploading_a_file(scene: Scene) -> Iterator[Waiting]:
    file = scene.folder / "model.gguf"
    with file.open("wb") as out:
        os.truncate(out.fileno(), 50_000_000)
    yield from unread(scene, lambda api: api.create_blob(file))


# Waiting for the answer


@phase
def waiting_for_headers(scene: Scene) -> Iterator[Waiting]:
    scene.server.reply("POST", "/api/chat", Never())
    api = scene.api()
    yield Waiting(api, api.chat_whole, scene.server.wait_for_requests, scene.server.wait_for_disconnect)


@phase
def waiting_for_the_headers_of_a_stream(scene: Scene) -> Iterator[Waiting]:
    scene.server.reply("POST", "/api/chat", Never())
    api = scene.api()
    yield Waiting(api, api.chat_stream, scene.server.wait_for_requests, scene.server.wait_for_disconnect)


@phase
def waiting_for_headers_on_a_used_connection(scene: Scene) -> Iterator[Waiting]:
    server = scene.server
    api = scene.api()
    assert_usable(api, server)
    server.reply("POST", "/api/chat", Never())
    yield Waiting(api, api.chat_whole, lambda: server.wait_for_requests(2), server.wait_for_disconnect)
    assert {request.connection_id for request in server.requests[:2]} == {1}


@phase
def waiting_for_headers_over_tls(scene: Scene) -> Iterator[Waiting]:
    with OllamaServer(ssl_context=server_context()) as server:
        server.reply("GET", "/api/version", Json({"version": "1"}))
        server.reply("POST", "/api/chat", Never())
        api = scene.api(f"https://localhost:{server.port}", verify=client_context())
        api.version()
        yield Waiting(api, api.chat_whole, lambda: server.wait_for_requests(2), server.wait_for_disconnect, False)
        assert {request.connection_id for request in server.requests} == {1}


@phase
def waiting_for_the_headers_of_another_host_after_a_redirect(scene: Scene) -> Iterator[Waiting]:
    with OllamaServer() as other:
        scene.server.reply("POST", "/api/chat", Reply(status=307, headers={"Location": f"{other.url}/moved"}))
        other.reply("POST", "/moved", Never())
        api = scene.api()
        yield Waiting(api, api.chat_whole, other.wait_for_requests, other.wait_for_disconnect)


@phase
def waiting_before_a_retry(scene: Scene) -> Iterator[Waiting]:
    scene.server.reply("POST", "/api/chat", Json({"error": "busy"}), status=503, headers={"Retry-After": "50"})
    api = scene.make_api()
    yield Waiting(api, api.chat_whole, scene.server.wait_for_requests, usable=False)
    assert len(scene.server.requests) == 1


# Reading the answer


@phase
def reading_a_whole_answer(scene: Scene) -> Iterator[Waiting]:
    gate = Gate()
    json = {"Content-Type": "application/json"}
    scene.server.reply("POST", "/api/chat", Send(b'{"message":'), Wait(gate), headers=json)
    api = scene.api()
    yield Waiting(api, api.chat_whole, gate.wait_until_reached, scene.server.wait_for_disconnect)


def reading(scene: Scene, *steps: Any, read: int = 0) -> Iterator[Waiting]:
    gate = Gate()
    scene.server.reply("POST", "/api/chat", Start(), *steps, Wait(gate), headers=NDJSON)
    api = scene.api()
    stream = api.chat_stream()
    for _ in range(read):
        stream.next()
    yield Waiting(api, stream.final, gate.wait_until_reached, scene.server.wait_for_disconnect)
    assert (stream.stream.partial.message.content if stream.stream.partial else "") == "a" * read


@phase
def before_the_first_line(scene: Scene) -> Iterator[Waiting]:
    yield from reading(scene)


@phase
def between_two_lines(scene: Scene) -> Iterator[Waiting]:
    yield from reading(scene, FIRST, read=1)


@phase
def in_the_middle_of_a_line(scene: Scene) -> Iterator[Waiting]:
    yield from reading(scene, Send(b'{"message": {"con'))


@phase
def pulling_a_model(scene: Scene) -> Iterator[Waiting]:
    gate = Gate()
    scene.server.reply("POST", "/api/pull", Send(b'{"status": "pulling manifest"}\n'), Wait(gate), headers=NDJSON)
    api = scene.api()
    stream = api.pull("m", stream=True)
    yield Waiting(api, stream.final, gate.wait_until_reached, scene.server.wait_for_disconnect)


# The outcome


@pytest.fixture
def scene(
    kind: str,
    transport: str,
    server: OllamaServer,
    tmp_path: Path,
    make_api: Callable[..., Api],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Scene]:
    servers: list[RawServer] = []

    def serve(handler: Callable[[Peer], object]) -> RawServer:
        servers.append(RawServer(handler))
        return servers[-1]

    yield Scene(kind, transport, server, serve, tmp_path, make_api, monkeypatch)
    for each in servers:
        each.stop()


@all_transports
@pytest.mark.parametrize("name", list(PHASES))
def test_abort_ends_a_call_in_every_phase(name: str, scene: Scene):
    with PHASES[name](scene) as waiting:
        future = background(waiting.call)
        assert waiting.reached()

        waiting.api.client.abort()

        assert isinstance(future.exception(PATIENCE), AbortError)
        if waiting.closed is not None:
            assert waiting.closed()
        assert len(waiting.api.client._sender.calls) <= 1  # a stream that keeps the pool full is not read yet
        if waiting.usable:
            assert_usable(waiting.api, scene.server)


# What httpx's own transport can be set to


class Wrapped(httpx.BaseTransport):
    """A transport of a user, around httpx's own."""

    def __init__(self) -> None:
        self.inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()


@pytest.mark.parametrize(
    "make",
    [Wrapped, lambda: httpx.HTTPTransport(local_address="127.0.0.1", retries=1)],
    ids=["wrapped", "local address"],
)
@pytest.mark.parametrize("used", [False, True])
def test_a_client_whose_transport_has_settings_or_a_past_is_aborted(
    make: Callable[[], httpx.BaseTransport], used: bool, server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    server.reply("POST", "/api/chat", Never())
    with httpx.Client(transport=make()) as client:
        if used:
            client.get(f"{server.url}/api/version")
        ollama = Ollama(server.url, http_client=client, max_retries=0)
        future = background(lambda: ollama.chat("m", []))
        assert server.wait_for_requests(1 + used)

        ollama.abort()

        assert isinstance(future.exception(PATIENCE), AbortError)
        assert client.get(f"{server.url}/api/version").json() == {"version": "1"}
