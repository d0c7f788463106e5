"""Everything a real server said, and every request it took, is what `openapi.yaml` describes, field by field."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from spec.recorded import Recorded, recordings

from maintenance.description import JSON, NDJSON, DescribedOperation, Description, description

# Answers of the server's router, before any operation: plain text, or nothing for a forbidden origin.
WITHOUT_DECLARED_BODY = {"chat_get_405", "unknown_path_404", "cors_forbidden"}
STREAM_ERRORS = {
    "create_from_missing_stream",
    "create_not_gguf",
    "pull_insecure_refused",
    "pull_missing_manifest",
    "pull_unreachable_stream",
    "push_missing",
}

ANSWERED = [recorded for recorded in recordings() if recorded.objects()]
ACCEPTED = [recorded for recorded in recordings() if recorded.status < 400 and isinstance(recorded.request, dict)]


def named(recorded: Recorded) -> str:
    return recorded.name


def operation_of(recorded: Recorded) -> DescribedOperation:
    operation = description().operation(recorded.method, recorded.path)
    assert operation is not None, f"{recorded.method} {recorded.path} is not described"
    return operation


def response_schema(recorded: Recorded) -> dict[str, Any]:
    contents = description().response_contents(operation_of(recorded), recorded.status)
    assert recorded.media_type in contents, f"{recorded.media_type} under {recorded.status} is not described"
    schema: dict[str, Any] = contents[recorded.media_type]["schema"]
    return schema


def is_stream_error(recorded: Recorded, value: Any) -> bool:
    return recorded.media_type == NDJSON and "error" in value


def problems_of(described: Description, recorded: Recorded, value: Any) -> list[str]:
    error_line = {"$ref": "#/components/schemas/ErrorResponse"}
    schema = error_line if is_stream_error(recorded, value) else response_schema(recorded)
    return described.problems(schema, value)


@pytest.mark.parametrize("recorded", ANSWERED, ids=named)
def test_a_recorded_answer_is_what_the_description_says(recorded: Recorded) -> None:
    for number, value in enumerate(recorded.objects()):
        assert problems_of(description(), recorded, value) == [], f"object {number} of {recorded.name}"


@pytest.mark.parametrize("recorded", ACCEPTED, ids=named)
def test_a_recorded_request_that_was_accepted_is_what_the_description_says(recorded: Recorded) -> None:
    schema = description().request_schema(operation_of(recorded))
    assert schema is not None, "the operation describes no JSON body"
    assert description().problems(schema, recorded.request) == []


def test_nearly_every_recording_has_a_body_that_is_checked() -> None:
    checked = {recorded.name for recorded in ANSWERED}
    without = [recorded for recorded in recordings() if recorded.name not in checked]
    assert len(checked) > 70
    assert len(ACCEPTED) > 40
    for recorded in without:
        bodiless = not recorded.body or recorded.method == "HEAD" or recorded.media_type == "text/plain"
        assert bodiless, f"{recorded.name} has a body that nothing checks"


def test_streams_that_fail_end_with_an_error_object() -> None:
    failing = {recorded.name for recorded in ANSWERED if is_stream_error(recorded, recorded.objects()[-1])}
    assert failing == STREAM_ERRORS


@pytest.mark.parametrize("name", sorted(WITHOUT_DECLARED_BODY))
def test_the_answers_of_the_router_have_no_described_json_body(name: str) -> None:
    recorded = next(item for item in recordings() if item.name == name)
    operation = description().operation(recorded.method, recorded.path)
    contents = {} if operation is None else description().response_contents(operation, recorded.status)
    assert recorded.objects() == []
    assert recorded.media_type not in contents


@pytest.mark.parametrize(
    "recorded",
    [recorded for recorded in recordings() if recorded.method == "HEAD" or recorded.status in (200, 201)],
    ids=named,
)
def test_a_status_of_a_recording_is_described(recorded: Recorded) -> None:
    assert str(recorded.status) in operation_of(recorded).node["responses"]


@pytest.mark.parametrize("recorded", ANSWERED, ids=named)
def test_an_invented_field_of_an_answer_fails_the_check(recorded: Recorded) -> None:
    value = {**recorded.objects()[-1], "invented_field": 1}
    assert any("invented_field" in problem for problem in problems_of(description(), recorded, value))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("chat_nostream", ["message"]),
        ("chat_tools_nostream", ["message", "tool_calls", 0]),
        ("chat_tools_nostream", ["message", "tool_calls", 0, "function"]),
        ("chat_logprobs", ["logprobs", 0]),
        ("chat_logprobs", ["logprobs", 0, "top_logprobs", 0]),
        ("tags_get", ["models", 0]),
        ("tags_get", ["models", 0, "details"]),
        ("show_full", ["details"]),
        ("show_full", ["tensors", 0]),
        ("status_get", ["cloud"]),
    ],
)
def test_an_invented_field_deep_inside_fails_the_check(name: str, path: list[str | int]) -> None:
    recorded = next(item for item in ANSWERED if item.name == name)
    value = copy.deepcopy(recorded.objects()[-1])
    inner = value
    for step in path:
        inner = inner[step]
    inner["invented_field"] = 1
    assert problems_of(description(), recorded, value) != []


def test_an_invented_field_of_a_request_fails_the_check() -> None:
    recorded = next(item for item in ACCEPTED if item.name == "chat_nostream")
    schema = description().request_schema(operation_of(recorded))
    assert schema is not None
    assert description().problems(schema, {**recorded.request, "invented_field": 1}) != []


@pytest.mark.parametrize(
    ("field", "value"),
    [("done", "yes"), ("created_at", "yesterday"), ("eval_count", 1.5), ("message", None), ("model", 1)],
)
def test_a_value_of_the_wrong_type_fails_the_check(field: str, value: object) -> None:
    recorded = next(item for item in ANSWERED if item.name == "chat_nostream")
    assert problems_of(description(), recorded, {**recorded.objects()[0], field: value}) != []


def test_a_field_that_is_always_there_may_not_be_absent_from_a_recording() -> None:
    recorded = next(item for item in ANSWERED if item.name == "chat_nostream")
    value = recorded.objects()[0]
    del value["done"]
    assert problems_of(description(), recorded, value) != []


def test_every_example_is_what_the_schema_beside_it_says() -> None:
    checked = 0
    for place, content in _contents_with_examples(description().document, ""):
        if "text/plain" in place:
            continue
        for name, example in content["examples"].items():
            problems = description().problems(content["schema"], example["value"])
            assert problems == [], f"{place}.{name}"
            checked += 1
    assert checked > 40


def _contents_with_examples(node: Any, place: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        return [found for item in node for found in _contents_with_examples(item, place)]
    if not isinstance(node, dict):
        return []
    if isinstance(node.get("examples"), dict) and isinstance(node.get("schema"), dict):
        return [(place, node)]
    return [found for key, value in node.items() for found in _contents_with_examples(value, f"{place}.{key}")]


def test_examples_are_shown_for_every_answer_that_streams() -> None:
    for operation in description().operations:
        contents = description().response_contents(operation, 200)
        if operation.node.get("x-streams"):
            assert contents[JSON]["examples"], operation
            assert contents[NDJSON]["examples"], operation
