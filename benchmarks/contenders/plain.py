"""What is done with answers that are plain dicts: of httpx by hand and of the floor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any


def chat(chunks: Iterable[Any]) -> int:
    total = 0
    for chunk in chunks:
        total += len(chunk["message"]["content"])
        if chunk["done"]:
            return total
    raise RuntimeError("the stream ended without done")


def generate(chunks: Iterable[Any]) -> int:
    total = 0
    for chunk in chunks:
        total += len(chunk["response"])
        if chunk["done"]:
            return total
    raise RuntimeError("the stream ended without done")


def tools(chunks: Iterable[Any]) -> int:
    total = 0
    for chunk in chunks:
        for call in chunk["message"].get("tool_calls", ()):
            total += len(call["function"]["name"]) + len(call["function"]["arguments"]["city"])
        if chunk["done"]:
            return total
    raise RuntimeError("the stream ended without done")


def whole(answer: Any) -> int:
    return len(answer["message"]["content"]) + answer["done"]


def models(answer: Any) -> int:
    return sum(
        len(model["model"]) + model["size"] + datetime.fromisoformat(model["modified_at"]).year
        for model in answer["models"]
    )


def verbose(answer: Any) -> int:
    return len(answer["model_info"]["tokenizer.ggml.tokens"]) + len(answer["details"]["family"])
