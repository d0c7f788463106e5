"""A stream's cost grows as its length does, counted in function calls: time would tell the same less surely."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.testing import Line, OllamaServer, Reply

CALL = {"function": {"name": "weather", "arguments": {"city": "Paris"}}}
PIECES = {
    "text": {"content": " word"},
    "thinking": {"content": "", "thinking": " hm"},
    "tool calls": {"content": "", "tool_calls": [CALL]},
    "text with logprobs": {"content": " word"},
}

GROWTH = 32
CUTTING = 5  # a line that is read alone costs up to three times what one among many in a read does: TCP decides


def calls_for(server: OllamaServer, kind: str, count: int) -> int:
    """How many functions the reading of so many pieces calls."""
    piece: dict[str, Any] = {"model": "m", "message": {"role": "assistant", **PIECES[kind]}, "done": False}
    if kind == "text with logprobs":
        piece["logprobs"] = [{"token": " word", "logprob": -0.5, "bytes": [32]}]
    server.reply("POST", "/api/chat", Reply(*[Line(piece)] * count, Line({**piece, "done": True})))
    calls = 0

    def count_call(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    with Ollama(server.url) as client, client.chat("m", [], stream=True) as stream:
        sys.setprofile(count_call)
        try:
            for _ in stream:
                pass
        finally:
            sys.setprofile(None)
    return calls


@pytest.mark.parametrize("kind", PIECES)
def test_the_cost_of_a_stream_grows_as_its_length_and_not_as_the_square_of_it(kind: str):
    with OllamaServer() as server:
        calls_for(server, kind, 50)  # what is imported and made once
        short, long = calls_for(server, kind, 100), calls_for(server, kind, 100 * GROWTH)

    assert long < CUTTING * GROWTH * short < GROWTH**2 * short
