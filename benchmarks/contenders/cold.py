"""What a process that has just started does first: programs of their own, as anything else would import for them."""

from __future__ import annotations

_SDK = "from ollama_sdk.overlay import Ollama as Client"
_IMPORTS = {
    "sdk": _SDK,
    "sdk-pure": _SDK,
    "ollama-python": "from ollama import Client",
    "raw-httpx": "from httpx import Client",
}
_LIST = "result = len(Client(url).list().models)"  # a request that both clients have
_FIRST_ANSWERS = {
    "sdk": _LIST,
    "sdk-pure": _LIST,
    "ollama-python": _LIST,
    "raw-httpx": "result = len(Client(base_url=url).get('/api/tags').json()['models'])",
}
_PROGRAM = """
import sys, time
{before}
result, url = 0, sys.argv[1]
cpu, wall = time.process_time(), time.perf_counter()
{measured}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
import json
print(json.dumps({{"cpu": cpu, "wall": wall, "repetitions": 1, "warming": 0, "result": result}}))
"""

SCENARIOS = {"import", "first_answer"}


def program(contender: str, scenario: str) -> str:
    """The program that measures a scenario; it takes the URL as its argument."""
    if contender not in _IMPORTS:
        return "print('null')"
    measured = [_IMPORTS[contender], *([_FIRST_ANSWERS[contender]] if scenario == "first_answer" else [])]
    before = "import benchmarks.contenders.without_compiled" if contender == "sdk-pure" else ""
    return _PROGRAM.format(before=before, measured="\n".join(measured))
