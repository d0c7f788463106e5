"""Measures one scenario of one contender in this fresh process, and prints what it took as JSON.

Arguments: the contender's module, scenario, the load server's URL, and how many CPU seconds to go on for. `null` is
printed when the contender cannot do the scenario. With `memory` in place of the seconds, what is printed is by how many
MiB the process grows at most while it reads 200,000 chunks, after a stream of 20,000.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.contenders import Calls


class _Measurement:
    """CPU time of the repetitions, the first of which is left out: it warms up, and the server with it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._results: list[int] = []

    def goes_on(self) -> bool:
        if len(self._results) == 1:
            self._began = time.process_time()
        return len(self._results) < 2 or time.process_time() - self._began < self._seconds

    def add(self, result: int) -> None:
        self._results.append(result)

    def sample(self) -> dict[str, float]:
        cpu, count = time.process_time() - self._began, len(self._results) - 1
        (result,) = set(self._results)  # each repetition read the same
        return {"cpu": cpu / count, "repetitions": count, "warming": 1, "result": result}


def _measure(call: Callable[[], int], measurement: _Measurement) -> None:
    while measurement.goes_on():
        measurement.add(call())


async def _measure_async(call: Callable[[], Awaitable[int]], measurement: _Measurement) -> None:
    while measurement.goes_on():
        measurement.add(await call())


def _memory(calls: Callable[[str], Calls], scenario: str, url: str) -> float:
    def status(field: str) -> int:
        """A field of the process's status in KiB: VmRSS is its memory now, VmHWM the most since the mark was reset."""
        (found,) = re.findall(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
        return int(found)

    def read(count: int) -> None:
        call: Any = calls(f"{url}/chunks-{count}")[scenario]
        asyncio.run(call()) if inspect.iscoroutinefunction(call) else call()

    read(20_000)
    Path("/proc/self/clear_refs").write_text("5")  # resets the mark
    before = status("VmRSS")
    read(200_000)
    return (status("VmHWM") - before) / 1024


def main() -> None:
    contender, scenario, url, seconds = sys.argv[1:]
    calls = import_module(f"benchmarks.contenders.{contender}").calls
    if seconds == "memory":
        print(_memory(calls, scenario, url))
    elif (call := calls(url).get(scenario)) is None:
        print("null")
    else:
        measurement = _Measurement(float(seconds))
        if inspect.iscoroutinefunction(call):
            asyncio.run(_measure_async(call, measurement))
        else:
            _measure(call, measurement)
        print(json.dumps(measurement.sample()))


if __name__ == "__main__":
    main()
