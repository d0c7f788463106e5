"""What models cost beside the bare JSON decode of the same bytes: no server, no request."""

from __future__ import annotations

import json
import time
import timeit
from collections.abc import Callable
from pathlib import Path

from benchmarks import load_server
from benchmarks.contenders import CONVERSATION, readers
from ollama_sdk.generated.models import ChatRequest, ChatResponse, ListResponse, Message, ShowResponse
from ollama_sdk.overlay import _json

LIMIT = 1.0
"""Microseconds above the bare decode that a chunk may cost."""

PROPORTION_LIMIT = 3.0
"""How many times the bare decode anything may take that is done with a large model."""

_RECORDING = Path(__file__).parent.parent / "tests" / "data" / "recordings" / "chat_stream.json"
_ROUNDS = 40


def _least(functions: list[Callable[[], object]], number: int) -> list[float]:
    """CPU microseconds of each: the least of many short runs, as noise only adds, in turn, for quiet moments of all."""
    least = [float("inf")] * len(functions)
    for _ in range(_ROUNDS):
        for index, function in enumerate(functions):
            took = timeit.timeit(function, number=number, timer=time.process_time)
            least[index] = min(least[index], took / number * 1e6)
    return least


def microseconds_above_decode() -> float:
    """The cost of the model of one recorded chat chunk whose content is read, without the decode."""
    line = json.loads(_RECORDING.read_text())["response"]["chunks"][0][1].encode()
    loads = _json.loads
    bare, model = _least([lambda: loads(line), lambda: ChatResponse.from_dict(loads(line)).message.content], 2_000)
    return model - bare


def proportions() -> dict[str, float]:
    """How many times the bare decode large models take, by what is done with them."""
    conversation = {"model": "m", "messages": CONVERSATION}
    request = ChatRequest.from_dict({**conversation, "messages": [Message.from_dict(one) for one in CONVERSATION]})
    talk, models, about = (
        _json.dumps(value) for value in (conversation, load_server.models(1000), load_server.verbose())
    )
    loads = _json.loads
    done: dict[str, tuple[bytes, Callable[[], object]]] = {
        "to_dict of a chat with 1,000 messages": (talk, request.to_dict),
        "a list of 1,000 models, read": (models, lambda: readers.models(ListResponse.from_dict(loads(models)))),
        "a list of 1,000 models, to_dict": (models, lambda: ListResponse.from_dict(loads(models)).to_dict()),
        "show with everything, read": (about, lambda: readers.verbose(ShowResponse.from_dict(loads(about)))),
        "show with everything, to_dict": (about, lambda: ShowResponse.from_dict(loads(about)).to_dict()),
    }
    figures = {}
    for label, (text, function) in done.items():
        bare, whole = _least([lambda text=text: loads(text), function], 1)  # type: ignore[misc]  # text is bound now
        figures[label] = whole / bare
    return figures


def measure() -> dict[str, float]:
    """Both: the microseconds of a chunk, and the proportions."""
    return {"chunk": microseconds_above_decode(), **proportions()}


def missed(figures: dict[str, float]) -> list[str]:
    """What does not keep the limits."""
    chunk, *others = figures.items()
    return [
        *([f"a chunk's model: {chunk[1]:.2f} µs above the decode, wanted {LIMIT}"] if chunk[1] > LIMIT else []),
        *(
            f"{label}: {ratio:.1f} times the bare decode, wanted {PROPORTION_LIMIT}"
            for label, ratio in others
            if ratio > PROPORTION_LIMIT
        ),
    ]


def table(figures: dict[str, float]) -> str:
    """In lines for a terminal."""
    chunk, *others = figures.items()
    return "\n".join(
        [
            f"A chat chunk's model above the bare JSON decode: {chunk[1]:.2f} µs (limit {LIMIT})",
            f"Times the bare decode (limit {PROPORTION_LIMIT}):",
            *(f"  {label:40}{ratio:5.1f}" for label, ratio in others),
        ]
    )
