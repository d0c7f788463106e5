"""Measures one scenario of one contender in this fresh process, and prints what it took as JSON.

Arguments: the contender's module, scenario, the load server's URL, and how many CPU seconds to go on for. `null` is
printed when the contender cannot do the scenario.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.contenders import Call
from benchmarks.scenarios import SCENARIOS


def _memory(field: str) -> float:
    """A field of the process's status in MiB: VmRSS is its memory now, VmHWM the most since the mark was reset."""
    (found,) = re.findall(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found) / 1024


async def _measure(warm_up: Call, call: Call, seconds: float) -> dict[str, Any]:
    """What a repetition takes. The first one is left out: it warms up, and the server with it."""

    async def repeat(call: Call) -> int:
        result = call()
        return result if isinstance(result, int) else await result

    await repeat(warm_up)
    Path("/proc/self/clear_refs").write_text("5")  # resets the mark
    memory, began, results = _memory("VmRSS"), time.process_time(), []
    while not results or time.process_time() - began < seconds:
        results.append(await repeat(call))
    cpu = time.process_time() - began
    (result,) = set(results)  # each repetition read the same
    sample = {"cpu": cpu / len(results), "repetitions": len(results), "warming": 1, "result": result}
    return {**sample, "memory": _memory("VmHWM") - memory}


def main() -> None:
    module, scenario, url, seconds = sys.argv[1:]
    calls, about = import_module(f"benchmarks.contenders.{module}").calls, SCENARIOS[scenario]
    call = warm_up = calls(url).get(scenario)
    if call and about.warm_up:
        warm_up = calls(url.replace(about.prefix, about.warm_up))[scenario]
    print(json.dumps(call and asyncio.run(_measure(warm_up, call, float(seconds)))))


if __name__ == "__main__":
    main()
