"""Prints by how many MiB this fresh process grows at most while it reads a long stream.

Arguments: contender, scenario, the load server's URL.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks import contenders


def _status(field: str) -> int:
    """A field of this process's status in KiB; VmRSS is its memory now, VmHWM the most since the mark was reset."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def main() -> None:
    contender, scenario, url = sys.argv[1:]

    def read(count: int) -> None:
        call: Any = contenders.calls(contender, f"{url}/chunks-{count}")[scenario]
        if inspect.iscoroutinefunction(call):
            asyncio.run(call())
        else:
            call()

    read(20_000)
    Path("/proc/self/clear_refs").write_text("5")  # resets the mark
    before = _status("VmRSS")
    read(200_000)
    print((_status("VmHWM") - before) / 1024)


if __name__ == "__main__":
    main()
