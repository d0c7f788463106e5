"""Whether every line is given when it arrives: the server sends the next one only after the reader has had the last.

A reader that collects a buffer before it hands over looks fast in a benchmark, and withholds words from the user.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from benchmarks.contenders.floor import Floor
from ollama_sdk.overlay import AsyncOllama, Ollama, OllamaTimeoutError
from ollama_sdk.overlay.testing import Gate, Line, OllamaServer, Reply, Wait

LINES = 50

_LIMIT = 5.0  # seconds after which a line counts as withheld
_MESSAGES = [{"role": "user", "content": "Write."}]


def _read_sdk(url: str, seen: Callable[[], None]) -> None:
    with Ollama(url, timeout=_LIMIT) as client:
        for _ in client.chat("m", _MESSAGES, stream=True):
            seen()


def _read_sdk_async(url: str, seen: Callable[[], None]) -> None:
    async def read() -> None:
        async with AsyncOllama(url, timeout=_LIMIT) as client:
            async for _ in await client.chat("m", _MESSAGES, stream=True):
                seen()

    asyncio.run(read())


def _read_floor(url: str, seen: Callable[[], None]) -> None:
    with Floor(url, timeout=_LIMIT) as floor:
        for _ in floor.lines("/api/chat", {"model": "m", "messages": _MESSAGES, "stream": True}):
            seen()


READERS = {"this SDK": _read_sdk, "this SDK, async": _read_sdk_async, "floor": _read_floor}


def lines_given_at_once(reader: str) -> int:
    """How many lines a reader gives before it withholds one: `LINES` of them if it never does."""
    gates = [Gate() for _ in range(LINES)]
    given = 0

    def steps() -> Iterator[Line | Wait]:
        for number, gate in enumerate(gates, start=1):
            message = {"role": "assistant", "content": "a"}
            yield Line({"model": "m", "message": message, "done": number == LINES})
            yield Wait(gate)

    def seen() -> None:
        nonlocal given
        gates[given].open()
        given += 1

    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Reply(*steps()))
        try:
            READERS[reader](server.url, seen)
        except (OllamaTimeoutError, TimeoutError):
            for gate in gates:
                gate.open()
    return given


def measure() -> dict[str, int]:
    """The same, for each reader."""
    return {reader: lines_given_at_once(reader) for reader in READERS}


def missed(given: dict[str, int]) -> list[str]:
    """Readers that withhold lines."""
    return [f"{reader} gave {count} lines, and withheld the next" for reader, count in given.items() if count < LINES]
