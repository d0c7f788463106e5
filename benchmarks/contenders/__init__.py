"""Who is measured: a module for each client, whose `calls(url)` gives a function for each scenario that it can do.

A function reads what the scenario asks for and returns what it has read as a number, which must be the same for all.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Call = Callable[[], int] | Callable[[], Awaitable[int]]
Calls = dict[str, Call]

ROOT = Path(__file__).parents[2]
JAVASCRIPT = ROOT / "benchmarks" / "javascript"
MESSAGES = [{"role": "user", "content": "Write."}]
TEXTS = ["Write."] * 256
CHUNK = b'{"model":"m","created_at":"2026-11-23T14:14:38Z","message":{"role":"assistant","content":"a"},"done":false}'
CONVERSATION = [
    {"role": "assistant" if number % 2 else "user", "content": f"What was said as number {number}. " * 3}
    for number in range(1000)
]


@dataclass(frozen=True)
class Contender:
    """A client as it is measured.

    Attributes:
        label: What stands in the results.
        module: The module with its calls; empty for JavaScript.
        path: Folders from which it is imported before all else.
        python: The interpreter.
    """

    label: str
    module: str = ""
    path: tuple[Path, ...] = ()
    python: str = sys.executable


CONTENDERS = {
    "sdk": Contender("this SDK", "sdk"),
    "sdk-pure": Contender("this SDK without msgspec and httptools", "sdk", (ROOT / "maintenance" / "plain",)),
    "ollama-python": Contender("ollama-python", "ollama_python"),
    "raw-httpx": Contender("httpx and json by hand", "raw_httpx"),
    "aiohttp": Contender("aiohttp and json by hand", "aiohttp_json"),
    "floor": Contender("floor: socket, httptools, msgspec", "floor"),
    "ollama-js": Contender("ollama-js"),
}


def compare_with(checkout: Path) -> None:
    """Measure the SDK of another checkout as `before`, with the packages of its own .venv if it has one."""
    python = checkout / ".venv" / "bin" / "python"
    halves = (checkout / "generated", checkout / "overlay")
    CONTENDERS["before"] = Contender(
        f"this SDK in {checkout}", "sdk", halves, str(python) if python.exists() else sys.executable
    )


def available() -> list[str]:
    """The contenders that can run here."""
    has_javascript = shutil.which("node") and (JAVASCRIPT / "node_modules" / "ollama").is_dir()
    return [name for name in CONTENDERS if name != "ollama-js" or has_javascript]


def environment(name: str) -> dict[str, str]:
    """The environment of a contender: ours, without proxies and keys, and with compiled modules kept, as installed."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "OLLAMA_HOST", "OLLAMA_API_KEY", "NO_PROXY", "HTTP_PROXY", "ALL_PROXY"}
    kept = {key: value for key, value in os.environ.items() if key.upper() not in left_out}
    # The threads of numpy's OpenBLAS spin for a while when they start, which would count as the client's time.
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(map(str, CONTENDERS[name].path))}


def command(name: str, scenario: str, url: str, seconds: float) -> list[str]:
    """The command that measures a scenario of a contender, in a fresh process in ROOT."""
    about = CONTENDERS[name]
    arguments = [scenario, url, str(seconds)]
    if not about.module:
        return ["node", str(JAVASCRIPT / "worker.mjs"), *arguments]
    if scenario in _COLD:
        return [about.python, "-c", _cold_program(about.module, scenario), url]
    return [about.python, "-m", "benchmarks.worker", about.module, *arguments]


# What a process that has just started does first: programs of their own, as all else would import for them.
_COLD = ("import", "first_client", "first_answer")
_STEPS = {
    "sdk": ("from ollama_sdk.overlay import Ollama", "client = Ollama(url)", "answer = client.list().models"),
    "ollama_python": ("from ollama import Client", "client = Client(url)", "answer = client.list().models"),
    "raw_httpx": (
        "from httpx import Client",
        "client = Client()",
        "answer = client.get(f'{url}/api/tags').json()['models']",
    ),
}
_PROGRAM = """
import sys, time
answer, url = (), sys.argv[1]
cpu = time.process_time()
{steps}
cpu = time.process_time() - cpu
import json
print(json.dumps({{"cpu": cpu, "repetitions": 1, "warming": 0, "result": len(answer)}}))
"""


def _cold_program(module: str, scenario: str) -> str:
    if module not in _STEPS:
        return "print('null')"
    return _PROGRAM.format(steps="\n".join(_STEPS[module][: _COLD.index(scenario) + 1]))
