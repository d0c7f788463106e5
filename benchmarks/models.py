"""What models cost beside the bare JSON decode of the same bytes: no server, no request."""

from __future__ import annotations

import json
import time
import timeit
from collections.abc import Callable

from msgspec.json import decode, encode

from benchmarks import load_server
from benchmarks.contenders import CONVERSATION, ROOT, attributes
from ollama_sdk.overlay import ChatRequest, ChatResponse, ListResponse, Message, ShowResponse

LIMIT = 1.0
"""Microseconds above the bare decode that a chunk may cost."""

PROPORTION_LIMIT = 3.0
"""How many times the bare decode anything may take that is done with a large model."""

_ROUNDS = 40


def _least(functions: list[Callable[[], object]], number: int) -> list[float]:
    """CPU microseconds of each: the least of many short runs, as noise only adds, in turn, for quiet moments of all."""
    least = [float("inf")] * len(functions)
    for _ in range(_ROUNDS):
        for index, function in enumerate(functions):
            took = timeit.timeit(function, number=number, timer=time.process_time)
            least[index] = min(least[index], took / number * 1e6)
    return least


def figures() -> dict[str, float]:
    """The microseconds of a recorded chunk above its decode, and how many times their decode large models take."""
    recording = json.loads((ROOT / "tests" / "data" / "recordings" / "chat_stream.json").read_text())
    line = recording["response"]["chunks"][0][1].encode()
    bare, model = _least([lambda: decode(line), lambda: ChatResponse.from_dict(decode(line)).message.content], 2_000)

    conversation = {"model": "m", "messages": CONVERSATION}
    request = ChatRequest.from_dict({**conversation, "messages": [Message.from_dict(one) for one in CONVERSATION]})
    talk, models, about = map(encode, (conversation, load_server.models(1000), load_server.verbose()))
    done: dict[str, tuple[bytes, Callable[[], object]]] = {
        "to_dict of a chat with 1,000 messages": (talk, request.to_dict),
        "a list of 1,000 models, read": (models, lambda: attributes.models(ListResponse.from_dict(decode(models)))),
        "a list of 1,000 models, to_dict": (models, lambda: ListResponse.from_dict(decode(models)).to_dict()),
        "show with everything, read": (about, lambda: attributes.verbose(ShowResponse.from_dict(decode(about)))),
        "show with everything, to_dict": (about, lambda: ShowResponse.from_dict(decode(about)).to_dict()),
    }
    found = {"chunk": model - bare}
    for label, (text, function) in done.items():
        bare, whole = _least([lambda text=text: decode(text), function], 1)  # type: ignore[misc]  # text is bound now
        found[label] = whole / bare
    return found


def missed(found: dict[str, float]) -> list[str]:
    """What does not keep the limits."""
    chunk, *others = found.items()
    told = [f"a chunk's model: {chunk[1]:.2f} µs above the decode, wanted {LIMIT}"] if chunk[1] > LIMIT else []
    return told + [
        f"{label}: {ratio:.1f} times the bare decode, wanted {PROPORTION_LIMIT}"
        for label, ratio in others
        if ratio > PROPORTION_LIMIT
    ]


def table(found: dict[str, float]) -> str:
    """In lines for a terminal."""
    chunk, *others = found.items()
    lines = [f"A chat chunk's model above the bare JSON decode: {chunk[1]:.2f} µs (limit {LIMIT})"]
    lines.append(f"Times the bare decode (limit {PROPORTION_LIMIT}):")
    return "\n".join([*lines, *(f"  {label:40}{ratio:5.1f}" for label, ratio in others)])
