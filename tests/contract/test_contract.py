"""`make contract` finds what a server answers and the description does not allow, and changes nothing unasked."""

from __future__ import annotations

import copy
import importlib.util
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from maintenance.contract.__main__ import Result, call_operations, main
from maintenance.contract.calls import COPIED, CREATED, is_safe
from maintenance.description import ROOT, Description, description
from ollama_sdk.overlay.testing import Json, Line, OllamaServer, Raw, Send, load_recordings

RECORDED = load_recordings(ROOT / "tests" / "data" / "recordings")
ANSWER = {"model": "m", "created_at": "2026-11-23T14:14:39Z", "message": {"role": "assistant", "content": "Hi"}}

needs_schemathesis = pytest.mark.skipif(
    importlib.util.find_spec("schemathesis") is None, reason="schemathesis of the group contract is not installed"
)


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    """A server that answers as a real one did."""
    with OllamaServer(RECORDED) as running:
        yield running


def check(server: OllamaServer, document: dict[str, Any] | None = None, **settings: Any) -> dict[str, Result]:
    described = Description(document) if document else description()
    results = call_operations(described, server.url, **{"generated": 0, **settings})
    return {result.operation: result for result in results}


def wrong(results: dict[str, Result]) -> dict[str, list[str]]:
    return {name: list(result.problems) for name, result in results.items() if result.problems}


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


def test_a_server_that_answers_as_recorded_answers_as_described(server: OllamaServer) -> None:
    results = check(server, write=True)
    assert wrong(results) == {}
    assert {name for name, result in results.items() if not result.statuses} == {
        "DELETE /api/user/keys/{encodedKey}",
        "POST /api/blobs/{digest}",
        "POST /api/signout",
        "POST /api/web_fetch",
        "POST /api/web_search",
        "POST /v1/systemone",
    }, "these were not recorded, or with another digest"


@pytest.mark.parametrize(
    ("edit", "operation", "said"),
    [
        (of_wrong_type, "GET /api/tags", "'string'"),
        (not_there, "GET /api/tags", "'digest' was unexpected"),
        (of_wrong_name, "GET /api/version", "'release' is a required property"),
    ],
)
def test_a_wrong_field_of_the_description_is_caught(server: OllamaServer, edit: Any, operation: str, said: str) -> None:
    found = wrong(check(server, edited(edit)))
    assert found.keys() == {operation}
    assert said in " ".join(found[operation])


def test_the_text_names_operation_field_and_call(
    server: OllamaServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(json.dumps(edited(of_wrong_name)), encoding="utf-8")
    assert main(["--host", server.url, "--description", str(file), "--generated", "0"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("WRONG  GET /api/version ") for line in lines)
    assert any("200 application/json: $" in line and line.endswith("[the call]") for line in lines)
    assert ", 1 not, " in lines[-1]


def test_every_line_of_a_stream_is_checked(server: OllamaServer) -> None:
    first, last = Line({**ANSWER, "done": False, "surprise": 1}), Line({**ANSWER, "done": True})
    server.reply("POST", "/api/chat", first, last)
    assert "'surprise' was unexpected" in " ".join(wrong(check(server))["POST /api/chat"])


def test_a_stream_that_ends_without_its_last_line_is_a_problem(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Line({**ANSWER, "done": False}))
    found = wrong(check(server))
    assert found == {"POST /api/chat": ["200 application/x-ndjson: the stream ends without a line whose done is true"]}


def test_an_error_line_may_end_a_stream(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Line({**ANSWER, "done": False}), Line({"error": "out of memory"}))
    assert wrong(check(server)) == {}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (Json({"version": "1"}), 418, "status 418 is not described"),
        (Send(b"1.0"), 200, "200 is of no type, and described is application/json"),
        (Json({"version": 1}), 200, "1 is not of type 'string'"),
    ],
)
def test_an_answer_that_is_not_described_is_a_problem(
    server: OllamaServer, answer: Any, status: int, said: str
) -> None:
    server.reply("GET", "/api/version", answer, status=status)
    (problem,) = wrong(check(server))["GET /api/version"]
    assert said in problem


