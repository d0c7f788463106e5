"""What is done with a client whose answers have attributes: this SDK and ollama-python."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from functools import partial
from typing import Any

from benchmarks.contenders import MESSAGES, TEXTS, Calls
from benchmarks.scenarios import LIVE


def calls(client: Any, other: Any, conversation: list[Any], **own: Any) -> Calls:
    """The functions for all scenarios.

    Args:
        client: The blocking client.
        other: The asynchronous one.
        conversation: The messages of a long conversation, as the client's own.
        own: The functions that differ from client to client.
    """

    def chat() -> int:
        return sum(map(said, client.chat("m", MESSAGES, stream=True)))

    async def chat_async() -> int:
        return await total(await other.chat("m", MESSAGES, stream=True), said)

    async def generate_async() -> int:
        return await total(await other.generate("m", "Write.", stream=True), written)

    async def chat_whole_async() -> int:
        return said(await other.chat("m", MESSAGES))

    return {
        "chat": chat,
        "chat_async": chat_async,
        "generate": lambda: sum(map(written, client.generate("m", "Write.", stream=True))),
        "generate_async": generate_async,
        "tools": lambda: sum(map(called, client.chat("m", MESSAGES, stream=True))),
        "paced": chat,
        **at_once(chat_async),
        "chat_whole": lambda: said(client.chat("m", MESSAGES)),
        "chat_whole_async": chat_whole_async,
        "embed": lambda: vectors(client.embed("m", TEXTS).embeddings),
        "conversation": lambda: said(client.chat("m", conversation)),
        "list_1000": lambda: models(client.list()),
        **own,
    }


def at_once(chat: Callable[[], Awaitable[int]]) -> Calls:
    """The scenarios in which many streams are read at the same time."""

    async def streams(count: int) -> int:
        return sum(await asyncio.gather(*(chat() for _ in range(count))))

    return {"streams_32": partial(streams, 32), **{f"live_{count}": partial(streams, count) for count in LIVE}}


async def total(stream: AsyncIterable[Any], count: Callable[[Any], int]) -> int:
    """What `sum(map(count, stream))` is for a blocking stream."""
    found = 0
    async for chunk in stream:
        found += count(chunk)
    return found


def said(answer: Any) -> int:
    return len(answer.message.content) + answer.done


def written(chunk: Any) -> int:
    return len(chunk.response) + chunk.done


def called(chunk: Any) -> int:
    functions = [call.function for call in chunk.message.tool_calls or ()]
    return sum(len(function.name) + len(function.arguments["city"]) for function in functions) + chunk.done


def vectors(rows: Any) -> int:
    """Their number of values and their first one, for lists and arrays alike."""
    return sum(len(row) for row in rows) + round(float(rows[0][0]) * 1000)


def models(answer: Any) -> int:
    return sum(len(model.model) + model.size + model.modified_at.year for model in answer.models)


def verbose(answer: Any) -> int:
    return len(answer.model_info["tokenizer.ggml.tokens"]) + len(answer.details.family)
