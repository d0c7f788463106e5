"""The schema that is sent for each kind of type, and that the converter of llama.cpp in Ollama can read it."""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import annotated_types as at
import pydantic
import pytest
from overlay.callers import Api, LoopThread
from pydantic import Field

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay._formats.formats import resolve_format
from ollama_sdk.overlay._formats.types import type_name
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay.testing import Json, OllamaServer

pytestmark = pytest.mark.skipif(find_spec("msgspec") is None, reason="pydantic writes schemas with other titles")


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Pair(NamedTuple):
    left: int
    right: str = "x"


@dataclass
class Box:
    corner: tuple[float, float]


@dataclass
class Empty:
    pass


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]


@dataclass
class Tree:
    label: tuple[str, int]
    branches: list[Tree]


class Price(pydantic.BaseModel):
    amount: Decimal


INTEGER, NUMBER, STRING, NULL = ({"type": kind} for kind in ("integer", "number", "string", "null"))
ANY = {"type": ["object", "array", "string", "number", "boolean", "null"]}
CORNER = {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [NUMBER, NUMBER]}


def array(items: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    return {"type": "array", **({"items": items} if items else {}), **more}


def closed(title: str, **properties: dict[str, Any]) -> dict[str, Any]:
    shape = {"title": title, "type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(properties)}


def with_pattern(pattern: str) -> Any:
    return Annotated[str, Field(pattern=pattern)]


KINDS: list[tuple[Any, dict[str, Any]]] = [
    (str, STRING),
    (int, INTEGER),
    (float, NUMBER),
    (bool, {"type": "boolean"}),
    (int | None, {"anyOf": [INTEGER, NULL]}),
    (int | str, {"anyOf": [INTEGER, STRING]}),
    (Any, ANY),
    (object, {"title": "Any", **ANY}),
    (list, array()),
    (list[Any], array()),
    (list[object], array({"title": "Any", **ANY})),
    (list[int], array(INTEGER)),
    (set[int], array(INTEGER)),
    (frozenset[str], array(STRING)),
    (deque[int], array(INTEGER)),
    (tuple[int, ...], array(INTEGER)),
    (tuple[int, str], array(minItems=2, maxItems=2, prefixItems=[INTEGER, STRING])),
    (tuple[()], {"const": []}),
    (list[tuple[float, float]], array(CORNER)),
    (Pair, array(title="Pair", minItems=1, maxItems=2, prefixItems=[INTEGER, {**STRING, "default": "x"}])),
    (Box, closed("Box", corner=CORNER)),
    (Empty, closed("Empty")),
    (dict, {"type": "object"}),
    (dict[str, Any], {"type": "object"}),
    (dict[int, int], {"type": "object", "additionalProperties": INTEGER}),
    (dict[Mood, int], {"type": "object", "additionalProperties": INTEGER}),
    (dict[str, tuple[float, float]], {"type": "object", "additionalProperties": CORNER}),
    (Mood, {"title": "Mood", "enum": ["good", "bad"]}),
    (Literal["a", 1, None], {"enum": ["a", 1, None]}),
    (date, {**STRING, "format": "date"}),
    (datetime, {**STRING, "format": "date-time"}),
    (time, {**STRING, "format": "time"}),
    (timedelta, {**STRING, "format": "duration"}),
    (UUID, {**STRING, "format": "uuid"}),
    (Path, {**STRING, "format": "path"}),
    (bytes, {**STRING, "contentEncoding": "base64"}),
    (Decimal, {**STRING, "format": "decimal"}),
    (complex, STRING),
    (Box | Price, {
        "anyOf": [
            closed("Box", corner={"title": "Corner", **CORNER}),
            closed("Price", amount={"title": "Amount", "anyOf": [NUMBER, STRING]}),
        ]
    }),
    (Annotated[Cat | Dog, Field(discriminator="kind")], {
        "oneOf": [
            closed("Cat", kind={"const": "cat", "title": "Kind", "type": "string"}),
            closed("Dog", kind={"const": "dog", "title": "Kind", "type": "string"}),
        ]
    }),
    (Annotated[Decimal, Field(gt=0)], {"anyOf": [{**NUMBER, "exclusiveMinimum": 0}, STRING]}),
    (Annotated[set[int], Field(min_length=1)], array(INTEGER, minItems=1)),
    (Annotated[list[Any], Field(max_length=3)], array(ANY, maxItems=3)),
    (Annotated[dict[with_pattern("^x$"), int], Field()], {"type": "object", "additionalProperties": INTEGER}),
    (Annotated[dict[Literal["a", "b"], int], Field()], {"type": "object", "additionalProperties": INTEGER}),
    (Annotated[tuple[()], Field()], {"const": []}),
    (Annotated[str, Field(min_length=1, max_length=100_000)], {**STRING, "minLength": 1}),
    (Annotated[int, Field(ge=0, le=2**64)], {**INTEGER, "minimum": 0}),
    (Annotated[int, at.Ge(0), at.Lt(10)], {**INTEGER, "minimum": 0, "exclusiveMaximum": 10}),
    (Annotated[int, Field(multiple_of=5)], {**INTEGER, "multipleOf": 5}),
    (pydantic.NaiveDatetime, STRING),
    (pydantic.AwareDatetime, {**STRING, "format": "date-time"}),
    (pydantic.JsonValue, ANY),
    (pydantic.AnyUrl, {**STRING, "format": "uri", "minLength": 1}),
    *(
        (with_pattern(pattern), {**STRING, "pattern": sent})
        for pattern, sent in [
            (r"^\d{4}-\d{2}$", "^[0-9]{4}-[0-9]{2}$"),
            (r"^[A-Z]{2,3}$", "^[A-Z]{2,3}$"),
            (r"^(GET|POST) /[a-z/]*$", "^(GET|POST) /[a-z/]*$"),
            (r"^v[\d.]+$", "^v[0-9.]+$"),
            (r"^\(\d+\)$", r"^\([0-9]+\)$"),
            ("^[-a-z]+[a-zA-Z0-9_.-]*$", "^[-a-z]+[a-zA-Z0-9_.-]*$"),
        ]
    ),
    *(
        (with_pattern(pattern), STRING)
        for pattern in (
            "[a-z]+", "^abc", "abc$", r"^\w+$", r"^\s$", "^.*$", '^[^a]*$', '^"$', "^(?:a|b)$", "^a+?$",
            r"^[\w]$", r"^\bx$", r"^[^,]+$", r"^é$", "^\n$", r"^\p{L}$", "^[ -~]+$", "^[A-z]$", "^[+-_]$",
        )
    ),
]  # fmt: skip


def kind_id(value: object) -> str:
    return type_name(value) if not isinstance(value, dict) else ""


@pytest.mark.parametrize(("kind", "schema"), KINDS, ids=kind_id)
def test_each_kind_of_type_has_its_schema(kind: Any, schema: dict[str, Any]):
    sent = resolve_format(kind).wire
    assert sent == schema
    assert unreadable(sent) == []


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS], ids=kind_id)
def test_a_kind_within_another_type_is_readable_too(kind: Any):
    for form in (
        make_dataclass("Holder", [("it", kind)]),
        pydantic.create_model("Model", it=(kind, ...)),
        list[kind],
        dict[str, kind],
        tuple[kind, int],
        Annotated[list[kind], Field(description="a list")],
    ):
        assert unreadable(resolve_format(form).wire) == []


