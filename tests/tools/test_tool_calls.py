"""Calls that a model asks for are run, and their results and mistakes become text."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import attrs
import pydantic
import pytest

from ollama_sdk.generated.models import Message
from ollama_sdk.overlay import AbortError
from ollama_sdk.overlay._calls.calls import CallGroup
from ollama_sdk.overlay._tools.calls import PendingCall, run_calls, run_calls_async
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay._tools.results import result_text

LIMIT = 60.0
Run = Callable[..., list[str]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run calls in the way of each client."""
    if request.param == "sync":
        return lambda calls, *, parallel=False: run_calls(calls, CallGroup(), parallel=parallel)

    def run_async(calls: Sequence[PendingCall], *, parallel: bool = False) -> list[str]:
        return asyncio.run(run_calls_async(calls, CallGroup(), parallel=parallel))

    return run_async


def pending(function: Callable[..., Any], arguments: Any = None, *, tells: bool = True) -> PendingCall:
    tool = describe(function)
    return PendingCall(tool.name, None, {} if arguments is None else arguments, tool, tells)


def add(a: int, b: int = 1) -> int:
    return a + b


async def add_async(a: int, b: int = 1) -> int:
    await asyncio.sleep(0)
    return a + b


class AddObject:
    async def __call__(self, a: int) -> int:
        return a + 1


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("function", [add, add_async, AddObject()])
def test_results_come_back_in_the_order_of_the_calls(run: Run, function: Callable[..., Any], parallel: bool):
    calls = [pending(function, {"a": number}) for number in (1, 2, 3)]
    assert run(calls, parallel=parallel) == ["2", "3", "4"]


def test_parallel_calls_run_at_the_same_time(run: Run):
    meeting = threading.Barrier(2)

    def meet() -> str:
        meeting.wait(LIMIT)
        return "met"

    assert run([pending(meet), pending(meet)], parallel=True) == ["met", "met"]


def test_parallel_async_functions_run_at_the_same_time():
    async def main() -> list[str]:
        arrived = [asyncio.Event(), asyncio.Event()]

        async def meet(own: int) -> str:
            arrived[own].set()
            await asyncio.wait_for(arrived[1 - own].wait(), LIMIT)
            return "met"

        return await run_calls_async([pending(meet, {"own": 0}), pending(meet, {"own": 1})], CallGroup(), parallel=True)

    assert asyncio.run(main()) == ["met", "met"]


def test_a_parallel_function_that_awaits_what_was_cancelled_has_no_text():
    async def main() -> list[str]:
        async def wait_for_cancelled() -> None:
            waiting = asyncio.ensure_future(asyncio.sleep(LIMIT))
            waiting.cancel()
            await waiting

        calls = [pending(wait_for_cancelled), pending(add_async, {"a": 1})]
        return await run_calls_async(calls, CallGroup(), parallel=True)

    assert asyncio.run(main()) == ["", "2"]


def test_one_call_after_another_stays_in_the_thread_of_the_caller():
    def thread() -> str:
        return threading.current_thread().name

    assert run_calls([pending(thread), pending(thread)], CallGroup()) == [threading.current_thread().name] * 2


def test_parallel_calls_see_the_context_of_the_caller(run: Run):
    variable: ContextVar[str] = ContextVar("variable")

    def read() -> str:
        return variable.get()

    variable.set("seen")
    assert run([pending(read), pending(read)], parallel=True) == ["seen", "seen"]


def test_an_async_function_runs_from_sync_code_inside_an_event_loop():
    async def main() -> list[str]:
        return run_calls([pending(add_async, {"a": 1})], CallGroup())

    assert asyncio.run(main()) == ["2"]


def fail() -> None:
    raise KeyError("no such city")


def test_an_exception_is_told_to_the_model(run: Run):
    assert run([pending(fail), pending(add, {"a": 1})]) == ["Error: KeyError: 'no such city'", "2"]


