"""What single operations do beyond one request and its answer: files, types, tools, errors in streams."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api, LoopThread
from overlay.scripts import HI, both_transports, chat_line, done_line

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    DecodeError,
    Ollama,
    ResponseError,
    ServerBusyError,
    ToolRoundsError,
)
from ollama_sdk.overlay.testing import Json, OllamaServer, answer

RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"
DIGEST = "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
REGISTRY = "http://127.0.0.1:5001/library/rec-b"


def recorded(*names: str) -> OllamaServer:
    return OllamaServer([recording_of(name) for name in names])


def recording_of(name: str) -> Any:
    from ollama_sdk.overlay.testing import Recording

    return Recording.load(RECORDINGS / f"{name}.json")


@pytest.fixture
def replay(kind: str, loop_thread: LoopThread) -> Iterator[Callable[..., Api]]:
    """A client of a server that plays recordings."""
    running: list[tuple[OllamaServer, Api]] = []

    def start(*names: str) -> Api:
        server = recorded(*names).start()
        client = (Ollama if kind == "sync" else AsyncOllama)(server.url, max_retries=0)
        running.append((server, Api(client, loop_thread)))
        return running[-1][1]

    yield start
    for server, api in running:
        api.close()
        server.stop()


# Against recordings


def test_a_streamed_pull_tells_bytes_of_layers(replay: Callable[..., Api]):
    lines = list(replay("pull_stream").pull(REGISTRY, insecure=True, stream=True))
    assert max(line.completed or 0 for line in lines) == 88080384
    assert lines[-1].status == "success"


def test_a_pull_of_a_missing_model_is_an_error_in_the_stream(replay: Callable[..., Api]):
    pieces, error = replay("pull_missing_manifest").pull("nope", stream=True).collect()
    assert [piece.status for piece in pieces] == ["pulling manifest"]
    assert isinstance(error, ResponseError)
    assert "file does not exist" in str(error)


def test_a_push_of_a_missing_model_is_an_error(replay: Callable[..., Api]):
    error = replay("push_missing").push("nope", stream=True).collect()[1]
    assert isinstance(error, ResponseError)


def test_a_model_is_loaded_and_unloaded(replay: Callable[..., Api]):
    assert replay("generate_load_only").load("smollm2:135m").done_reason == "load"
    assert replay("generate_unload").unload("smollm2:135m").done_reason == "unload"


def test_a_blob_is_looked_for(replay: Callable[..., Api]):
    assert replay("blob_head_missing").has_blob("sha256:" + 64 * "0") is False
    present = "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert replay("blob_head_present").has_blob(present) is True


def test_an_account_that_is_not_there_is_told(replay: Callable[..., Api]):
    with pytest.raises(ServerBusyError, match="account unavailable"):
        replay("me_not_signed_in").whoami()
    with pytest.raises(ResponseError, match="error signing out"):
        replay("signout").signout()


# On the wire


def test_signing_out_is_a_success_when_the_server_says_null(api: Api, server: OllamaServer):
    server.reply("POST", "/api/signout", Json(None))
    assert api.signout().status == "success"


@both_transports
def test_an_upload_is_the_file_with_its_length(api: Api, server: OllamaServer, tmp_path: Path):
    data = b"GGUF" + bytes(range(256)) * 20_000
    file = tmp_path / "model.gguf"
    file.write_bytes(data)
    server.reply("POST", "/api/blobs/*", status=201)

    digest = api.create_blob(file)

    assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}"
    (received,) = server.requests
    assert received.path == f"/api/blobs/{digest}"
    assert received.digest == digest
    assert received.headers["content-length"] == str(len(data))
    assert received.headers["content-type"] == "application/octet-stream"


@pytest.mark.usefixtures("waits")
def test_an_interrupted_upload_is_tried_again_from_the_beginning(make_api: Callable[..., Api], server: OllamaServer):
    server.queue("POST", "/api/blobs/*", status=503)
    server.reply("POST", "/api/blobs/*", status=201)
    assert make_api().create_blob(b"hello world") == DIGEST
    assert [received.digest for received in server.requests] == [DIGEST, DIGEST]


def test_create_uploads_only_what_the_server_does_not_have(api: Api, server: OllamaServer, tmp_path: Path):
    for name in ("here.gguf", "missing.gguf"):
        (tmp_path / name).write_bytes(b"GGUF" + name.encode())
    here = "sha256:" + hashlib.sha256(b"GGUFhere.gguf").hexdigest()
    missing = "sha256:" + hashlib.sha256(b"GGUFmissing.gguf").hexdigest()
    server.reply("HEAD", f"/api/blobs/{missing}", status=404)
    server.reply("HEAD", f"/api/blobs/{here}", status=200)
    server.reply("POST", "/api/blobs/*", status=201)
    server.reply("POST", "/api/create", answer("/api/create", stream=False))

    api.create("new", files={"a": tmp_path / "here.gguf", "b": tmp_path / "missing.gguf", "c": DIGEST})

    assert [received.path for received in server.requests if received.method == "POST"] == [
        f"/api/blobs/{missing}",
        "/api/create",
    ]
    assert server.requests[-1].json == {
        "model": "new",
        "stream": False,
        "files": {"a": here, "b": missing, "c": DIGEST},
    }


def test_create_passes_digests_through_as_they_are(api: Api, server: OllamaServer):
    server.reply("POST", "/api/create", Json({"status": "success"}))
    digests = {"a.gguf": "sha256:123", "b.gguf": f"sha256-{'0' * 64}"}

    api.create("mine", files=digests, adapters=digests)

    (sent,) = server.requests
    assert (sent.json["files"], sent.json["adapters"]) == (digests, digests)


def test_create_uploads_with_the_headers_of_the_call(api: Api, server: OllamaServer):
    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", status=201)
    server.reply("POST", "/api/create", answer("/api/create", stream=False))
    api.create("new", files={"a": b"GGUF"}, extra_headers={"x-team": "search"})
    assert [received.headers.get("x-team") for received in server.requests] == ["search"] * 3


def test_create_takes_a_modelfile(api: Api, server: OllamaServer):
    server.reply("POST", "/api/create", answer("/api/create", stream=False))
    api.create("new", modelfile="FROM smollm2\nPARAMETER stop a\nPARAMETER stop b\nSYSTEM hi", system="mine")
    assert server.requests[-1].json == {
        "model": "new",
        "from": "smollm2",
        "parameters": {"stop": ["a", "b"]},
        "system": "mine",
        "stream": False,
    }


# Types and tools


@dataclass
class City:
    name: str
    people: int


def test_a_type_as_format_gives_an_object(api: Api, server: OllamaServer):
    pytest.importorskip("msgspec", reason="pydantic, which does its work then, writes titles into the schema")
    server.reply("POST", "/api/chat", answer("/api/chat", ['{"name":"Paris",', '"people":2}'], stream=False))
    assert api.chat("m", HI, format=City).parsed == City("Paris", 2)
    assert server.requests[0].json["format"]["properties"]["people"] == {"type": "integer"}


def test_a_type_as_format_gives_an_object_at_the_end_of_a_stream(api: Api, server: OllamaServer):
    server.reply("POST", "/api/generate", answer("/api/generate", ['{"name":"Paris",', '"people":2}']))
    assert api.generate("m", "?", format=City, stream=True).final().parsed == City("Paris", 2)


def test_a_thinking_model_gives_its_object_beside_its_thoughts(api: Api, server: OllamaServer):
    thoughts = [
        chat_line("", message={"role": "assistant", "content": "", "thinking": text}) for text in ("I ", "think.")
    ]
    server.reply("POST", "/api/chat", *thoughts, chat_line('{"name":"Paris",'), chat_line('"people":2}'), done_line())
    final = api.chat("m", HI, format=City, think=True, stream=True).final()
    assert final.message.thinking == "I think."
    assert final.parsed == City("Paris", 2)


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_as_format_gives_decoded_json(api: Api, server: OllamaServer, stream: bool):
    server.reply("POST", "/api/chat", answer("/api/chat", ['{"a":', "[1]}"], stream=stream))
    result = api.chat("m", HI, format={"type": "object"}, stream=stream)
    assert (result.final() if stream else result).parsed == {"a": [1]}


def test_an_answer_at_the_end_of_a_stream_that_does_not_obey_is_told(api: Api, server: OllamaServer):
    cut = chat_line("", done=True, done_reason="length")
    server.reply("POST", "/api/chat", chat_line('{"name":"Par'), cut)
    response = api.chat("m", HI, format=City, stream=True).final()
    with pytest.raises(DecodeError, match=r"is not City: it is not JSON.*cut off at the length limit") as caught:
        _ = response.parsed
    assert caught.value.partial is response


def test_an_answer_that_does_not_obey_its_type_is_told_with_its_text(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat", ['{"name":"Paris"}'], stream=False))
    response = api.chat("m", HI, format=City)
    with pytest.raises(DecodeError, match="people") as caught:
        _ = response.parsed
    assert caught.value.body == b'{"name":"Paris"}'


def asks_for(name: str, **arguments: object) -> Json:
    message = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "1", "function": {"name": name, "arguments": arguments}}],
    }
    return Json({"model": "m", "message": message, "done": True, "done_reason": "stop"})


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_run_tools_calls_functions_until_the_model_is_done(api: Api, server: OllamaServer):
    server.queue("POST", "/api/chat", asks_for("add", a=1, b="2"))
    server.queue("POST", "/api/chat", answer("/api/chat", ["3"], stream=False))

    response = api.run_tools("m", HI, tools=[add])

    assert response.message.content == "3"
    assert [message["role"] for message in response.messages] == ["user", "assistant", "tool", "assistant"]
    sent = json.loads(server.requests[1].body)["messages"][-1]
    assert sent == {"role": "tool", "content": "3", "tool_name": "add", "tool_call_id": "1"}


def test_run_tools_stops_after_the_last_round(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", asks_for("add", a=1, b=2))
    with pytest.raises(ToolRoundsError, match="max_rounds"):
        api.run_tools("m", HI, tools=[add], max_rounds=2)
    assert len(server.requests) == 3


def test_run_tools_is_aborted_between_two_requests(api: Api, server: OllamaServer):
    def abort() -> str:
        api.client.abort()
        return "done"

    server.reply("POST", "/api/chat", asks_for("abort"))
    with pytest.raises(AbortError):
        api.run_tools("m", HI, tools=[abort])
    assert len(server.requests) == 1
