"""What the model is told about the type of a parameter."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict

import attrs
import jsonschema
import pydantic
import pytest

from ollama_sdk.generated.models import Tool
from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._formats.formats import resolve_format
from ollama_sdk.overlay._tools.functions import describe

msgspec = pytest.importorskip("msgspec", reason="it makes the schemas; those of pydantic say the same in other ways")


class Unit(Enum):
    KELVIN = "kelvin"
    CELSIUS = "celsius"


@dataclass
class Point:
    """A place."""

    x: int
    tags: list[str] = field(default_factory=list)


@attrs.define
class Line:
    start: Point
    unit: Unit = Unit.KELVIN


class Box(pydantic.BaseModel):
    width: int
    points: list[Point] = []


class Query(TypedDict):
    text: str
    limit: NotRequired[int]


class Pair(NamedTuple):
    left: int
    right: str


@dataclass
class Tree:
    children: list[Tree]


class Opaque:
    pass


POINT = {
    "type": "object",
    "description": "A place.",
    "properties": {"x": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}}},
    "required": ["x"],
}
if "default" in msgspec.json.schema(Point)["$defs"]["Point"]["properties"]["tags"]:
    POINT["properties"]["tags"]["default"] = []  # msgspec 0.23 tells of an empty list, 0.22 does not


def parameters_of(annotation: object, **default: object) -> dict[str, Any]:
    def tool(it): ...

    tool.__annotations__ = {"it": annotation}
    if default:
        tool.__defaults__ = (default["default"],)
    return describe(tool).definition()["function"]["parameters"]


def schema_of(annotation: object, **default: object) -> Any:
    return parameters_of(annotation, **default)["properties"]["it"]


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (Any, {}),
        (object, {}),
        (list, {"type": "array"}),
        (dict, {"type": "object"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (list[list[float]], {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            list[dict[str, list[int]]],
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "integer"}},
                },
            },
        ),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, int], {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
        (Pair, {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 2, "maxItems": 2}),
        (Literal["b", "a"], {"type": "string", "enum": ["b", "a"]}),
        (Literal[3, 1], {"type": "integer", "enum": [3, 1]}),
        (Literal["a", 1], {"type": ["string", "integer"], "enum": ["a", 1]}),
        (Unit, {"type": "string", "enum": ["kelvin", "celsius"]}),
        (list[Unit], {"type": "array", "items": {"type": "string", "enum": ["kelvin", "celsius"]}}),
        (int | str, {"type": ["integer", "string"]}),
        (list[int] | str, {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}]}),
        (Path, {"type": "string", "format": "path"}),
        (date, {"type": "string", "format": "date"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (dict[str, time], {"type": "object", "additionalProperties": {"type": "string", "format": "time"}}),
        (Point, POINT),
    ],
    ids=str,
)
def test_a_type_has_its_schema(annotation: object, schema: dict[str, Any]):
    assert schema_of(annotation) == schema


@dataclass
class Visit:
    city: Annotated[str, "Where to."]
    begins: Annotated[datetime | None, "When."] = None
    stops: list[Annotated[str, "A place."]] = field(default_factory=list)
    before: Visit | None = None


class VisitModel(pydantic.BaseModel):
    city: Annotated[str, "Where to."]
    begins: Annotated[datetime | None, "When."] = None
    stops: list[Annotated[str, "A place."]] = []
    before: VisitModel | None = None


@pytest.mark.parametrize("kind", [Visit, VisitModel])
def test_annotated_describes_what_is_within_a_type(kind: type):
    """Recursive, so that what a reference stands for is described once."""
    schema = resolve_format(dict[str, Annotated[kind, "One of them."]]).wire
    reference = schema["additionalProperties"]
    assert reference["description"] == "One of them."
    fields = schema["$defs"][kind.__name__]["properties"]
    assert fields["city"]["description"] == "Where to."
    assert fields["begins"]["description"] == "When."
    assert fields["begins"]["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    assert fields["stops"]["items"] == {"type": "string", "description": "A place."}


def test_annotated_describes_what_may_be_none():
    assert schema_of(Annotated[int, "A number."] | None) == {"type": "integer", "description": "A number."}


def test_a_time_that_must_have_no_zone_has_no_format_which_asks_for_one():
    assert schema_of(Annotated[datetime, msgspec.Meta(tz=False)]) == {"type": "string"}


def test_what_a_program_says_of_a_time_counts():
    class Visit(pydantic.BaseModel):
        at: Annotated[datetime, pydantic.WithJsonSchema({"type": "integer"})]

    assert schema_of(Visit)["properties"]["at"] == {"type": "integer"}


def test_a_nested_attrs_class_and_its_enum_are_written_out():
    schema = schema_of(Line)
    assert schema["properties"]["start"] == POINT
    assert schema["properties"]["unit"]["enum"] == ["kelvin", "celsius"]
    assert schema["required"] == ["start"]


def test_a_pydantic_model_and_the_dataclass_in_it_are_written_out():
    schema = schema_of(Box)
    assert schema["properties"]["width"] == {"type": "integer"}
    assert schema["properties"]["points"]["items"]["properties"]["x"] == {"type": "integer"}
    assert schema["required"] == ["width"]


def test_a_typed_dict_knows_which_keys_are_required():
    assert schema_of(Query) == {
        "type": "object",
        "properties": {"text": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["text"],
    }


def test_a_constraint_of_pydantic_is_kept():
    assert schema_of(Annotated[int, pydantic.Field(ge=1)]) == {"type": "integer", "minimum": 1}


def test_a_union_of_dataclasses_is_described_where_pydantic_is():
    assert [part["required"] for part in schema_of(Point | Tree2)["anyOf"]] == [["x"], ["height"]]


@dataclass
class Tree2:
    height: int


@pytest.mark.parametrize(
    "annotation",
    [
        *(int | None, Unit | None, list[int] | None, Point | None, int | str | None),
        *(list[int] | dict[str, int] | None, Annotated[list[int] | Point | None, "It."]),
    ],
)
def test_a_parameter_that_may_be_none_is_not_required_and_has_no_null(annotation: object):
    parameters = parameters_of(annotation)
    assert parameters["required"] == []
    assert "null" not in str(parameters["properties"])
    assert "None" not in str(parameters["properties"])


def test_null_stays_where_leaving_out_means_something_else():
    assert schema_of(int | None, default=5) == {"type": ["integer", "null"]}
    assert schema_of(Literal["a"] | None, default="a") == {"type": ["string", "null"], "enum": ["a", None]}


def test_a_parameter_with_a_default_is_not_required():
    assert parameters_of(int, default=3) == {
        "type": "object",
        "properties": {"it": {"type": "integer"}},
        "required": [],
    }


def test_a_parameter_of_any_type_is_required():
    assert parameters_of(Any)["required"] == ["it"]


def test_a_parameter_without_a_type_is_a_string():
    def tool(it, other=1): ...

    parameters = describe(tool).definition()["function"]["parameters"]
    assert parameters["properties"] == {"it": {"type": "string"}, "other": {"type": "string"}}
    assert parameters["required"] == ["it"]


def test_a_function_without_parameters_has_empty_properties():
    def tool(): ...

    assert describe(tool).definition()["function"] == {
        "name": "tool",
        "parameters": {"type": "object", "properties": {}, "required": []},
    }


@pytest.mark.parametrize("annotation", [int, Line, Box, Query, Pair, Unit, list[Point | None], Literal["a", None]])
def test_schemas_are_json_schemas_without_references(annotation: object):
    parameters = parameters_of(annotation)
    jsonschema.Draft202012Validator.check_schema(parameters)
    assert "$" not in str(parameters)
    assert "title" not in str(parameters)


def test_a_field_named_title_is_kept():
    @dataclass
    class Book:
        title: str

    assert schema_of(Book)["properties"] == {"title": {"type": "string"}}


def test_the_server_loses_nothing_of_a_tool():
    tool = describe(lambda_free).definition()
    read = Tool.from_dict(tool)
    line = read.function.parameters.properties["line"]
    assert line.properties["start"].properties["tags"].items == {"type": "string"}
    assert line.properties["unit"].enum == ["kelvin", "celsius"]
    assert read.to_dict() == tool


def lambda_free(line: Line): ...


@pytest.mark.parametrize("annotation", [Opaque, list[Opaque], Callable[[], int], Tree])
def test_a_type_without_a_schema_is_told_with_function_parameter_and_type(annotation: object):
    with pytest.raises(RequestError) as caught:
        schema_of(annotation)
    for part in ("function tool", "parameter it", getattr(annotation, "__name__", "")):
        assert part in str(caught.value)


def test_a_recursive_type_is_told_to_be_recursive():
    with pytest.raises(RequestError, match="Tree contains itself"):
        schema_of(Tree)


def test_a_union_of_dataclasses_without_pydantic_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(RequestError, match=r"ollama-sdk\[pydantic\]"):
        schema_of(Point | Tree2)


def test_without_msgspec_pydantic_describes(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    assert schema_of(list[Unit]) == {"type": "array", "items": {"type": "string", "enum": ["kelvin", "celsius"]}}
    assert schema_of(int | None) == {"type": "integer"}


def test_without_both_libraries_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    with pytest.raises(ImportError, match=r"ollama-sdk\[pydantic\]"):
        schema_of(int)
