"""`make contract` finds what a server answers and the description does not allow, and changes nothing unasked."""

from __future__ import annotations

import copy
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maintenance.description import ROOT, description
from ollama_sdk.overlay.testing import Json, Line, OllamaServer, Raw, Received, Send, load_recordings

pytest.importorskip("schemathesis", reason="schemathesis of the group contract is not installed")
from maintenance.contract import BLOB, COPIED, CREATED, main  # it imports schemathesis

RECORDED = load_recordings(ROOT / "tests" / "data" / "recordings")
ANSWER = {"model": "m", "created_at": "2026-11-23T14:14:39Z", "message": {"role": "assistant", "content": "Hi"}}
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    """A server that answers as a real one did."""
    with OllamaServer(RECORDED) as running:
        yield running


@pytest.fixture
def check(server: OllamaServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command for a few operations, and give its status and what it prints; no document means ours."""

    def run(*arguments: str, document: dict[str, Any] | None = None, paths: str = "", url: str = "") -> tuple[int, str]:
        document = copy.copy(document or description().document)
        document["paths"] = {path: document["paths"][path] for path in paths.split() or document["paths"]}
        file = tmp_path / "openapi.yaml"
        file.write_text(json.dumps(document, default=str), encoding="utf-8")
        status = main(["--host", url or server.url, "--description", str(file), *(arguments or ["--generated", "0"])])
        return status, capsys.readouterr().out

    return run


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(description().document)
    edit(document["components"]["schemas"])
    return document


def of_wrong_type(schemas: dict[str, Any]) -> None:
    schemas["ListModelResponse"]["properties"]["size"]["type"] = "string"


def not_there(schemas: dict[str, Any]) -> None:
    del schemas["ListModelResponse"]["properties"]["digest"]
    schemas["ListModelResponse"]["required"].remove("digest")


def of_wrong_name(schemas: dict[str, Any]) -> None:
    schemas["VersionResponse"]["properties"]["release"] = schemas["VersionResponse"]["properties"].pop("version")
    schemas["VersionResponse"]["required"] = ["release"]


@pytest.mark.parametrize(
    ("edit", "operation", "said"),
    [
        (of_wrong_type, "GET /api/tags", 'is not of type "string"'),
        (not_there, "GET /api/tags", "'digest' was unexpected"),
        (of_wrong_name, "GET /api/version", '"release" is a required property'),
    ],
)
def test_a_wrong_field_of_the_description_is_caught(check: Run, edit: Any, operation: str, said: str) -> None:
    status, told = check(document=edited(edit), paths="/api/tags /api/version /api/ps")
    assert status == 1
    assert f" {operation} " in told
    assert said in told
    assert told.count("Reproduce with") == 1, "it is the only operation"


LINE, LAST = Line({**ANSWER, "done": False}), Line({**ANSWER, "done": True})
WRONG = {
    "a line of a stream has another field": (
        [Line({**ANSWER, "done": False, "surprise": 1}), LAST],
        "'surprise' was unexpected",
    ),
    "a stream ends without its last line": ([LINE], "the stream ends without a line whose done is true"),
    "an answer is of no type": ([Send(b"1.0")], "Missing Content-Type header"),
    "an answer breaks off": ([Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")], "Network Error"),
}


@pytest.mark.parametrize(("answer", "said"), WRONG.values(), ids=WRONG)
def test_an_answer_that_is_not_described_is_a_failure(
    server: OllamaServer, check: Run, answer: list[Any], said: str
) -> None:
    server.reply("POST", "/api/chat", *answer)
    status, told = check(paths="/api/chat")
    assert status == 1
    assert said in told


def test_a_status_and_a_body_that_are_not_described_are_failures(server: OllamaServer, check: Run) -> None:
    server.reply("GET", "/api/version", Json({"version": "1"}), status=418)
    server.reply("POST", "/api/copy", Json({"status": "success"}))
    status, told = check("--write", "--generated", "0", paths="/api/version /api/copy")
    assert status == 1
    assert "Received: 418" in told
    assert "200 has a body, and none is described" in told


def test_an_error_line_may_end_a_stream(server: OllamaServer, check: Run) -> None:
    server.reply("POST", "/api/chat", LINE, Line({"error": "out of memory"}))
    assert check(paths="/api/chat")[0] == 0


def test_what_a_server_does_not_have_is_no_failure(check: Run) -> None:
    with OllamaServer() as empty:
        status, told = check(url=empty.url)
    assert status == 0
    assert "dropped by `filter_failure`" in told


def changed(server: OllamaServer) -> list[Received]:
    """The requests that may have changed something."""
    nodes = {(one.method.upper(), one.path): one.node for one in description().operations}
    asked = [received for received in server.requests if received.method not in ("GET", "HEAD")]
    return [received for received in asked if not nodes.get((received.method, received.path), {}).get("x-safe")]


def test_nothing_is_changed_unasked_and_the_model_is_one_of_the_server_that_writes_little(
    server: OllamaServer, check: Run
) -> None:
    status, told = check("--generated", "4")
    assert status == 0
    assert "Fuzzing" in told
    assert changed(server) == []
    asked = [received.body for received in server.requests if received.path in ("/api/chat", "/api/generate")]
    assert len(set(asked)) > 8
    examples = [json.loads(body) for body in asked[:8]]
    models = json.loads(next(one for one in RECORDED if one.name == "tags_get").body)["models"]
    assert {body["model"] for body in examples} <= {model["name"] for model in models}
    assert all(body["options"]["num_predict"] <= 8 for body in examples if body.get("prompt") or body.get("messages"))


def test_when_writing_what_it_makes_has_names_of_its_own_and_is_deleted(server: OllamaServer, check: Run) -> None:
    assert check("--write", "--model", "mine", "--generated", "0")[0] == 0
    sent = [(received.path, received.json) for received in changed(server) if "/blobs/" not in received.path]
    named = {(path, body["model"]) for path, body in sent if isinstance(body, dict) and "model" in body}
    assert {model for path, model in named if path == "/api/create"} == {CREATED}
    assert {model for path, model in named if path == "/api/delete"} == {CREATED, COPIED}
    assert {body["destination"] for path, body in sent if path == "/api/copy"} == {COPIED}
    assert {model for path, model in named if path in ("/api/pull", "/api/push")} & {"mine"} == set()
    assert sent[-1][0] == "/api/delete"
    assert "/api/signout" not in {path for path, _ in sent}, "a server that is signed in stays so"
    assert BLOB.encode() in [received.body for received in server.requests]


def test_a_server_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:  # and does not listen
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert main(["--host", f"127.0.0.1:{port}"]) == 2
    assert f"127.0.0.1:{port} does not answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openapi: [", "cannot be read"),
        ("paths: {}", "is not an OpenAPI 3 document"),
        ("{openapi: 3.1.0, components: 5}", "is not written as in OpenAPI"),
        ("{openapi: 3.1.0, paths: {/api/tags: 5}}", "/api/tags is not written as in OpenAPI"),
        ("{openapi: 3.1.0, paths: {/api/tags: {get: 5}}}", "/api/tags is not written as in OpenAPI"),
        ("{openapi: 3.1.0, paths: {/api/tags: {$ref: '#/no'}}}", "the reference #/no leads nowhere"),
    ],
)
def test_a_malformed_description_is_said_in_one_line(
    server: OllamaServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["--host", server.url, "--description", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("contract: ")
    assert said in line


def test_the_embedded_model_answers_as_described(ollama_model_server: OllamaServer, check: Run) -> None:
    document = copy.deepcopy(description().document)
    for path in ("/api/chat", "/api/generate"):  # one example each, since it is a real model
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        body["examples"] = {"plain": body["examples"]["plain"]}
    status, told = check(document=document, url=ollama_model_server.url)
    assert status == 0, told
    asked = [received.json.get("stream", True) for received in ollama_model_server.requests if "chat" in received.path]
    assert sorted(asked) == [False, True]
