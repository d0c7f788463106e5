"""What a model sends as arguments reaches the function as what its types say."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import datetime as DateTime
from enum import Enum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.overlay import RequestError, _json
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay._tools.results import to_json

needs_msgspec = pytest.mark.skipif(
    find_spec("msgspec") is None, reason="pydantic takes fewer types, and says in other words what does not fit"
)


class Unit(Enum):
    KELVIN = "kelvin"
    CELSIUS = "celsius"


@dataclass
class Point:
    x: int
    y: float = 0.0


@attrs.define
class Line:
    points: list[Point]
    unit: Unit = Unit.KELVIN


class Box(pydantic.BaseModel):
    width: int


class Query(TypedDict):
    text: str


@attrs.define
class Mixed:
    box: Box
    path: Path
    anything: object


def given_to(annotation: object, value: object) -> object:
    def tool(it):
        return it

    tool.__annotations__ = {"it": annotation}
    return describe(tool).bind({"it": value})()


@needs_msgspec
@pytest.mark.parametrize(
    ("annotation", "value", "result"),
    [
        (int, 3, 3),
        (int, "3", 3),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (bool, "true", True),
        (int | str, "5", "5"),
        (str | None, None, None),
        (Any, {"a": [1]}, {"a": [1]}),
        (Unit, "celsius", Unit.CELSIUS),
        (Literal["a", "b"], "b", "b"),
        (tuple[int, str], [1, "a"], (1, "a")),
        (set[int], [1, 1, 2], {1, 2}),
        (dict[int, str], {"1": "a"}, {1: "a"}),
        (DateTime, "2025-01-02T03:04:05", DateTime(2025, 1, 2, 3, 4, 5)),
        (date, "2025-01-02", date(2025, 1, 2)),
        (timedelta, "PT90S", timedelta(seconds=90)),
        (Path, "/a/b", Path("/a/b")),
        (Point, {"x": 1}, Point(1)),
        (list[Point], [{"x": 1}, {"x": "2", "y": 3}], [Point(1), Point(2, 3.0)]),
        (Line, {"points": [{"x": 1}], "unit": "celsius"}, Line([Point(1)], Unit.CELSIUS)),
        (Box, {"width": "4"}, Box(width=4)),
        (Box | Point, {"x": 4}, Point(4)),
        (Query, {"text": "a"}, {"text": "a"}),
        (Mixed, {"box": {"width": 1}, "path": "p", "anything": [1]}, Mixed(Box(width=1), Path("p"), [1])),
    ],
    ids=str,
)
def test_arguments_are_converted_to_the_annotated_type(annotation: object, value: object, result: object):
    converted = given_to(annotation, value)
    assert converted == result
    assert type(converted) is type(result)


@needs_msgspec
@pytest.mark.parametrize(
    ("annotation", "value"),
    [(int, "three"), (int, 1.5), (str, 5), (Unit, "rankine"), (Point, {}), (Box, {"width": "wide"}), (Path, 1),
     (list[int], [1, None]), (int, None), (Mixed, {"box": {}, "path": "p", "anything": 1})],
    ids=str,
)  # fmt: skip
def test_an_argument_that_does_not_fit_is_told_with_its_name(annotation: object, value: object):
    with pytest.raises(RequestError, match="tool: it: "):
        given_to(annotation, value)


def weather(city: str, days: int = 3, unit: Literal["C", "F"] | None = None) -> tuple[object, ...]:
    return city, days, unit


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(RequestError) as caught:
        describe(weather).bind({"days": "many", "town": "Oslo"})()
    message = str(caught.value)
    assert "town is not an argument; it takes city, days, unit" in message
    assert "city: is missing" in message
    assert "days: " in message


def test_defaults_are_taken_for_what_is_left_out():
    assert describe(weather).bind({"city": "Oslo"})() == ("Oslo", 3, None)


def test_a_null_where_none_is_not_allowed_counts_as_left_out():
    assert describe(weather).bind({"city": "Oslo", "days": None, "unit": None})() == ("Oslo", 3, None)


def test_none_is_given_for_what_may_be_none_and_has_no_default():
    def tool(it: int | None) -> object:
        return it

    assert describe(tool).bind({})() is None


def test_parameters_by_position_only_and_by_name_only_are_filled():
    def tool(a: int, b: int = 2, /, c: int = 3, *, d: int) -> tuple[int, ...]:
        return a, b, c, d

    assert describe(tool).bind({"d": 4, "a": 1})() == (1, 2, 3, 4)


@pytest.mark.parametrize(("arguments", "kind"), [("Oslo", "str"), ('["Oslo"]', "list"), (["Oslo"], "list")])
def test_arguments_must_be_an_object(arguments: Any, kind: str):
    with pytest.raises(RequestError, match=f"must be an object, not {kind}"):
        describe(weather).bind(arguments)


points = st.builds(Point, st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False))


@needs_msgspec
@given(st.builds(Line, st.lists(points, max_size=4), st.sampled_from(Unit)))
def test_what_is_written_as_json_comes_back_as_the_same_object(line: Line):
    assert given_to(Line, _json.loads(to_json(line).encode())) == line


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Amount(pydantic.BaseModel):
    wei: int


@pytest.mark.parametrize("number", [2**63, 2**64 + 1, 123456789012345678901, -(10**30)])
def test_an_integer_of_any_size_is_exact(number: int):
    for annotation in (int, int | float, Any, Annotated[int, pydantic.Field()]):
        assert given_to(annotation, number) == number
        assert type(given_to(annotation, number)) is int
    assert given_to(Amount, {"wei": number}) == Amount(wei=number)
    assert given_to(Point, {"x": number}) == Point(number)
    assert given_to(Any, _json.loads(f'{{"wei": {number}}}'.encode())) == {"wei": number}


@given(json_values)
def test_an_untyped_json_value_arrives_as_it_is(value: object):
    assert given_to(Any, value) == value


@given(json_values, st.sampled_from([int, Unit, Point, Line, Box, list[int], dict[str, Point], Query, Mixed]))
def test_a_value_either_fits_or_is_a_request_error(value: object, annotation: object):
    with suppress(RequestError):
        given_to(annotation, value)
