"""What is done with answers whose parts are attributes: of this SDK and of ollama-python."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


def chat(chunks: Any) -> int:
    total = 0
    for chunk in chunks:
        total += len(chunk.message.content)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


async def chat_async(chunks: Any) -> int:
    total = 0
    async for chunk in chunks:
        total += len(chunk.message.content)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


def generate(chunks: Any) -> int:
    total = 0
    for chunk in chunks:
        total += len(chunk.response)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


async def generate_async(chunks: Any) -> int:
    total = 0
    async for chunk in chunks:
        total += len(chunk.response)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


def tools(chunks: Any) -> int:
    total = 0
    for chunk in chunks:
        for call in chunk.message.tool_calls or ():
            total += len(call.function.name) + len(call.function.arguments["city"])
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


async def at_once(count: int, function: Callable[[], Awaitable[int]]) -> int:
    return sum(await asyncio.gather(*(function() for _ in range(count))))


def whole(answer: Any) -> int:
    return len(answer.message.content) + answer.done


def vectors(rows: Any) -> int:
    """Their number of values and their first one, for lists and arrays alike."""
    return sum(len(row) for row in rows) + round(float(rows[0][0]) * 1000)


def models(answer: Any) -> int:
    return sum(len(model.model) + model.size + model.modified_at.year for model in answer.models)


def verbose(answer: Any) -> int:
    return len(answer.model_info["tokenizer.ggml.tokens"]) + len(answer.details.family)