def test_parts_that_are_all_to_hold_stay_as_they_are():
    parts: dict[str, Any] = {"allOf": [{"required": ["a"]}, {"properties": {"a": INTEGER}}]}
    model = pydantic.create_model("Model", it=(Annotated[Any, Field(json_schema_extra=parts)], ...))
    assert resolve_format(model).wire["properties"]["it"] == {"title": "It", **parts}


def test_a_type_that_contains_itself_is_readable():
    schema: Any = resolve_format(Tree).wire
    assert unreadable(schema) == []
    assert schema["$defs"]["Tree"]["properties"]["label"]["prefixItems"] == [STRING, INTEGER]


@pytest.mark.parametrize("kind", [kind for kind, _ in KINDS], ids=kind_id)
def test_a_parameter_of_a_tool_has_no_boolean_schema_and_no_reference(kind: Any):
    def tool(it):
        return it

    tool.__annotations__ = {"it": kind}
    properties = describe(tool).definition()["function"]["parameters"]["properties"]
    for part in parts(properties["it"]):
        assert not {"prefixItems", "$ref", "$defs", "oneOf", "const"} & part.keys()
        assert isinstance(part.get("items", {}), dict)


@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
def test_the_schema_is_what_goes_over_the_wire(client: type[Any]):
    loop = LoopThread()
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "{}"}, "done": True}))
        api: Api[Any] = Api(client(server.url), loop)
        api.chat("m", [], format=Box)
        assert server.requests[0].json["format"] == closed("Box", corner=CORNER)
        api.close()
    loop.stop()


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """All schemas within a schema, and those that are booleans as {"boolean": …}."""
    if isinstance(schema, bool):
        yield {"boolean": schema}
        return
    yield schema
    for key in ("items", "additionalProperties"):
        if key in schema and not (key == "additionalProperties" and isinstance(schema[key], bool)):
            yield from parts(schema[key])
    for key in ("anyOf", "oneOf", "prefixItems"):
        for part in schema.get(key, ()):
            yield from parts(part)
    for key in ("properties", "$defs"):
        for part in schema.get(key, {}).values():
            yield from parts(part)


