"""`make spec-diff UPSTREAM=...` names what another description of the API has new, lacks or says differently."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from maintenance.description import OWN, description
from maintenance.spec_diff import main

Edit = Callable[[dict[str, Any]], None]


def sample_upstream() -> dict[str, Any]:
    """One field more, one less, one of another type, and one route more than ours."""
    document = copy.deepcopy(description().document)
    schemas = document["components"]["schemas"]
    schemas["ChatRequest"]["properties"]["seed_text"] = {"type": "string"}
    del schemas["ShowRequest"]["properties"]["verbose"]
    schemas["EmbedRequest"]["properties"]["dimensions"] = {"type": "string"}
    document["paths"]["/api/rename"] = {"post": {"responses": {"200": {"description": "Renamed."}}}}
    return document


SAMPLE_DIFFERENCES = [
    {
        "kind": "new",
        "operation": "POST /api/chat",
        "part": "request",
        "field": "seed_text",
        "what": "field",
        "old": "",
        "new": "string",
    },
    {
        "kind": "changed",
        "operation": "POST /api/embed",
        "part": "request",
        "field": "dimensions",
        "what": "type",
        "old": "integer",
        "new": "string",
    },
    {
        "kind": "gone",
        "operation": "POST /api/show",
        "part": "request",
        "field": "verbose",
        "what": "field",
        "old": "boolean",
        "new": "",
    },
    {
        "kind": "new",
        "operation": "POST /api/rename",
        "part": "",
        "field": "",
        "what": "operation",
        "old": "",
        "new": "",
    },
]


def as_yaml(document: dict[str, Any], folder: Path) -> Path:
    file = folder / "upstream.yaml"
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    file.write_text(yaml.dump(document, Dumper=dumper), encoding="utf-8")
    return file


def as_json(document: dict[str, Any], folder: Path) -> Path:
    file = folder / "openapi.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def in_another_style(document: dict[str, Any], folder: Path) -> Path:
    """Other schema names, properties spread over allOf, null said as in OpenAPI 3.0, no named responses."""

    def restyled(node: Any) -> Any:
        if isinstance(node, list):
            return [restyled(item) for item in node]
        if not isinstance(node, dict):
            return node
        result = {key: restyled(value) for key, value in node.items() if key not in ("description", "properties")}
        if "properties" in node:
            result["properties"] = {name: restyled(schema) for name, schema in node["properties"].items()}
        if "$ref" in result:
            result["$ref"] = re.sub(r"(#/components/schemas/)(\w+)", r"\1Ollama.\2~1v2", result["$ref"])
        if isinstance(result.get("type"), list) and "null" in result["type"]:
            kinds = [name for name in result.pop("type") if name != "null"]
            result |= {"nullable": True, **({"type": kinds[0]} if len(kinds) == 1 else {"type": kinds})}
        if "properties" in result:
            names = list(result["properties"])
            half = {name: result["properties"].pop(name) for name in names[::2]}
            result = {"allOf": [{"type": "object", "properties": half}, result]}
        return result

    copied = restyled({**document, "openapi": "3.0.3"})
    copied["components"]["schemas"] = {
        f"Ollama.{name}/v2": schema for name, schema in reversed(copied["components"]["schemas"].items())
    }
    return as_yaml(copied, folder)


@pytest.mark.parametrize("form", [as_yaml, as_json, in_another_style])
def test_the_sample_differs_in_exactly_what_was_put_into_it(
    form: Callable[[dict[str, Any], Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream = form(sample_upstream(), tmp_path)
    assert main(["--upstream", str(upstream), "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"counts": {"new": 2, "gone": 1, "changed": 1}, "differences": SAMPLE_DIFFERENCES}


def test_the_text_names_operation_and_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--upstream", str(as_yaml(sample_upstream(), tmp_path))]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "new     POST /api/chat request field `seed_text`: string",
        "changed POST /api/embed request field `dimensions`: type integer -> string",
        "gone    POST /api/show request field `verbose`: boolean",
        "new     POST /api/rename",
        "2 new, 1 gone, 1 changed",
    ]


@pytest.mark.parametrize("form", [as_yaml, as_json, in_another_style])
def test_our_own_description_in_another_form_has_no_differences(
    form: Callable[[dict[str, Any], Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--upstream", str(form(description().document, tmp_path))]) == 0
    assert capsys.readouterr().out == "No differences.\n"


def differences_after(edit: Edit, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    document = copy.deepcopy(description().document)
    edit(document)
    main(["--upstream", str(as_yaml(document, folder))])
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()[:-1]]


def test_a_new_known_word_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["DoneReason"]["enum"].append("tired")

    assert differences_after(edit, tmp_path, capsys) == [
        "changed POST /api/chat response field `done_reason`: values none -> tired",
        "changed POST /api/generate response field `done_reason`: values none -> tired",
    ]


def test_a_field_of_a_nested_object_in_a_list_has_a_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def edit(document: dict[str, Any]) -> None:
        del document["components"]["schemas"]["ProcessModelResponse"]["properties"]["expires_at"]

    assert differences_after(edit, tmp_path, capsys) == [
        "gone GET /api/ps response field `models[].expires_at`: string"
    ]


def test_a_new_object_is_named_without_its_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def edit(document: dict[str, Any]) -> None:
        inner = {"type": "object", "properties": {"one": {"type": "string"}, "two": {"type": "string"}}}
        document["components"]["schemas"]["VersionResponse"]["properties"]["build"] = inner

    assert differences_after(edit, tmp_path, capsys) == ["new GET /api/version response field `build`: object"]


def test_an_upstream_that_does_not_tell_the_fields_of_an_object_lacks_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["ModelDetails"] = {"type": "object"}

    assert differences_after(edit, tmp_path, capsys) == []


def test_a_path_parameter_of_another_name_and_the_apis_of_other_makers_are_no_differences(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(document: dict[str, Any]) -> None:
        paths = document["paths"]
        paths["/api/blobs/{name}"] = paths.pop("/api/blobs/{digest}")
        paths["/v1/chat/completions"] = {"post": {"responses": {}}}

    assert differences_after(edit, tmp_path, capsys) == []


def test_a_new_query_parameter_is_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def edit(document: dict[str, Any]) -> None:
        parameter = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
        document["paths"]["/api/tags"]["get"]["parameters"] = [parameter]

    assert differences_after(edit, tmp_path, capsys) == ["new GET /api/tags query field `limit`: integer"]


def test_a_word_that_yaml_takes_for_a_date_is_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def edit(document: dict[str, Any]) -> None:
        properties = document["components"]["schemas"]["VersionResponse"]["properties"]
        properties["since"] = {"enum": [date(2026, 11, 28)]}

    assert differences_after(edit, tmp_path, capsys) == ["new GET /api/version response field `since`: string"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("swagger: '2.0'", "is not an OpenAPI 3 document"),
        ("[", "cannot be read"),
        ("openapi: 3.1.0\npaths: {/x: {$ref: 'other.yaml#/x'}}", "other.yaml#/x does not lead to a place"),
        ("openapi: 3.1.0\npaths: {/x: {$ref: '#/components/x'}}", "#/components/x leads nowhere"),
        ("openapi: 3.1.0\npaths: [/x]", "the document is not written as in OpenAPI"),
        ("openapi: 3.1.0\npaths: {/x: {get: }}", "/x is not written as in OpenAPI"),
    ],
)
def test_what_cannot_be_compared_is_said(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    upstream = tmp_path / "upstream.yaml"
    upstream.write_text(text, encoding="utf-8")
    assert main(["--upstream", str(upstream)]) == 2
    assert said in capsys.readouterr().err


def test_the_description_that_is_compared_is_ours_unless_told() -> None:
    assert main(["--upstream", str(OWN)]) == 0
