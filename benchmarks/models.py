"""What a model costs above the bare JSON decode: `from_dict` of a recorded chat chunk, its content read."""

from __future__ import annotations

import json
import timeit
from pathlib import Path

from ollama_sdk.generated.models import ChatResponse
from ollama_sdk.overlay import _json

LIMIT = 1.0
"""Microseconds above the bare decode that a chunk may cost."""

_RECORDING = Path(__file__).parent.parent / "tests" / "data" / "recordings" / "chat_stream.json"


def microseconds_above_decode() -> float:
    """The cost of the model of one chunk, without the decode: the least of several runs, as noise only adds."""
    line = json.loads(_RECORDING.read_text())["response"]["chunks"][0][1].encode()
    loads = _json.loads

    def bare() -> object:
        return loads(line)

    def model() -> str:
        return ChatResponse.from_dict(loads(line)).message.content

    number, best = 20_000, [float("inf"), float("inf")]
    for _ in range(15):  # in turn, so that both have their share of the machine's quiet moments
        for index, function in enumerate((bare, model)):
            best[index] = min(best[index], timeit.timeit(function, number=number))
    return (best[1] - best[0]) / number * 1e6
