"""Clients, transports and limits of httpx2 given to ours: calls, errors, aborts, and what a client of httpx2 adds."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from overlay.callers import PATIENCE, Api, LoopThread, background, comes_true, tls_context

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    ConnectError,
    DecodeError,
    IncompleteStreamError,
    NotFoundError,
    Ollama,
    OllamaTimeoutError,
    RequestError,
)
from ollama_sdk.overlay.testing import Cut, Gate, Json, Line, Never, OllamaServer, Reply, Send, Wait, answer

httpx2 = pytest.importorskip("httpx2")

FIRST = Line({"model": "m", "message": {"role": "assistant", "content": "a"}, "done": False})


@pytest.fixture
def make_client(kind: str, loop_thread: LoopThread) -> Iterator[Callable[..., Any]]:
    """Make clients of httpx2, which are closed at the end."""
    made: list[Any] = []

    def make(**settings: Any) -> Any:
        settings.setdefault("verify", tls_context())
        made.append((httpx2.Client if kind == "sync" else httpx2.AsyncClient)(trust_env=False, **settings))
        return made[-1]

    yield make
    for client in made:
        client.close() if kind == "sync" else loop_thread.run(client.aclose())


@pytest.fixture(params=["client", "transport"])
def api2(
    request: pytest.FixtureRequest, make_api: Callable[..., Api], make_client: Callable[..., Any], kind: str
) -> Callable[..., Api]:
    """Make clients of ours over a client or a transport of httpx2."""

    def make(host: str | None = None, **settings: Any) -> Api:
        if request.param == "client":
            settings["http_client"] = make_client()
        else:
            settings["transport"] = httpx2.HTTPTransport() if kind == "sync" else httpx2.AsyncHTTPTransport()
        return make_api(host, **{"max_retries": 0, **settings})

    return make


def test_answers_and_streams_are_read(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", lambda received: answer("/api/chat", stream=received.json["stream"]))
    api = api2()
    whole = api.chat_whole()
    pieces = api.chat_stream()
    assert "".join(pieces.texts()) == whole.message.content
    assert pieces.final().done
    assert server.open_connections == 1  # the first one was used again


def test_a_compressed_answer_is_read(api2: Callable[..., Api], server: OllamaServer):
    body = gzip.compress(b'{"version":"1"}')
    server.reply("GET", "/api/version", Reply(Send(body), headers={"Content-Encoding": "gzip"}))
    assert api2().version().version == "1"


def test_a_file_is_uploaded(api2: Callable[..., Api], server: OllamaServer):
    server.reply("HEAD", "*", Reply(status=404))
    server.reply("POST", "*", Reply(status=201))
    data = bytes(range(256)) * 5000
    digest = api2().create_blob(data)
    assert server.requests[-1].body == data
    assert server.requests[-1].path == f"/api/blobs/{digest}"


def test_an_error_of_the_server_is_ours(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "model 'm' not found"}), status=404)
    with pytest.raises(NotFoundError, match="model 'm' not found"):
        api2().chat_whole()


def test_nobody_listening_is_a_connect_error(api2: Callable[..., Api], unused_port: int):
    with pytest.raises(ConnectError, match=f"127.0.0.1:{unused_port}"):
        api2(f"127.0.0.1:{unused_port}").version()


def test_a_limit_is_a_timeout_error(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", Never())
    with pytest.raises(OllamaTimeoutError) as caught:
        api2().chat_whole(timeout=httpx2.Timeout(30, read=0.05))
    assert (caught.value.phase, caught.value.limit) == ("read", 0.05)


def test_a_stream_that_is_cut_is_incomplete(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Cut())
    pieces, error = api2().chat_stream().collect()
    assert [piece.message.content for piece in pieces] == ["a"]
    assert isinstance(error, IncompleteStreamError)


def test_a_body_that_cannot_be_decompressed_is_a_decode_error(api2: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Reply(Send(b"no gzip"), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(DecodeError, match="decompressed"):
        api2().version()


def test_a_failed_connection_is_retried(api2: Callable[..., Api], server: OllamaServer, waits: list[float]):
    server.queue("GET", "/api/version", Cut())
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert api2(max_retries=1).version().version == "1"
    assert len(waits) == 1


def test_an_abort_ends_the_wait_for_an_answer(api2: Callable[..., Api], server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate), Json({"done": True}))
    api = api2()
    call = background(api.chat_whole)
    assert gate.wait_until_reached()
    api.client.abort()
    with pytest.raises(AbortError):
        call.result(PATIENCE)
    assert server.wait_for_disconnect()


def test_an_abort_ends_the_reading_of_a_stream(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    api = api2()
    pieces = api.chat_stream()
    assert pieces.next().message.content == "a"
    call = background(pieces.next)
    api.client.abort()
    with pytest.raises(AbortError) as caught:
        call.result(PATIENCE)
    assert caught.value.partial.message.content == "a"
    assert server.wait_for_disconnect()


def test_an_abort_ends_the_wait_for_a_free_connection(
    make_api: Callable[..., Api], make_client: Callable[..., Any], server: OllamaServer
):
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate), Json({"done": True}))
    api = make_api(http_client=make_client(limits=httpx2.Limits(max_connections=1)), max_retries=0)
    calls = [background(api.chat_whole)]
    assert gate.wait_until_reached()
    calls.append(background(api.chat_whole))
    assert comes_true(lambda: len(api.client._sender.calls) == 2)
    api.client.abort()
    for call in calls:
        with pytest.raises(AbortError):
            call.result(PATIENCE)


def test_a_stream_that_is_left_closes_its_connection(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    api2().chat_stream().leave_with_block()
    assert server.wait_for_disconnect()


# What a client of httpx2 adds


def test_a_client_adds_its_headers_cookies_and_authentication_to_its_own_host_only(
    make_api: Callable[..., Api], make_client: Callable[..., Any], server: OllamaServer
):
    client = make_client(headers={"X-Mine": "1"}, cookies={"c": "2"}, auth=("user", "word"))
    with OllamaServer() as other:
        other.reply("GET", "/api/version", Json({"version": "1"}))
        server.reply("GET", "/api/version", Reply(status=307, headers={"Location": f"{other.url}/api/version"}))
        assert make_api(http_client=client).version().version == "1"
        own, foreign = server.requests[0].headers, other.requests[0].headers
    assert (own["x-mine"], own["cookie"], own["authorization"][:6]) == ("1", "c=2", "Basic ")
    assert not {"x-mine", "cookie", "authorization"} & {name.lower() for name in foreign}
    assert own["user-agent"].startswith("ollama-sdk/")
    assert own.get_all("content-type") == ["application/json"]


def test_the_hooks_of_both_clients_are_called(
    make_api: Callable[..., Api], make_client: Callable[..., Any], server: OllamaServer, kind: str
):
    server.reply("POST", "/api/chat", lambda _: answer("/api/chat"))
    seen: list[str] = []

    def see(thing: Any) -> None:
        seen.append(f"{type(thing).__module__}.{type(thing).__name__}")

    async def see_and_read(thing: Any) -> None:
        see(thing)
        await thing.aread()

    def see_and_read_sync(thing: Any) -> None:
        see(thing)
        thing.read()

    theirs = see_and_read_sync if kind == "sync" else see_and_read
    client = make_client(event_hooks={"request": [theirs], "response": [theirs]})
    api = make_api(http_client=client, event_hooks={"request": [see], "response": [see]})
    assert api.chat_stream().final().done
    assert seen == ["httpx.Request", "httpx2.Request", "httpx2.Response", "httpx.Response"]


def test_a_client_stays_open_and_can_be_shared(
    make_api: Callable[..., Api], make_client: Callable[..., Any], server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = make_client()
    make_api(http_client=client).close()
    assert not client.is_closed
    assert make_api(http_client=client).version().version == "1"


def test_a_client_that_is_closed_is_a_request_error(make_api: Callable[..., Api], make_client: Callable[..., Any]):
    client = make_client()
    api = make_api(http_client=client, max_retries=0)
    api.wait_for(client.close() if hasattr(client, "close") else client.aclose())
    with pytest.raises(RequestError, match="client is closed"):
        api.version()


def test_a_raw_response_has_the_bytes(api2: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", lambda _: answer("/api/chat"))
    api = api2()
    raw = api.wait_for(api.client.with_raw_response.chat("m", [{"role": "user", "content": "Hi"}], stream=True))
    assert raw.status_code == 200
    assert api.wait_for(raw.parse().final()).done
    assert raw.content.count(b"\n") > 1


@pytest.mark.parametrize(
    ("client", "arguments"),
    [
        (Ollama, {"http_client": httpx2.AsyncClient()}),
        (AsyncOllama, {"http_client": httpx2.Client()}),
        (Ollama, {"transport": httpx2.AsyncHTTPTransport()}),
        (AsyncOllama, {"transport": httpx2.HTTPTransport()}),
    ],
)
def test_an_object_of_the_other_kind_is_refused(client: Any, arguments: dict[str, Any]):
    with pytest.raises(RequestError, match=rf"^{next(iter(arguments))} must be an httpx\."):
        client(**arguments)


def test_a_program_in_which_httpx_is_httpx2_works(server: OllamaServer):
    server.reply("POST", "/api/chat", lambda received: answer("/api/chat", stream=received.json["stream"]))
    program = f"""
import asyncio, httpx2
httpx2.alias_httpx()
from ollama_sdk.overlay import AsyncOllama, Ollama
hi = [{{"role": "user", "content": "Hi"}}]
for settings in ({{}}, {{"http_client": httpx2.Client()}}, {{"transport": httpx2.HTTPTransport()}}):
    client = Ollama({server.url!r}, **settings)
    assert client.chat("m", hi).done and client.chat("m", hi, stream=True).final().done
async def main():
    for settings in ({{}}, {{"http_client": httpx2.AsyncClient()}}, {{"transport": httpx2.AsyncHTTPTransport()}}):
        async with AsyncOllama({server.url!r}, **settings) as client:
            assert (await client.chat("m", hi)).done
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_httpx2_is_not_imported_unless_it_is_given():
    program = (
        "import sys, ollama_sdk.overlay as o; o.Ollama(timeout=5); o.AsyncOllama(); assert 'httpx2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
