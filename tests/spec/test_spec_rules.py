"""The rules that `openapi.yaml` follows, so that what is generated from it reads well and sends nothing unasked."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import keyword
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from spec.schemas import every_schema

import ollama_sdk.overlay as sdk
from maintenance.description import JSON, NDJSON, DescribedOperation, description
from ollama_sdk import generated

DOCUMENT = description().document
OPERATIONS = description().operations
SCHEMAS = description().schemas
STREAMING = [operation for operation in OPERATIONS if operation.node.get("x-streams")]
WITH_STREAM_END = [name for name, schema in SCHEMAS.items() if "x-stream-end" in schema]
EVERY_SCHEMA = list(every_schema(description()))
KNOWN_EXTENSIONS = {
    *("x-arguments", "x-stream-end", "x-stream-join", "x-streams", "x-checked-against"),
    *("x-timedelta", "x-per-second", "x-safe", "x-never-none"),
}


def test_the_description_is_valid_openapi() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_no_schema_has_a_default_that_would_be_sent() -> None:
    assert [place for place, schema in EVERY_SCHEMA if "default" in schema] == []


def test_operation_ids_are_unique() -> None:
    names = [operation.node["operationId"] for operation in OPERATIONS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_id_is_a_good_python_name(operation: DescribedOperation) -> None:
    name = operation.node["operationId"]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert not keyword.iskeyword(name)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_says_what_it_does(operation: DescribedOperation) -> None:
    assert operation.node["summary"].strip()
    assert not operation.node["summary"].endswith(".")
    assert operation.node["description"].strip().endswith(".")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_has_one_tag_that_is_described(operation: DescribedOperation) -> None:
    (tag,) = operation.node["tags"]
    assert tag in {item["name"] for item in DOCUMENT["tags"] if item["description"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_has_an_endpoint_module(operation: DescribedOperation) -> None:
    (tag,) = operation.node["tags"]
    module = importlib.import_module(f"ollama_sdk.generated.api.{tag}.{operation.node['operationId']}")
    assert callable(module.sync)
    assert callable(module.asyncio)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_error_status_is_described_by_an_error_schema(operation: DescribedOperation) -> None:
    for status, response in operation.node["responses"].items():
        content = description().resolve(response).get("content", {})
        if status.startswith(("4", "5")) and content:
            schema = description().resolve(content[JSON]["schema"])
            assert all("error" in description().resolve(part)["properties"] for part in schema.get("anyOf", [schema]))


def test_something_streams() -> None:
    names = {str(operation) for operation in STREAMING}
    assert names == {"chat", "generate", "pull_model", "push_model", "create_model"}


@pytest.mark.parametrize("operation", STREAMING, ids=str)
def test_a_streaming_operation_declares_json_and_ndjson_with_one_schema(operation: DescribedOperation) -> None:
    contents = description().response_contents(operation, 200)
    assert set(contents) == {JSON, NDJSON}
    assert contents[JSON]["schema"] == contents[NDJSON]["schema"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_declares_ndjson_exactly_when_it_says_that_it_streams(operation: DescribedOperation) -> None:
    contents = description().response_contents(operation, 200)
    assert (NDJSON in contents) == bool(operation.node.get("x-streams"))


@pytest.mark.parametrize("operation", STREAMING, ids=str)
def test_the_answer_of_a_streaming_operation_says_what_ends_the_stream(operation: DescribedOperation) -> None:
    schema = description().response_contents(operation, 200)[NDJSON]["schema"]
    assert "x-stream-end" in description().resolve(schema)


@pytest.mark.parametrize("operation", STREAMING, ids=str)
def test_the_request_of_a_streaming_operation_has_a_stream_field(operation: DescribedOperation) -> None:
    schema = description().request_schema(operation)
    assert schema is not None
    assert description().resolve(schema)["properties"]["stream"]["type"] == "boolean"


@pytest.mark.parametrize("name", WITH_STREAM_END)
def test_what_ends_a_stream_is_a_property_of_the_right_type(name: str) -> None:
    end = SCHEMAS[name]["x-stream-end"]
    assert set(end) == {"property", "equals"}
    python = {"boolean": bool, "string": str}[SCHEMAS[name]["properties"][end["property"]]["type"]]
    assert isinstance(end["equals"], python)


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "x-stream-join" in schema])
def test_what_is_joined_in_a_stream_is_text(name: str) -> None:
    for field in SCHEMAS[name]["x-stream-join"]:
        assert SCHEMAS[name]["properties"][field]["type"] == "string"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_a_schema_and_each_of_its_properties_are_described(name: str) -> None:
    assert SCHEMAS[name]["description"].strip().endswith(".")
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        text = schema.get("description") or description().resolve(schema).get("description", "")
        assert text.strip().endswith("."), f"{name}.{field}"


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "properties" in schema])
def test_what_is_required_is_a_property(name: str) -> None:
    assert set(SCHEMAS[name].get("required", ())) <= set(SCHEMAS[name]["properties"])


@pytest.mark.parametrize(
    "field", [place for place, schema in EVERY_SCHEMA if re.search(r"(_duration|_bytes|\.size|size_vram)$", place)]
)
def test_a_duration_or_size_says_its_unit(field: str) -> None:
    text = dict(EVERY_SCHEMA)[field]["description"].lower()
    assert ("nanoseconds" if field.endswith("_duration") else "bytes") in text


def test_requests_whose_arguments_the_overlay_types_by_hand_say_which() -> None:
    assert {name for name, schema in SCHEMAS.items() if "x-arguments" in schema} >= {
        "ChatRequest",
        "GenerateRequest",
        "EmbedRequest",
        "ShowRequest",
        "CreateRequest",
        "PullRequest",
        "PushRequest",
    }


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "x-arguments" in schema])
def test_arguments_typed_by_hand_are_properties(name: str) -> None:
    assert set(SCHEMAS[name]["x-arguments"]) <= set(SCHEMAS[name]["properties"])


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "x-arguments" in schema])
def test_an_argument_typed_by_hand_is_not_also_a_generated_keyword(name: str) -> None:
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    fields: Any = getattr(importlib.import_module(f"ollama_sdk.generated.models.{module}"), f"{name}Fields")
    assert set(fields.__annotations__) == set(SCHEMAS[name]["properties"]) - set(SCHEMAS[name]["x-arguments"])


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "enum" in schema])
def test_a_set_of_known_words_is_open_wherever_it_is_used(name: str) -> None:
    reference = {"$ref": f"#/components/schemas/{name}"}
    uses = 0
    for place, schema in EVERY_SCHEMA:
        parts = schema.get("anyOf", [])
        if any(part.get("$ref") == reference["$ref"] for part in parts):
            uses += 1
            assert {"type": "string"} in [{"type": part.get("type")} for part in parts], place
        elif schema.get("$ref") == reference["$ref"]:
            assert ".anyOf[" in place, f"{place} uses {name} alone"
    assert uses > 0


def test_there_is_no_enum_outside_of_the_named_ones() -> None:
    assert [place for place, schema in EVERY_SCHEMA if "enum" in schema and place.count(".") > 1] == []


def test_every_reference_leads_somewhere() -> None:
    for _, schema in EVERY_SCHEMA:
        assert description().resolve(schema)


def test_every_named_schema_is_used() -> None:
    text = str(DOCUMENT)
    assert [name for name in SCHEMAS if f"'#/components/schemas/{name}'" not in text] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_that_the_cloud_may_answer_has_a_response_for_any_status(operation: DescribedOperation) -> None:
    relayed = {"chat", "generate", "embed", "embeddings", "show_model"}
    if operation.node["operationId"] in relayed or "web" in operation.node["operationId"]:
        assert "default" in operation.node["responses"]


def test_what_the_server_calls_deprecated_is_so_here_and_in_python() -> None:
    found = {
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, node in schema.get("properties", {}).items()
        if node.get("deprecated")
    }
    older_name = {f"{name}Request.name" for name in ("Show", "Create", "Pull", "Push", "Delete")}
    ignored = {f"{name}Request.{field}" for name in ("Pull", "Push") for field in ("username", "password")}
    assert found == {
        *older_name,
        *ignored,
        *("GenerateRequest.context", "ShowRequest.template", "CreateRequest.quantization"),
    }
    for place in found:
        name, field = place.split(".")
        attributes = inspect.getdoc(getattr(generated.models, name)) or ""
        assert re.search(rf"^    {field}: [^:]*Deprecated\.$", attributes, flags=re.M), place


def test_a_list_that_python_reads_as_empty_is_a_list() -> None:
    for place, schema in EVERY_SCHEMA:
        if "x-never-none" in schema:
            assert "array" in schema["type"], place


def test_every_number_of_nanoseconds_is_a_timedelta_too() -> None:
    for name, schema in SCHEMAS.items():
        for field, node in schema.get("properties", {}).items():
            if "nanoseconds" in node.get("description", "").lower():
                assert "x-timedelta" in node, f"{name}.{field}"


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "x-per-second" in schema])
def test_a_rate_is_made_of_a_count_and_nanoseconds(name: str) -> None:
    properties = SCHEMAS[name]["properties"]
    for count, nanoseconds in SCHEMAS[name]["x-per-second"].values():
        assert properties[count]["type"] == "integer"
        assert "x-timedelta" in properties[nanoseconds]


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if "x-safe" in operation.node], ids=str)
def test_what_is_called_safe_is_a_post_that_could_be_taken_for_unsafe(operation: DescribedOperation) -> None:
    assert operation.method == "post"
    assert operation.node["x-safe"] is True


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_request_with_a_json_body_has_an_example(operation: DescribedOperation) -> None:
    request = description().resolve(operation.node.get("requestBody") or {})
    if JSON in request.get("content", {}):
        assert request["content"][JSON]["examples"], "the contract test calls an operation with its examples"


def test_extensions_are_the_ones_that_the_description_explains() -> None:
    assert _extensions(DOCUMENT) == KNOWN_EXTENSIONS


def _extensions(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for item in node for found in _extensions(item)}
    if not isinstance(node, dict):
        return set()
    own = {key for key in node if isinstance(key, str) and key.startswith("x-")}
    return own | {found for value in node.values() for found in _extensions(value)}


def test_the_package_tells_the_version_of_the_description_and_the_server_it_was_checked_against() -> None:
    checked = DOCUMENT["info"]["x-checked-against"]
    assert sdk.API_VERSION == generated.API_VERSION == DOCUMENT["info"]["version"]
    assert sdk.SERVER_VERSION == generated.SERVER_VERSION == checked["version"]
    assert sdk.SERVER_COMMIT == generated.SERVER_COMMIT == checked["commit"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", sdk.API_VERSION)


def test_the_package_tells_its_own_version() -> None:
    assert sdk.__version__ == importlib.metadata.version("ollama-sdk")
