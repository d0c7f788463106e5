"""Who is measured: a module for each, whose `calls(url)` gives a function for each scenario that it can do.

A function reads what the scenario asks for and returns what it has read as a number, which must be the same for all.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.contenders import cold

Calls = dict[str, Callable[[], int] | Callable[[], Awaitable[int]]]

MESSAGES = [{"role": "user", "content": "Write."}]
CONVERSATION = [
    {"role": "assistant" if number % 2 else "user", "content": f"What was said as number {number}. " * 3}
    for number in range(1000)
]

PYTHON = {
    "sdk": "this SDK",
    "sdk-pure": "this SDK without msgspec and httptools",
    "ollama-python": "ollama-python",
    "raw-httpx": "httpx and json by hand",
    "floor": "floor: socket, httptools, msgspec",
}
"""What stands in the table, by name; the module has the same name."""

JAVASCRIPT = {"ollama-js": "ollama-js"}

JAVASCRIPT_FOLDER = Path(__file__).parents[1] / "javascript"


def available() -> list[str]:
    """The contenders that can run here."""
    has_javascript = shutil.which("node") and (JAVASCRIPT_FOLDER / "node_modules" / "ollama").is_dir()
    return [*PYTHON, *(JAVASCRIPT if has_javascript else ())]


def command(contender: str, scenario: str, url: str, seconds: float) -> list[str]:
    """The command that measures a scenario of a contender in a fresh process."""
    if scenario in cold.SCENARIOS:
        return [sys.executable, "-c", cold.program(contender, scenario), url]
    arguments = [scenario, url, str(seconds)]
    if contender in JAVASCRIPT:
        return ["node", str(JAVASCRIPT_FOLDER / "worker.mjs"), *arguments]
    return [sys.executable, "-m", "benchmarks.worker", contender, *arguments]


def calls(contender: str, url: str) -> Calls:
    """The functions of a contender that is written in Python."""
    module = importlib.import_module(f"benchmarks.contenders.{contender.replace('-', '_')}")
    found: Calls = module.calls(url)
    return found