def test_an_answer_that_breaks_off_is_a_problem(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))
    (problem,) = wrong(check(server))["GET /api/version"]
    assert problem.startswith("no whole answer")


def test_a_body_of_a_route_that_has_none_is_a_problem(server: OllamaServer) -> None:
    server.reply("POST", "/api/copy", Json({"status": "success"}))
    assert wrong(check(server, write=True)) == {"POST /api/copy": ["200 has a body, and none is described"]}


def test_what_a_server_does_not_have_is_told_and_is_no_problem() -> None:
    with OllamaServer() as server:
        results = check(server)
    assert wrong(results) == {}
    assert results["POST /api/chat"].left_out == "not served: 404"


def written(server: OllamaServer) -> set[str]:
    operations = [description().operation(received.method, received.path) for received in server.requests]
    return {str(operation) for operation in operations if operation and not is_safe(operation)}


@needs_schemathesis
def test_nothing_is_changed_unasked(server: OllamaServer) -> None:
    check(server, generated=2)
    assert len(server.requests) > 40
    assert written(server) == set()


def test_when_writing_what_it_makes_has_names_of_its_own_and_is_deleted(server: OllamaServer) -> None:
    check(server, write=True, model="mine")
    sent = [(received.path, received.json) for received in server.requests if received.method in ("POST", "DELETE")]
    named = {(path, body["model"]) for path, body in sent if isinstance(body, dict) and "model" in body}
    assert {model for path, model in named if path == "/api/create"} == {CREATED}
    assert {model for path, model in named if path == "/api/delete"} == {CREATED, COPIED}
    assert {body["destination"] for path, body in sent if path == "/api/copy"} == {COPIED}
    assert {model for path, model in named if path in ("/api/pull", "/api/push")} & {"mine"} == set()
    assert [received.path for received in server.requests if received.method == "DELETE"][-1] == "/api/delete"


def test_a_server_that_is_signed_in_stays_so(server: OllamaServer) -> None:
    results = check(server, write=True)
    assert "signout" not in written(server)
    assert "sign the server out" in results["POST /api/signout"].left_out


@needs_schemathesis
def test_requests_are_made_up_for_what_is_safe(server: OllamaServer) -> None:
    results = check(server, generated=6)
    assert wrong(results) == {}
    counts = {name: sum(result.statuses.values()) for name, result in results.items()}
    assert counts["POST /api/show"] > counts["GET /api/tags"]
    shown = [received.body for received in server.requests if received.path == "/api/show"]
    assert len(set(shown)) > 4


def test_the_model_is_one_that_the_server_has_and_writes_little(server: OllamaServer) -> None:
    check(server)
    asked = [received.json for received in server.requests if received.path in ("/api/chat", "/api/generate")]
    known = {
        model["name"] for model in json.loads(next(one for one in RECORDED if one.name == "tags_get").body)["models"]
    }
    assert {body["model"] for body in asked} <= known
    writing = [body for body in asked if body.get("prompt") or body.get("messages")]
    assert writing
    assert all(body["options"]["num_predict"] <= 8 for body in writing)


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
    assert server.requests == []


@pytest.mark.parametrize(
    "operation",
    [
        "{operationId: list}",
        "{operationId: list, responses: {'200': {content: {application/json: {}}}}}",
    ],
)
def test_a_description_may_leave_out_what_openapi_lets_it(
    server: OllamaServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], operation: str
) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text(f"{{openapi: 3.1.0, paths: {{/api/tags: {{get: {operation}}}}}}}", encoding="utf-8")
    assert main(["--host", server.url, "--description", str(file), "--generated", "0"]) in (0, 1)
    assert capsys.readouterr().err == ""


def test_the_embedded_model_answers_as_described(ollama_model_server: OllamaServer) -> None:
    document = copy.deepcopy(description().document)
    for path in ("/api/chat", "/api/generate"):  # one example each, since it is a real model
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        body["examples"] = {"plain": body["examples"]["plain"]}
    results = check(ollama_model_server, document)
    assert wrong(results) == {}
    assert results["POST /api/chat"].statuses == {"200": 2}
