"""JSON by either library: what is read, what is written, and what is refused."""

from __future__ import annotations

import json
import math
import sys
from collections import OrderedDict, namedtuple
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.generated.models import ChatRequest, Message
from ollama_sdk.overlay import _json


@pytest.fixture(params=["msgspec", "standard library"])
def _library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "msgspec":
        pytest.importorskip("msgspec", reason="msgspec is not to be had on every platform")
    else:
        monkeypatch.setitem(sys.modules, "msgspec", None)
    _json._codec.cache_clear()
    yield
    _json._codec.cache_clear()


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
    max_leaves=10,  # with 100, as it is otherwise, most of the time goes into thinking up values
)
around = st.sampled_from([b"", b" ", b"\t", b"\r", b"\n \n"])


@pytest.mark.usefixtures("_library")
def test_white_space_and_a_byte_order_mark_around_a_value_are_read_over():
    @given(values, st.sampled_from([b"", b"\xef\xbb\xbf"]), around, around)
    def check(value: Any, mark: bytes, before: bytes, after: bytes) -> None:
        assert _json.loads(mark + before + json.dumps(value).encode() + after) == value

    check()


@pytest.mark.usefixtures("_library")
def test_a_damaged_text_is_read_as_the_standard_library_reads_it():
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
        pytest.param(b"9" * 5000, id="more digits than Python converts"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="arrays nested too deeply"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, id="objects nested too deeply"),
        pytest.param(b"[NaN," + b"[" * 100_000, id="nested too deeply after NaN, which msgspec does not read"),
    ],
)
def test_what_is_no_json_is_a_value_error(data: bytes):
    assert ours(data) is None


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("number", [2**53 + 1, 2**63, -(2**63) - 1, 2**64, 123456789012345678901, -(10**4000)])
def test_integers_are_exact_at_any_size(number: int):
    text = str(number).encode()
    assert _json.loads(text) == number
    assert _json.loads(b'{"a":[%b]}' % text) == {"a": [number]}
    assert _json.dumps({"a": [number]}) == b'{"a":[%b]}' % text


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"NaN", math.nan),
        (b"-Infinity", -math.inf),
        (b"1e999", math.inf),
        (b"1" * 400 + b".5", math.inf),
        (b"1e-999", 0.0),
        (b"-0", 0),
        (b"-0.0", -0.0),
        (b"1E5", 100000.0),
        (b'{"a":1,"a":2}', {"a": 2}),
        pytest.param(memoryview(b"[1]"), [1], id="memoryview"),
    ],
    ids=repr,
)
def test_what_the_libraries_would_read_differently_is_read_alike(data: bytes, value: object):
    assert repr(_json.loads(data)) == repr(value)  # repr: NaN does not equal itself, and -0.0 equals 0


@pytest.mark.usefixtures("_library")
def test_lines_are_read_up_to_the_first_that_is_no_json():
    assert _json.loads_each([b"1", b"NaN ", b"[", b"2"])[:1] == [1]
    assert len(_json.loads_each([b"1", b"NaN ", b"[", b"2"])) == 2
    assert _json.loads_each([b"1", b"[" * 100_000, b"2"]) == [1]


@pytest.mark.usefixtures("_library")
def test_lone_surrogates_are_read():
    assert _json.loads(b'"\\ud800"') == "\ud800"
    assert _json.loads(b'"\xed\xa0\x80"') == "\ud800"


