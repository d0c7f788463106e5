"""This SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.util import find_spec

import httpx

from benchmarks.contenders import CHUNK, CONVERSATION, MESSAGES, TEXTS, Calls, attributes
from benchmarks.scenarios import IDLE, LONG, ROWS
from ollama_sdk.overlay import AsyncOllama, ChatRequest, ChatResponse, Message, Ollama

WORK = {"model": "m", "messages": [{"role": "user", "content": "{item}"}]}
AT_A_TIME = 8


def calls(url: str) -> Calls:
    # As many idle connections as aiohttp keeps: live streams are measured on connections that are open already.
    client, other = Ollama(url), AsyncOllama(url, limits=httpx.Limits(max_keepalive_connections=1000))
    conversation = [Message.from_dict(dict(message)) for message in CONVERSATION]

    async def version_async() -> int:
        return len((await other.version()).version)

    async def gather() -> int:
        numbers = iter(range(ROWS))

        async def work() -> int:
            return sum([(await other.chat("m", MESSAGES)).done for _ in numbers])

        return sum(await asyncio.gather(*(work() for _ in range(AT_A_TIME))))

    async def batch() -> int:
        from ollama_sdk.overlay.batch import run

        rows = run(map(str, range(ROWS)), WORK, hosts=url, concurrency=AT_A_TIME)
        return await attributes.total(rows, lambda row: row.ok)

    found = attributes.calls(
        client,
        other,
        conversation,
        version=lambda: len(client.version().version),
        version_async=version_async,
        gather=gather,
        batch=batch,
        embed_numpy=lambda: attributes.vectors(client.embed("m", TEXTS).as_numpy()),
        show_verbose=lambda: attributes.verbose(client.show("m", verbose=True)),
    )
    found |= {f"{name}_long": found[name] for name in LONG}
    if find_spec("msgspec"):
        found |= _models(ChatRequest(model="m", messages=conversation))
    if find_spec("httptools"):  # httpx's own pool looks at all of its connections
        found |= {f"idle_{count}": _with_idle(url, count) for count in IDLE}
    if find_spec("opentelemetry"):
        found["chat_telemetry"] = _with_telemetry(found["chat_whole"])
    return found


def _models(request: ChatRequest) -> Calls:
    """What models cost beside the bare decode: no server, no request."""
    from msgspec.json import decode

    return {
        "chunk_model": lambda: sum(attributes.said(ChatResponse.from_dict(decode(CHUNK))) for _ in range(1000)),
        "to_dict": lambda: len(request.to_dict()["messages"]),
    }


def _with_idle(url: str, count: int) -> Callable[[], Awaitable[int]]:
    """A small request of a client that has so many idle connections."""
    kept: list[AsyncOllama] = []

    async def version() -> int:
        if not kept:
            kept.append(AsyncOllama(url, limits=httpx.Limits(keepalive_expiry=None)))
            await asyncio.gather(*(kept[0].version() for _ in range(count)))
        return len((await kept[0].version()).version)

    return version


def _with_telemetry(call: Callable[[], int]) -> Callable[[], int]:
    """The same call with spans and metrics, which nobody gets."""

    @cache
    def instrument() -> None:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import TracerProvider

        from ollama_sdk.overlay.otel import OllamaInstrumentor

        meters = MeterProvider([InMemoryMetricReader()])
        OllamaInstrumentor().instrument(tracer_provider=TracerProvider(), meter_provider=meters)

    def run() -> int:
        instrument()
        return call()

    return run
