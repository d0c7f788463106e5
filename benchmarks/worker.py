"""Measures one scenario of one contender in this fresh process, and prints what it took as JSON.

Arguments: contender, scenario, the load server's URL, and how many CPU seconds to go on for. `null` is printed when
the contender cannot do the scenario.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks import contenders


class _Measurement:
    """CPU and wall time of the repetitions, the first of which is left out: it warms up, and the server with it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._repetitions = -1
        self._results: set[int] = set()

    def goes_on(self) -> bool:
        if self._repetitions == 0:
            self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self._repetitions < 1 or time.process_time() - self._cpu < self._seconds

    def add(self, result: int) -> None:
        self._repetitions += 1
        self._results.add(result)

    def sample(self) -> dict[str, float]:
        cpu, wall = time.process_time() - self._cpu, time.perf_counter() - self._wall
        (result,) = self._results  # each repetition read the same
        count = self._repetitions
        return {"cpu": cpu / count, "wall": wall / count, "repetitions": count, "warming": 1, "result": result}


def _measure(call: Callable[[], int], seconds: float) -> dict[str, float]:
    measurement = _Measurement(seconds)
    while measurement.goes_on():
        measurement.add(call())
    return measurement.sample()


async def _measure_async(call: Callable[[], Awaitable[int]], seconds: float) -> dict[str, float]:
    measurement = _Measurement(seconds)
    while measurement.goes_on():
        measurement.add(await call())
    return measurement.sample()


def main() -> None:
    contender, scenario, url, seconds = sys.argv[1:]
    call: Any = contenders.calls(contender, url).get(scenario)
    if call is None:
        print("null")
    elif inspect.iscoroutinefunction(call):
        print(json.dumps(asyncio.run(_measure_async(call, float(seconds)))))
    else:
        print(json.dumps(_measure(call, float(seconds))))


if __name__ == "__main__":
    main()
