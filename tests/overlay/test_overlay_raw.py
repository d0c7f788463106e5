"""`with_raw_response`: status, headers and bytes of every operation, beside what the plain call returns."""

from __future__ import annotations

import ast
import copy
import gzip
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from overlay.callers import Api, Pieces, background
from overlay.scripts import HI, TEXT, both_transports

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    AsyncStream,
    IncompleteStreamError,
    NotFoundError,
    Ollama,
    RawResponse,
    Stream,
)
from ollama_sdk.overlay._clients._async.raw import AsyncRawOperations
from ollama_sdk.overlay._clients._sync.raw import RawOperations
from ollama_sdk.overlay.testing import Cut, Gate, Json, OllamaServer, Received, Reply, Send, Wait, answer

DIGEST = "sha256:" + "0" * 64
CALLS: dict[str, tuple[Any, ...]] = {
    "chat": ("m", HI),
    "copy": ("a", "b"),
    "create": ("m",),
    "create_blob": (b"GGUF",),
    "delete": ("m",),
    "embed": ("m", "x"),
    "embeddings": ("m", "x"),
    "generate": ("m", "x"),
    "has_blob": (DIGEST,),
    "has_model": ("m",),
    "list": (),
    "load": ("m",),
    "model_recommendations": (),
    "ps": (),
    "pull": ("m",),
    "push": ("m",),
    "run_tools": ("m", HI),
    "show": ("m",),
    "signout": (),
    "status": (),
    "systemone": ("m", "state", {"down": {"type": "noul", "instructions": "Is it down?"}}),
    "unload": ("m",),
    "version": (),
    "whoami": (),
}
"""How each operation of the client's own host is called; `CLOUD` has the others."""
MORE: dict[str, dict[str, Any]] = {"create": {"from_": "x"}, "run_tools": {"tools": [len]}}
CLOUD = {"web_fetch", "web_search"}


def call_raw(api: Api, name: str, *arguments: Any, **keywords: Any) -> RawResponse[Any]:
    result: RawResponse[Any] = api.wait_for(getattr(api.client.with_raw_response, name)(*arguments, **keywords))
    return result


@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
def test_every_operation_is_there_and_nothing_else(kind: type[Ollama]):
    operations = kind().with_raw_response

    assert set(dir(operations)) == set(CALLS) | CLOUD
    for name in ("is_running", "abort", "with_options", "base_url", "_call", "no_such_thing"):
        with pytest.raises(AttributeError, match=name):
            getattr(operations, name)
    assert operations.chat.__doc__ == kind.chat.__doc__


@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda raw: pickle.loads(pickle.dumps(raw))])
def test_the_operations_can_be_copied_and_sent_to_another_process(
    kind: type[Ollama], again: Callable[[object], object]
):
    raw = kind("models.lan").with_raw_response
    assert repr(again(raw)) == repr(raw)


@pytest.mark.parametrize("kind", [RawOperations, AsyncRawOperations])
def test_type_checkers_see_every_operation(kind: type):
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    (block,) = (node for node in definition.body if isinstance(node, ast.If))
    targets = [node.targets[0] if isinstance(node, ast.Assign) else node.target for node in block.body]  # type: ignore[attr-defined]  # else the test fails
    assert {target.id for target in targets} - {"_sync", "_async"} == set(CALLS) | CLOUD  # type: ignore[attr-defined]  # else the test fails


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_gives_status_headers_and_bytes(make_api: Callable[..., Api], server: OllamaServer, name: str):
    body = b'{"message":{"role":"assistant","content":"a"},"status":"success","done":true,"embeddings":[[1]]}'
    server.reply("*", "*", Send(body), headers={"X-Id": "7"}, status=200)
    api = make_api(max_retries=0)

    raw = call_raw(api, name, *CALLS[name], **MORE.get(name, {}))

    assert (raw.status_code, raw.headers["x-id"]) == (200, "7")
    assert raw.content == (b"" if name == "has_blob" else body)
    assert raw.http_response.request.url.path == server.requests[-1].path
    assert raw.parse() == getattr(api, name)(*CALLS[name], **MORE.get(name, {}))
    assert repr(raw).startswith("RawResponse(<200 from http://127.0.0.1")


