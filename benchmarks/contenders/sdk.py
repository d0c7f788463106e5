"""This SDK."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

from benchmarks.contenders import CONVERSATION, Calls, attributes
from ollama_sdk.overlay import AsyncOllama, Message, Ollama


def calls(url: str) -> Calls:
    client, other = Ollama(url), AsyncOllama(url)

    async def version_async() -> int:
        return len((await other.version()).version)

    found = attributes.calls(
        client,
        other,
        [Message.from_dict(dict(message)) for message in CONVERSATION],
        version=lambda: len(client.version().version),
        version_async=version_async,
        embed_numpy=lambda: attributes.vectors(client.embed("m", "text").as_numpy()),
        show_verbose=lambda: attributes.verbose(client.show("m", verbose=True)),
    )
    if find_spec("ollama_sdk.overlay.otel") and find_spec("opentelemetry"):
        found["chat_telemetry"] = _with_telemetry(found["chat_whole"])
    return found


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
