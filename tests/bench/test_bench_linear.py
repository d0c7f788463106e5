"""A stream's cost grows as its length does, counted in function calls: time would tell the same less surely."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
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

GROWTH = 10
CUTTING = 5
"""A line that is read alone costs up to three times what one among many in a read does: TCP decides."""

Reader = Callable[[Iterable[object]], object]


def read_each(stream: Iterable[object]) -> None:
    for _ in stream:
        pass


def read_all_again_for_each(stream: Iterable[object]) -> None:
    """What must not be in the stream: work for a piece that grows with the pieces before it."""
    before: list[object] = []
    for piece in stream:
        before.append(piece)
        for each in before:
            id(each)


def calls_for(server: OllamaServer, kind: str, count: int, read: Reader = read_each) -> int:
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
            read(stream)
        finally:
            sys.setprofile(None)
    return calls


def grows_linearly(kind: str, read: Reader = read_each) -> bool:
    with OllamaServer() as server:
        calls_for(server, kind, 50)  # what is imported and made once
        short, long = calls_for(server, kind, 100, read), calls_for(server, kind, 100 * GROWTH, read)
    return long < CUTTING * GROWTH * short


@pytest.mark.parametrize("kind", PIECES)
def test_the_cost_of_a_stream_grows_as_its_length_and_not_as_the_square_of_it(kind: str):
    assert grows_linearly(kind)


def test_a_cost_that_grows_as_the_square_of_the_length_is_found_out():
    assert not grows_linearly("text", read_all_again_for_each)