@both_transports
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_stream_has_the_bytes_that_were_read_so_far(api: Api, server: OllamaServer, encoding: str):
    body = b"".join(step.content() for step in answer("/api/chat").steps)
    wire = gzip.compress(body) if encoding == "gzip" else body
    server.reply("POST", "/api/chat", Send(wire), headers={"Content-Encoding": encoding, "X-Id": "7"})

    raw = call_raw(api, "chat", "m", HI, stream=True)
    before = raw.content
    stream = raw.parse()

    assert isinstance(stream, Stream | AsyncStream)
    assert (before, raw.headers["x-id"], raw.status_code) == (b"", "7", 200)
    assert Pieces(stream, api).final().message.content == TEXT
    assert raw.content == body


@both_transports
def test_a_stream_of_tools_has_the_bytes_of_its_first_round(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    raw = call_raw(api, "run_tools", "m", HI, tools=[len], stream=True)
    assert raw.content == b""
    assert Pieces(raw.parse(), api).final().message.content == TEXT
    assert raw.content.count(b"\n") == len(raw.content.splitlines()) > 1


def test_a_stream_that_is_cut_has_the_bytes_that_came(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Send(b'{"message":{"content":"a"}}\n{"mess'), Cut())
    raw = call_raw(api, "chat", "m", HI, stream=True)

    with pytest.raises(IncompleteStreamError):
        Pieces(raw.parse(), api).final()

    assert raw.content == b'{"message":{"content":"a"}}\n{"mess'


@both_transports
def test_a_raw_stream_is_aborted_and_closed_like_any_other(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Send(b'{"message":{"content":"a"}}\n'), Wait(gate))
    raw = call_raw(api, "chat", "m", HI, stream=True)
    reading = background(Pieces(raw.parse(), api).final)
    assert gate.wait_until_reached()

    api.client.abort()

    assert isinstance(reading.exception(60), AbortError)
    assert server.wait_for_disconnect()
    call_raw(api, "chat", "m", HI, stream=True).parse().abort()
    assert server.wait_for_disconnect(count=2)


def test_an_error_is_raised_as_by_the_plain_call(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "gone"}), status=404)

    with pytest.raises(NotFoundError, match="gone"):
        call_raw(api, "chat", "m", HI)


def test_a_call_of_several_requests_has_the_response_of_the_last(make_api: Callable[..., Api], server: OllamaServer):
    server.queue("GET", "/api/version", Json({"error": "busy"}), status=503, headers={"Retry-After": "0"})
    server.queue("GET", "/api/version", Reply(status=307, headers={"Location": "/moved"}))
    server.reply("GET", "/moved", Json({"version": "1"}))
    server.reply("HEAD", "/api/blobs/*", Reply(status=404))

    assert call_raw(make_api(), "version").content == b'{"version":"1"}'
    missing = call_raw(make_api(), "has_blob", DIGEST)
    assert (missing.status_code, missing.parse()) == (404, False)


def test_the_hooks_and_headers_of_the_client_stay(make_api: Callable[..., Api], server: OllamaServer):
    statuses: list[int] = []
    server.reply("GET", "/api/version", lambda received: version_for(received))
    api = make_api(
        headers={"X-Key": "abc"}, event_hooks={"response": [lambda response: statuses.append(response.status_code)]}
    )

    assert call_raw(api, "version").parse().version == "abc"
    assert call_raw(api, "version", extra_headers={"X-Key": "d"}).parse().version == "d"
    assert api.version().version == "abc"
    assert statuses == [200] * 3


def version_for(received: Received) -> Reply:
    return Reply(Json({"version": received.headers["x-key"]}))
