"""One call of the soak, chosen by chance: what is asked, how it is ended, and whether it ended as it must."""

from __future__ import annotations

import asyncio
import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from overlay.fault_table import FAULT_TABLE, TEXT
from soak.server import FAULT_NAMES

from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama, OllamaError, OllamaTimeoutError

MESSAGES = [{"role": "user", "content": "Hi!"}]


@dataclass
class Plan:
    """What one call is to do.

    Attributes:
        model: How the server answers.
        ending: "whole" for a call that is not streamed; a stream is read to its "final", left by "break", "drop"ped,
            or ended by an "abort" of its own; tasks may also "cancel" themselves.
        pieces: How many pieces are read before a stream is left.
        delay: Seconds until the abort or the cancellation.
        timeout: Seconds per phase, or None.
    """

    model: str
    ending: str
    pieces: int
    delay: float
    timeout: float | None

    @classmethod
    def chosen(cls, chance: random.Random, *, task: bool) -> Plan:
        """A plan, by chance."""
        kind = chance.choices(["healthy", "slow", "never", "fault"], [50, 15, 10, 25])[0]
        endings = ["whole", "final", "break", "drop", "abort"] + (["cancel"] if task else [])
        model = chance.choice(FAULT_NAMES) if kind == "fault" else kind
        timeout = None
        if kind == "never":
            model = chance.choice(["never_begins", "never_ends"])
            timeout = chance.uniform(0.05, 0.3)  # else it would end with an abort of the whole client alone
        return cls(model, chance.choice(endings), chance.randrange(4), chance.uniform(0, 0.1), timeout)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the call."""
        timeout = {"timeout": httpx.Timeout(None, read=self.timeout)} if self.timeout else {}
        return {"model": self.model, "messages": MESSAGES, "stream": self.ending != "whole", **timeout}


@dataclass
class Ledger:
    """Counts how calls ended, and keeps what should not have happened.

    Attributes:
        outcomes: How often each kind of end came.
        violations: What broke the rules.
        aborts: How often a whole client was aborted.
        running: The calls at work: when each began, and its plan.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    aborts: int = 0
    running: dict[object, tuple[float, Plan]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, plan: Plan) -> tuple[object, int]:
        """A call begins."""
        key = object()
        self.running[key] = time.monotonic(), plan
        return key, self.aborts

    def end(self, begun: tuple[object, int], plan: Plan, result: object, *, own_end: bool) -> None:
        """A call has ended with a text, an error, or "left" or "cancelled".

        Args:
            begun: What `begin` gave.
            plan: What was to happen.
            result: A pair of "complete" and the text, "left", "cancelled", or the exception.
            own_end: Whether the call was aborted or cancelled by itself.
        """
        key, aborts = begun
        self.running.pop(key)
        name, why = self._judge(plan, result, aborted=own_end or self.aborts != aborts)
        with self._lock:
            self.outcomes[name] += 1
            if why:
                self.violations.append(f"{plan}: {why}")

    def _judge(self, plan: Plan, result: object, *, aborted: bool) -> tuple[str, str]:
        row = FAULT_TABLE.get(plan.model)
        expected, text = (None, TEXT) if row is None else row.whole if plan.ending == "whole" else row.streamed
        if isinstance(result, tuple):
            may_end = expected is None and not plan.model.startswith("never")
            return "complete", "" if may_end and result[1] == text else f"looked complete with {result[1]!r}"
        if isinstance(result, str):
            return result, ""
        if isinstance(result, AbortError):
            return "AbortError", "" if aborted else "was aborted by nobody"
        if isinstance(result, OllamaTimeoutError):
            return "OllamaTimeoutError", "" if plan.timeout else f"has no limit that could run out: {result!r}"
        if isinstance(result, OllamaError):
            told = expected is not None and type(result) is expected
            return "documented error", "" if told else f"ended with {result!r}"
        return "foreign exception", f"ended with {result!r}"


class Alarm:
    """Calls functions later, all in one thread: what a user's stop button does."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._changed = threading.Condition()
        self._count = 0
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="alarm", daemon=True)
        self._thread.start()

    def after(self, delay: float, function: Callable[[], object]) -> None:
        """Call a function after some seconds."""
        with self._changed:
            self._count += 1
            heapq.heappush(self._due, (time.monotonic() + delay, self._count, function))
            self._changed.notify()

    def stop(self) -> None:
        """End the thread; what is not due yet is forgotten."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (not self._due or self._due[0][0] > time.monotonic()):
                    self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
                if self._stopped:
                    return
                function = heapq.heappop(self._due)[2]
            function()
            del function  # it holds a stream


def call(client: Ollama, plan: Plan, ledger: Ledger, alarm: Alarm) -> None:
    """Make one call as planned."""
    begun = ledger.begin(plan)
    result: object
    try:
        result = _result(client, plan, alarm)
    except BaseException as error:
        result = error.with_traceback(None)
    ledger.end(begun, plan, result, own_end=plan.ending == "abort")


def _result(client: Ollama, plan: Plan, alarm: Alarm) -> object:
    answer: Any = client.chat(**plan.arguments)
    if plan.ending == "whole":
        return "complete", _text(answer)
    if plan.ending == "abort":
        alarm.after(plan.delay, answer.abort)
    if plan.ending in ("final", "abort"):
        return "complete", _text(answer.final())
    if plan.ending == "break":
        with answer as stream:
            for _ in zip(range(plan.pieces), stream, strict=False):
                pass
    else:
        for _ in zip(range(plan.pieces), answer, strict=False):
            pass
    return "left"


async def acall(client: AsyncOllama, plan: Plan, ledger: Ledger) -> None:
    """Make one call as planned, in a task."""
    begun = ledger.begin(plan)
    result: object
    try:
        if plan.ending == "cancel":
            task = asyncio.ensure_future(_aresult(client, plan))
            asyncio.get_running_loop().call_later(plan.delay, task.cancel)
            result = await task
        else:
            result = await _aresult(client, plan)
    except asyncio.CancelledError:
        result = "cancelled" if plan.ending == "cancel" else "cancelled by nobody"
    except BaseException as error:
        result = error.with_traceback(None)
    ledger.end(begun, plan, result, own_end=plan.ending == "abort")


async def _aresult(client: AsyncOllama, plan: Plan) -> object:
    answer: Any = await client.chat(**plan.arguments)
    if plan.ending == "whole":
        return "complete", _text(answer)
    if plan.ending == "abort":
        asyncio.get_running_loop().call_later(plan.delay, answer.abort)
    if plan.ending in ("final", "abort", "cancel"):
        return "complete", _text(await answer.final())
    if plan.ending == "break":
        async with answer as stream:
            await _read(stream, plan.pieces)
    else:
        await _read(answer, plan.pieces)
    return "left"


async def _read(stream: Any, pieces: int) -> None:
    for _ in range(pieces):
        try:
            await anext(stream)
        except StopAsyncIteration:
            return


def _text(answer: Any) -> str | None:
    message = answer.message
    return message.content if message else None
