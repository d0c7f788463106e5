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
_CLIENT = "client = Client(url)"
_FIRST_CLIENTS = {"sdk": _CLIENT, "sdk-pure": _CLIENT, "ollama-python": _CLIENT, "raw-httpx": "client = Client()"}
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

SCENARIOS: dict[str, dict[str, str]] = {
    "import": {},
    "first_client": _FIRST_CLIENTS,
    "first_answer": _FIRST_ANSWERS,
}
"""What each contender does after the import."""


def program(contender: str, scenario: str) -> str:
    """The program that measures a scenario; it takes the URL as its argument."""
    if contender not in _IMPORTS:
        return "print('null')"
    measured = [_IMPORTS[contender], SCENARIOS[scenario].get(contender, "")]
    before = "import benchmarks.contenders.without_compiled" if contender == "sdk-pure" else ""
    return _PROGRAM.format(before=before, measured="\n".join(measured))