@pytest.mark.usefixtures("_library")
def test_lone_surrogates_are_written():
    assert _json.dumps({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_refused_wherever_it_is(number: float):
    for value in (number, [1.5, number], {"a": {"b": number}}, Message(role="user", content=number)):
        with pytest.raises(ValueError, match="JSON"):
            _json.dumps(value)


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Name(str):
    def __str__(self) -> str:
        return "another text"


@dataclass
class Point:
    x: object
    when: time | None = None
    _cached: int = 0


@attrs.define
class Described:
    x: int


Pair = namedtuple("Pair", "left right")
AHEAD = timezone(timedelta(hours=1))


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (-0.0, -0.0),
        (1e22, 1e22),
        ("\u00e9\u2028\x00", "\u00e9\u2028\x00"),
        (Name("a"), "a"),
        (Colour.RED, "red"),
        (Size.SMALL, 1),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (datetime(2026, 1, 2, microsecond=5, tzinfo=AHEAD), "2026-01-02T00:00:00.000005+01:00"),
        (time(12, 30), "12:30:00"),
        (Point([Point(1)], time(12, 30)), {"x": [{"x": 1, "when": None}], "when": "12:30:00"}),
        ({1}, [1]),
        (frozenset({1}), [1]),
        ((1, (2, ())), [1, [2, []]]),
        (Pair(1, 2), [1, 2]),
        (range(3), [0, 1, 2]),
        (OrderedDict(a=(1,)), {"a": [1]}),
        (MappingProxyType({"a": {1}}), {"a": [1]}),
        ({2: 1, 1.5: 2, True: 3, None: 4, Name("a"): 5}, {"2": 1, "1.5": 2, "true": 3, "null": 4, "a": 5}),
        ({Colour.RED: 1, date(2026, 1, 2): 2}, {"red": 1, "2026-01-02": 2}),
    ],
    ids=repr,
)
def test_what_python_has_beside_the_types_of_json_is_written_alike(value: object, written: object):
    for around in (lambda it: it, lambda it: [it], lambda it: {"a": {"b": it}}):
        assert json.loads(_json.dumps(around(value))) == around(written)


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize(
    "value",
    [
        b"bytes", bytearray(b"bytes"), memoryview(b"bytes"), Decimal("1.5"), timedelta(1), 1j, object(), Point,
        Described(1), iter([1]), {(1, 2): 3}, {b"a": 1},
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_json_does_not_have_is_a_type_error(value: object):
    for around in (value, [1, value], {"a": {"b": value}}, Message(role="user", content=value)):  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="cannot be written"):
            _json.dumps(around)


@pytest.mark.usefixtures("_library")
def test_a_model_is_written_as_what_was_set_in_it_wherever_it_is():
    wire = {"role": "user", "_private": 1, "unknown": None}
    message = Message.from_dict({**wire, "content": None})
    assert json.loads(_json.dumps(message)) == wire
    for value in ([message], (message,), {"a": {"b": [message]}}, MappingProxyType({"a": message}), Point(message)):
        text = _json.dumps(value).decode()
        assert text.count('{"role":"user","_private":1,"unknown":null}') == 1
        assert "content" not in text
    request = ChatRequest(model="m", messages=[message, {"role": "user", "content": "Hi"}])
    assert json.loads(_json.dumps(request)) == {"model": "m", "messages": [wire, {"role": "user", "content": "Hi"}]}


@pytest.mark.usefixtures("_library")
def test_a_list_that_is_known_to_be_plain_is_written_as_any_other():
    messages = [{"role": "user", "content": "Hi"}, {"role": "user", "content": "\ud800"}]
    for plain in (messages, messages[:1], []):
        assert _json.dumps({"messages": _json.PlainList(plain)}) == _json.dumps({"messages": plain})


@pytest.mark.usefixtures("_library")
def test_values_come_back_as_they_were_written():
    @given(values)
    def check(value: Any) -> None:
        assert _json.loads(_json.dumps(value)) == value

    check()


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_what_is_nested_too_deeply_or_in_itself_is_a_value_error(kind: Any):
    deep: Any = kind()
    for _ in range(100_000):
        deep = {"a": deep} if kind is dict else kind([deep])
    circle: dict[str, Any] = {}
    circle["circle"] = [circle]
    for value in (deep, circle):
        with pytest.raises(ValueError, match="nested too deeply"):
            _json.dumps(value)


@pytest.mark.usefixtures("_library")
def test_what_is_read_at_a_depth_of_hundreds_is_written_again():
    data = b'{"a":' * 300 + b"[" * 300 + b"]" * 300 + b"}" * 300
    assert _json.dumps(_json.loads(data)) == data


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