PRIMITIVES = {"object", "array", "string", "integer", "number", "boolean", "null"}
ANNOTATIONS = {"title", "description", "default", "format", "contentEncoding", "contentMediaType", "contentSchema"}
UNDERSTOOD = ANNOTATIONS | {
    "type", "enum", "const", "anyOf", "oneOf", "properties", "required", "additionalProperties", "items", "prefixItems",
    "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "pattern", "$ref", "$defs", "writeOnly",
}  # fmt: skip
CHECKED_AFTERWARDS = {"multipleOf"}


def unreadable(schema: Any) -> list[str]:
    """What llama.cpp's converter of schemas refuses, or takes for something else, in a schema."""
    found = []
    for part in parts(schema):
        types = part.get("type", [])
        found += [f"{key} is not known" for key in part.keys() - UNDERSTOOD - CHECKED_AFTERWARDS]
        if {"$ref", "anyOf", "oneOf", "enum", "const"} & part.keys():
            continue
        if not types:
            found.append(f"no type: {part}")
        for kind in [types] if isinstance(types, str) else types:
            if kind not in PRIMITIVES:
                found.append(f"type {kind}")
            if kind == "array" and {"items", "prefixItems"} <= part.keys():
                found.append("items win over prefixItems")
            if kind == "array" and "maxItems" in part and not {"items", "prefixItems"} & part.keys():
                found.append("a limit of items of any type")
        if part.get("items") == {} or part.get("additionalProperties") == {}:
            found.append("an empty schema is an object")
        if "pattern" in part and not re.fullmatch(
            r'\^(?:(?!\(\?)[^"\\.[]|\[[^^\\"\]]*\]|\\[^\w\s])*\$', part["pattern"]
        ):
            found.append(f"pattern {part['pattern']}")
        found += [key for key in ("maxLength", "maxItems", "minLength", "minItems") if part.get(key, 0) > 2000]
        found += [key for key in ("minimum", "maximum") if abs(part.get(key, 0)) >= 2**63]
    return found


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "prefixItems": [INTEGER], "items": False},
        {"title": "Any"},
        {"type": "array", "items": {}},
        {"type": "string", "pattern": "^.*$"},
        {"type": "array", "items": INTEGER, "uniqueItems": True},
    ],
)
def test_what_the_converter_does_not_read_is_found(schema: dict[str, Any]):
    assert unreadable(schema)
