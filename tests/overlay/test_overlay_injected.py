"""Other connections than our own: of httpx without httptools, injected ones, and generated endpoint functions."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from overlay.callers import Api, LoopThread
from overlay.scripts import both_transports
from transport.raw_server import Peer, RawServer, reply

import ollama_sdk.overlay as sdk
from ollama_sdk.generated.api.server import get_version
from ollama_sdk.overlay import ConnectError, NotFoundError
from ollama_sdk.overlay._httpcore.transports import HttpxTransport, LoopTransports
from ollama_sdk.overlay.testing import Json, OllamaServer, Reply, answer

# Without httptools


def test_without_httptools_calls_go_over_the_transport_of_httpx(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "httptools", None)
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    api = make_api()

    assert api.chat_whole().done

    (route,) = api.client._sender._routes.values()
    assert isinstance(route._transport, HttpxTransport | LoopTransports)


# Injected httpx clients


@pytest.fixture
def http_client(kind: str, loop_thread: LoopThread) -> Any:
    made: Any = (httpx.Client if kind == "sync" else httpx.AsyncClient)(headers={"X-Mine": "1"}, trust_env=False)
    yield made
    if isinstance(made, httpx.Client):
        made.close()
    else:
        loop_thread.run(made.aclose())


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of the machine")
@pytest.mark.parametrize("loop", ["", "asyncio", "trio"])
def test_an_injected_transport_connects_from_its_own_address(loop: str):
    seen: list[str] = []

    def handler(peer: Peer) -> None:
        seen.append(peer.sock.getpeername()[0])
        peer.read_request()
        peer.send(reply(b'{"version":"1"}'))

    server = RawServer(handler)

    async def ask() -> str:
        transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with sdk.AsyncOllama(server.url, transport=transport) as client:
            return (await client.version()).version

    if loop == "trio":
        told = pytest.importorskip("trio").run(ask)
    elif loop:
        told = asyncio.run(ask())
    else:
        with sdk.Ollama(server.url, transport=httpx.HTTPTransport(local_address="127.0.0.2")) as client:
            told = client.version().version
    assert (told, seen) == ("1", ["127.0.0.2"])
    server.stop()


def test_an_injected_client_carries_the_calls_with_its_own_headers(
    make_api: Callable[..., Api], server: OllamaServer, http_client: Any
):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    make_api(http_client=http_client).chat_whole()

    headers = server.requests[0].headers
    assert headers["x-mine"] == "1"
    assert headers.get_all("content-type") == ["application/json"]
    assert headers.get_all("accept") == ["application/json"]
    assert headers["user-agent"].startswith("ollama-sdk/")


@pytest.mark.parametrize("call", ["version", "show", "whoami", "is_running"])
def test_an_injected_client_does_not_say_what_a_call_sends_and_takes(
    make_api: Callable[..., Api], server: OllamaServer, http_client: Any, call: str
):
    server.reply("*", "*", Json({"version": "1"}))
    http_client.headers.update({"Content-Type": "text/plain", "Accept": "text/html"})

    getattr(make_api(http_client=http_client), call)(*(["m"] if call == "show" else []))

    headers = server.requests[0].headers
    assert headers.get_all("content-type") == ["application/json"]
    assert headers.get_all("accept") == ["application/json"]


def test_an_injected_client_stays_open_when_ours_is_closed(
    make_api: Callable[..., Api], server: OllamaServer, http_client: Any
):
    make_api(http_client=http_client).close()

    assert not http_client.is_closed
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert make_api(http_client=http_client).version().version == "1"


def test_the_hooks_of_an_injected_client_are_called(make_api: Callable[..., Api], server: OllamaServer, kind: str):
    seen: list[str] = []

    def hook(thing: Any) -> None:
        seen.append(type(thing).__name__)

    async def hook_async(thing: Any) -> None:
        hook(thing)

    chosen: Any = hook if kind == "sync" else hook_async
    hooks: Any = {"request": [chosen], "response": [chosen]}
    server.reply("POST", "/api/chat", answer("/api/chat"))
    mine: Any = (httpx.Client if kind == "sync" else httpx.AsyncClient)(event_hooks=hooks, trust_env=False)
    api = make_api(http_client=mine)

    assert api.chat_stream().final().done

    assert seen == ["Request", "Response"]
    api.wait_for(mine.close() if kind == "sync" else mine.aclose())


def test_an_injected_client_that_follows_redirects_does_not_do_so_for_a_post(
    make_api: Callable[..., Api], server: OllamaServer, kind: str
):
    mine: Any = (httpx.Client if kind == "sync" else httpx.AsyncClient)(follow_redirects=True, trust_env=False)
    server.reply("POST", "/api/chat", Reply(status=302, headers={"Location": "/moved"}))
    api = make_api(http_client=mine)

    with pytest.raises(sdk.ResponseError, match="302"):
        api.chat_whole()
    assert [request.method for request in server.requests] == ["POST"]
    api.wait_for(mine.close() if kind == "sync" else mine.aclose())


def test_an_injected_transport_carries_streams(make_api: Callable[..., Api], kind: str):
    lines = b'{"message":{"content":"a"},"done":false}\n{"message":{"content":"b"},"done":true}\n'

    def respond(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=lines)

    async def respond_async(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=lines)

    api = make_api(transport=httpx.MockTransport(respond if kind == "sync" else respond_async))

    assert api.chat_stream().texts() == ["a", "b"]


# Generated endpoint functions


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix domain sockets")
@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "unused"])
def test_a_unix_socket_that_cannot_be_connected_to_is_named(
    make_api: Callable[..., Api],
    kind: str,
    library: str,
    exists: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.chdir(tmp_path)  # a whole path may be longer than the hundred bytes that a system takes
    name = "HTTPTransport" if kind == "sync" else "AsyncHTTPTransport"
    transport = getattr(import_module(library), name)(uds="o.sock")
    api = make_api("http://localhost", max_retries=0, transport=transport)
    with socket.socket(socket.AF_UNIX) as bound:
        if exists:
            bound.bind("o.sock")
        with pytest.raises(ConnectError, match=r"^cannot connect to the socket o\.sock \("):
            api.version()


@both_transports
def test_a_generated_function_goes_through_the_client(make_api: Callable[..., Api], server: OllamaServer, kind: str):
    server.reply("GET", "/behind/api/version", Json({"version": "1"}))
    api = make_api(f"{server.url}/behind", api_key="abc", headers={"X-One": "1"})
    client = api.client.generated

    version = get_version.sync(client=client) if kind == "sync" else api.run(get_version.asyncio(client=client))

    assert version is not None
    assert version.version == "1"
    assert server.requests[0].headers["authorization"] == "Bearer abc"
    assert server.requests[0].headers["x-one"] == "1"


def test_a_generated_function_raises_the_errors_of_the_client(api: Api, kind: str):
    client = api.client.generated

    with pytest.raises(NotFoundError):  # noqa: PT012  # one of the two
        if kind == "sync":
            get_version.sync(client=client)
        else:
            api.run(get_version.asyncio(client=client))