@pytest.mark.parametrize("parallel", [False, True])
def test_an_exception_is_raised_where_asked(run: Run, parallel: bool):
    with pytest.raises(KeyError, match="no such city"):
        run([pending(add, {"a": 1}, tells=False), pending(fail, tells=False)], parallel=parallel)


@pytest.mark.parametrize("parallel", [False, True])
def test_an_abort_is_never_told_to_the_model(run: Run, parallel: bool):
    def abort() -> None:
        raise AbortError("aborted")

    with pytest.raises(AbortError):
        run([pending(abort), pending(abort)], parallel=parallel)


@pytest.mark.parametrize("arguments", [{"a": "many"}, {}, {"a": 1, "z": 2}, "text", "[1]"])
def test_arguments_that_do_not_fit_are_told_even_where_exceptions_are_raised(run: Run, arguments: object):
    [text] = run([pending(add, arguments, tells=False)])
    assert text.startswith("Error: add: ")


def test_an_unknown_function_is_told(run: Run):
    assert run([PendingCall("nope", None, {}, None, refusal="Error: no nope")]) == ["Error: no nope"]


class Unit(Enum):
    KELVIN = "kelvin"


class Shout(str):
    pass


class Mood(str, Enum):  # noqa: UP042  # the older form, whose str() is another text
    GOOD = "good"


@dataclass
class Point:
    x: int


@attrs.define
class Line:
    start: Point


class Box(pydantic.BaseModel):
    width: int
    start: Point


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        ("", ""),
        (Shout("as it is"), "as it is"),
        (Mood.GOOD, "good"),
        (Unit.KELVIN, '"kelvin"'),
        (None, "null"),
        (True, "true"),
        (20, "20"),
        (1.5, "1.5"),
        (["ä", 1], '["ä",1]'),
        ({"a": (1, 2)}, '{"a":[1,2]}'),
        ({1: "a"}, '{"1":"a"}'),
        (Point(1), '{"x":1}'),
        (Line(Point(1)), '{"start":{"x":1}}'),
        ([Box(width=1, start=Point(2))], '[{"width":1,"start":{"x":2}}]'),
        (Message(role="user", content="Hi"), '{"role":"user","content":"Hi"}'),
        ({"unit": Unit.KELVIN}, '{"unit":"kelvin"}'),
        ([date(2025, 1, 2), Decimal("1.5"), Path("a")], '["2025-01-02","1.5","a"]'),
        ([Shout("a")], '["a"]'),
        ({Unit.KELVIN: timedelta(1, 5)}, '{"kelvin":"P1DT5S"}'),
        ([timedelta(0), -timedelta(microseconds=10)], '["P0D","-PT0.00001S"]'),
        ([b"bytes", UUID(int=1)], '["Ynl0ZXM=","00000000-0000-0000-0000-000000000001"]'),
        (datetime(2025, 1, 2, tzinfo=UTC), '"2025-01-02T00:00:00+00:00"'),
        (10**30, str(10**30)),
    ],
    ids=repr,
)
def test_a_result_is_text_or_json_with_and_without_libraries(value: object, text: str, monkeypatch: pytest.MonkeyPatch):
    assert result_text(value) == text
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic_core", None)
    assert result_text(value) == text


@pytest.mark.parametrize("around", [Point, Line, lambda it: [it], lambda it: {"a": (it,)}])
def test_a_message_within_a_result_is_what_was_set_in_it(around: Callable[[object], object]):
    message = Message.from_dict({"role": "user", "content": None, "_private": 1})
    assert '{"role":"user","_private":1}' in result_text(around(message))


def test_a_struct_of_msgspec_is_written_as_it_wants_to_be():
    msgspec = pytest.importorskip("msgspec", reason="msgspec is not to be had on every platform")
    kind = msgspec.defstruct("Kind", [("width", int), ("start", Point)], rename="upper")
    assert result_text([kind(1, Point(2))]) == '[{"WIDTH":1,"START":{"x":2}}]'
