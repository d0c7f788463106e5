"""JSON by either library: what is read, and what is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.generated.models import Message
from ollama_sdk.overlay import _json


@pytest.fixture(params=["orjson", "standard library"])
def _library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "orjson":
        pytest.importorskip("orjson", reason="orjson is not to be had on every platform")
    else:
        monkeypatch.setattr(_json, "orjson", None)


def standard(data: bytes) -> Any:
    """What the standard library makes of a text; None, as no value below is, when it refuses it."""
    try:
        return json.loads(data.decode("utf-8-sig", "surrogatepass"))
    except ValueError:
        return None


def ours(data: bytes) -> Any:
    try:
        return _json.loads(data)
    except ValueError:
        return None


values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
around = st.sampled_from([b"", b" ", b"\t", b"\r", b"\n \n"])


@pytest.mark.usefixtures("_library")
def test_white_space_and_a_byte_order_mark_around_a_value_are_read_over():
    @given(values, st.sampled_from([b"", b"\xef\xbb\xbf"]), around, around)
    def check(value: Any, mark: bytes, before: bytes, after: bytes) -> None:
        assert _json.loads(mark + before + json.dumps(value).encode() + after) == value

    check()


def test_a_damaged_text_is_read_as_the_standard_library_reads_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_json, "orjson", None)

    @given(values, st.integers(0, 100), st.binary(max_size=3))
    def check(value: Any, position: int, damage: bytes) -> None:
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
        position %= len(data) + 1
        damaged = data[:position] + damage + data[position + len(damage) :]
        assert repr(ours(damaged)) == repr(standard(damaged))  # NaN does not equal itself

    check()


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="white space"),
        pytest.param(b"\xef\xbb\xbf", id="a byte order mark"),
        pytest.param(b"\xef\xbb\xbf\xef\xbb\xbf1", id="two byte order marks"),
        pytest.param(b" \xef\xbb\xbf1", id="a byte order mark that does not come first"),
        pytest.param(b'{"a": 1} {"b": 2}', id="two values"),
        pytest.param(b'{"a": 1},', id="a comma after it"),
        pytest.param(b'{"a": 1', id="a part"),
        pytest.param(b'"\xff"', id="no UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param('{"a": 1}'.encode("utf-32"), id="UTF-32"),
        pytest.param(b'"\n"', id="a line feed in a text"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
    ],
)
def test_what_is_no_json_is_a_value_error(data: bytes):
    assert ours(data) is None


@pytest.mark.usefixtures("_library")
def test_lone_surrogates_are_read():
    assert _json.loads(b'"\\ud800"') == "\ud800"
    assert _json.loads(b'"\xed\xa0\x80"') == "\ud800"


@pytest.mark.usefixtures("_library")
def test_lone_surrogates_are_written():
    assert _json.dumps({"a": "\ud800"}) == b'{"a":"\\ud800"}'


def test_lone_surrogates_are_written_where_orjson_tells_why_it_refuses_them(monkeypatch: pytest.MonkeyPatch):
    def dumps(value: str, default: object) -> bytes:
        try:
            return value.encode()
        except UnicodeEncodeError as error:
            raise TypeError("str is not valid UTF-8: surrogates not allowed") from error

    monkeypatch.setattr(_json, "orjson", SimpleNamespace(dumps=dumps))  # as orjson 3.10 does

    assert _json.dumps("\ud800") == b'"\\ud800"'


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_refused_wherever_it_is(number: float):
    for value in (number, [1.5, number], {"a": {"b": number}}, Message(role="user", content=number)):
        with pytest.raises(ValueError, match="JSON"):
            _json.dumps(value)


@pytest.mark.usefixtures("_library")
def test_what_python_has_beside_the_types_of_json_is_written_alike():
    class Colour(Enum):
        RED = "red"

    @dataclass
    class Point:
        x: int
        when: time
        _cached: int = 0

    value = {
        "null": None,
        "enum": Colour.RED,
        "uuid": UUID(int=1),
        "point": [Point(1, time(12, 30))],
        "date": date(2026, 1, 2),
        "set": {1},
    }
    assert json.loads(_json.dumps(value)) == {
        "null": None,
        "enum": "red",
        "uuid": "00000000-0000-0000-0000-000000000001",
        "point": [{"x": 1, "when": "12:30:00"}],
        "date": "2026-01-02",
        "set": [1],
    }


@pytest.mark.usefixtures("_library")
def test_ctrl_c_while_a_value_is_written_is_raised():
    class Interrupted(Mapping[str, int]):
        interrupts = 1

        def __getitem__(self, key: str) -> int:
            return 1

        def __len__(self) -> int:
            return 1

        def __iter__(self) -> Iterator[str]:
            if self.interrupts:
                self.interrupts -= 1
                raise KeyboardInterrupt
            return iter("a")

    with pytest.raises(KeyboardInterrupt):
        _json.dumps(Interrupted())
