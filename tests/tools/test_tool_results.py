"""A tool that succeeded is told as a success, whatever it returned; what has no text is the developer's mistake."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import math
import re
from array import array
from collections import Counter, OrderedDict, UserDict, UserList, UserString, deque, namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import attrs
import pydantic
import pytest
from overlay.callers import Api

from ollama_sdk.overlay.testing import Json, OllamaServer

np = pytest.importorskip("numpy", reason="numpy is not to be had on every platform")


class Money:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    def __str__(self) -> str:
        return f"{self.amount} EUR"


class Coin:
    def __repr__(self) -> str:
        return "Coin(1)"


class Frame:
    """Like pandas: columns with an index, and a text that leaves out rows."""

    def to_dict(self) -> dict[str, Any]:
        return {"price": {0: np.float64(1.5), 1: np.float64("nan")}, "at": {("a", 1): np.datetime64("2026-01-01")}}

    def __str__(self) -> str:
        return "..."


class Strange:
    """Has methods of the names that others use for something else."""

    def to_dict(self, needed: int) -> dict[str, Any]:
        return {"needed": needed}

    def __str__(self) -> str:
        return "strange"


class Measurement(pydantic.BaseModel):
    values: Any
    at: date


class Holder(pydantic.BaseModel):
    at: datetime
    share: float


@dataclass
class Order:
    price: Any
    tags: set[str]
    _note: str = "not for the model"


@attrs.define
class Line:
    start: Any
    _note: str = "not for the model"


Named = namedtuple("Named", "x y")

RESULTS: list[tuple[Any, Any]] = [
    (np.float32(9.5), 9.5),
    (np.int64(3), 3),
    (np.bool_(True), True),
    (np.str_("text"), "text"),
    (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
    (np.array(5), 5),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.array([1.5, math.nan]), [1.5, "nan"]),
    (np.array([object], dtype=object), ["<class 'object'>"]),
    (np.datetime64("2026-01-01T10:00:00", "ns"), "2026-01-01T10:00:00.000000000"),
    (np.array(["2026-01-01"], dtype="datetime64[ns]"), ["2026-01-01T00:00:00.000000000"]),
    (np.complex128(1 + 2j), "(1+2j)"),
    (np.longdouble("1.5"), "1.5"),
    (np.array([1.5], dtype=np.longdouble), ["1.5"]),
    ({"price": np.float32(9.5), "left": np.int64(3)}, {"price": 9.5, "left": 3}),
    ({np.int64(1): "a", (1, 2): "b", None: "c", 1.5: "d"}, {"1": "a", "(1, 2)": "b", "null": "c", "1.5": "d"}),
    ({math.nan: 1, date(2026, 1, 1): 2, frozenset({1}): 3}, {"nan": 1, "2026-01-01": 2, "[1]": 3}),
    (Frame(), {"price": {"0": 1.5, "1": "nan"}, "at": {"('a', 1)": "2026-01-01"}}),
    (Strange(), "strange"),
    (math.nan, "nan"),
    ([math.inf, -math.inf], ["inf", "-inf"]),
    (Decimal("1.10"), "1.10"),
    (Decimal("NaN"), "NaN"),
    (Fraction(1, 3), "1/3"),
    (1 + 2j, "(1+2j)"),
    ({"x"}, ["x"]),
    (frozenset({1}), [1]),
    (range(3), [0, 1, 2]),
    (deque([1, 2]), [1, 2]),
    (array("i", [1, 2]), [1, 2]),
    ({"a": 1}.keys(), ["a"]),
    ({"a": 1}.items(), [["a", 1]]),
    (UserList([1]), [1]),
    (UserDict({"a": 1}), {"a": 1}),
    (UserString("text"), "text"),
    (OrderedDict(a=1), {"a": 1}),
    (Counter("aab"), {"a": 2, "b": 1}),
    (Named(1, np.int64(2)), [1, 2]),
    (date(2026, 1, 1), "2026-01-01"),
    (datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+00:00"),
    (time(10), "10:00:00"),
    (timedelta(seconds=90), "PT90S"),
    (b"ab", "YWI="),
    (bytearray(b"ab"), "YWI="),
    (memoryview(b"ab"), "YWI="),
    (PurePosixPath("/a"), "/a"),
    (ipaddress.ip_address("::1"), "::1"),
    (re.compile("a+"), "re.compile('a+')"),
    (ValueError("no such city"), "no such city"),
    (Money(5), "5 EUR"),
    ([Coin()], ["Coin(1)"]),
    (Order(np.float32(1.5), {"x"}), {"price": 1.5, "tags": ["x"]}),
    (Line(Money(1)), {"start": "1 EUR"}),
    (Holder(at=datetime(2026, 1, 1, tzinfo=UTC), share=0.5), {"at": "2026-01-01T00:00:00Z", "share": 0.5}),
    (Measurement(values=np.array([1, 2]), at=date(2026, 1, 1)), {"values": [1, 2], "at": "2026-01-01"}),
]


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


def script(server: OllamaServer, calls: int = 1) -> None:
    wanted = [{"function": {"name": "tool", "arguments": {}}}] * calls
    server.queue("POST", "/api/chat", Json({"message": {"role": "assistant", "tool_calls": wanted}, "done": True}))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "Done."}, "done": True}))


def returning(value: object, *, is_async: bool = False) -> Callable[[], Any]:
    def tool() -> object:
        return value

    async def tool_async() -> object:
        await asyncio.sleep(0)
        return value

    tool_async.__name__ = "tool"
    return tool_async if is_async else tool


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("value", "told"), RESULTS, ids=lambda value: type(value).__name__)
def test_what_a_tool_returns_is_told(server: OllamaServer, api: Api[Any], value: Any, told: Any, is_async: bool):
    script(server)
    content = api.run_tools("m", [], tools=[returning(value, is_async=is_async)]).messages[1].content
    assert (content if isinstance(value, str) else json.loads(content)) == told
    assert not content.startswith("Error")


def test_a_table_is_told_whole_where_labels_repeat(server: OllamaServer, api: Api[Any]):
    pandas = pytest.importorskip("pandas")
    rows = {"index": [0, 1, 0], "columns": ["a"], "data": [[1], [2], [3]]}
    columns = {"index": [0], "columns": ["a", "a"], "data": [[1, 2]]}
    for table, told in [
        (pandas.concat([pandas.DataFrame({"a": [1, 2]}), pandas.DataFrame({"a": [3]})]), rows),
        (pandas.Series([1, 2, 3], index=[0, 1, 0], name="a"), rows),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), columns),
    ]:
        script(server)
        content = api.run_tools("m", [], tools=[returning(table)]).messages[1].content
        assert json.loads(content).items() >= told.items()


def cyclic() -> list[Any]:
    loop: list[Any] = []
    loop.append(loop)
    return loop


class Unprintable:
    def __str__(self) -> str:
        raise LookupError("no text")


MISTAKES = [object(), [object()], {"a": iter([1])}, (i for i in "ab"), lambda: 1, cyclic(), {object(): 1}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("on_tool_error", ["tell", "raise"])
@pytest.mark.parametrize("value", MISTAKES, ids=lambda value: type(value).__name__)
def test_what_cannot_be_told_is_raised(
    server: OllamaServer, api: Api[Any], value: object, on_tool_error: str, parallel: bool, stream: bool
):
    script(server, 2)
    arguments: dict[str, Any] = {"on_tool_error": on_tool_error, "parallel": parallel, "stream": stream}
    with pytest.raises(TypeError, match="cannot be told to the model"):
        list(api.run_tools("m", [], tools=[returning(value)], **arguments))


def test_an_exception_of_its_text_is_raised(server: OllamaServer, api: Api[Any]):
    script(server)
    with pytest.raises(LookupError, match="no text"):
        api.run_tools("m", [], tools=[returning(Unprintable())])


def test_a_frame_of_pandas_is_told_whole(server: OllamaServer, api: Api[Any]):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"n": range(100), "at": pandas.Timestamp("2026-01-01")})
    script(server)
    content = api.run_tools("m", [], tools=[returning([frame, frame["n"]])]).messages[1].content
    told = json.loads(content)
    assert told[0]["n"]["99"] == told[1]["99"] == 99
    assert told[0]["at"]["5"] == "2026-01-01T00:00:00"
