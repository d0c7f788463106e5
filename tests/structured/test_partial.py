"""The form of an answer while it is streamed: `stream.partial.parsed`."""

from __future__ import annotations

import asyncio
import builtins
import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from ollama_sdk.overlay import AsyncOllama, Ollama, ParsedChatResponse, ParsedGenerateResponse
from ollama_sdk.overlay._formats.formats import PartialFormat
from ollama_sdk.overlay.testing import OllamaServer, answer

pytest.importorskip("pydantic", reason="partial.parsed needs pydantic, which is an extra")

HI = [{"role": "user", "content": "Hi!"}]
PIECES = ['{"ci', 'ty": "Par', 'is", "tags": ["a', '", "b"], "people": 2', "1", "}"]
SEEN = [
    {},
    {"city": "Par"},
    {"city": "Paris", "tags": ["a"]},
    {"city": "Paris", "tags": ["a", "b"], "people": 2},
    {"city": "Paris", "tags": ["a", "b"], "people": 21},
    {"city": "Paris", "tags": ["a", "b"], "people": 21},
]


@dataclass
class City:
    city: str
    tags: list[str]
    people: int


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


FORMATS: list[Any] = [City, "json", {"type": "object"}, dict[str, Any]]


@pytest.mark.parametrize("format", FORMATS, ids=str)
@pytest.mark.parametrize("operation", ["chat", "generate"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_object_grows_while_it_is_written(server: OllamaServer, kind: str, operation: str, format: Any) -> None:
    server.reply("POST", f"/api/{operation}", answer(f"/api/{operation}", PIECES))
    given: Any = HI if operation == "chat" else "Hi!"

    def blocking() -> Any:
        with Ollama(server.url) as client:
            stream: Any = getattr(client, operation)("m", given, format=format, stream=True)
            assert stream.partial is None
            seen = [stream.partial.parsed for _ in stream]
            return seen, stream.partial, stream.final().parsed

    async def awaited() -> Any:
        async with AsyncOllama(server.url) as client:
            stream: Any = await getattr(client, operation)("m", given, format=format, stream=True)
            assert stream.partial is None
            seen = [stream.partial.parsed async for _ in stream]
            return seen, stream.partial, (await stream.final()).parsed

    seen, partial, parsed = blocking() if kind == "sync" else asyncio.run(awaited())
    assert seen == [*SEEN, SEEN[-1]]
    assert parsed == (City("Paris", ["a", "b"], 21) if format is City else SEEN[-1])
    assert isinstance(partial, ParsedChatResponse if operation == "chat" else ParsedGenerateResponse)
    assert pickle.loads(pickle.dumps(partial)).parsed == SEEN[-1]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_so_does_the_final_answer_of_a_conversation_with_tools(server: OllamaServer, kind: str) -> None:
    for reply in (
        answer("/api/chat", tool_calls=[("add", {"a": 1, "b": 2})]),
        answer("/api/chat", ["In ", "words."]),
        answer("/api/chat", PIECES),
    ):
        server.queue("POST", "/api/chat", reply)
    arguments: Any = {"model": "m", "messages": HI, "tools": [add], "format": City, "stream": True}

    def blocking() -> list[Any]:
        with Ollama(server.url) as client:
            stream = client.run_tools(**arguments)
            return [stream.partial and stream.partial.parsed for _ in stream]

    async def awaited() -> list[Any]:
        async with AsyncOllama(server.url) as client:
            stream: Any = await client.run_tools(**arguments)
            return [stream.partial and stream.partial.parsed async for _ in stream]

    seen = blocking() if kind == "sync" else asyncio.run(awaited())
    assert seen[-7:] == [*SEEN, SEEN[-1]]
    assert not any(seen[:-7])


DOCUMENT: dict[str, Any] = {
    "name": 'Zoë 😀 "q" \\ \n',
    "numbers": [1, -2.5e3, 12345678901234567890123],
    "words": [True, False, None],
    "deep": {"a": {"b": [{}, [[]]]}},
}


@pytest.mark.parametrize("text", [json.dumps(DOCUMENT), json.dumps(DOCUMENT, ensure_ascii=False, indent=2)])
def test_any_beginning_of_a_document_can_be_read(text: str) -> None:
    read = PartialFormat("json").parse
    for end in range(1, len(text)):
        part = read(text[:end])
        assert list(part) == list(DOCUMENT)[: len(part)]
    assert read(text) == DOCUMENT


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", None),
        (" ", None),
        ("Sure: {", None),
        ('"ab', "ab"),
        ("[1, tru", [1]),
        ("[1, -", [1]),
        ('{"a": 1, "b"', {"a": 1}),
        ('{"a": 1, "b":', {"a": 1}),
        ("nul", None),
        ('"\ud800', None),
    ],
)
def test_what_cannot_be_read_yet_is_left_out(text: str, read: Any) -> None:
    assert PartialFormat("json").parse(text) == read


def test_without_pydantic_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "pydantic_core":
            raise ImportError(name)
        return imported(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r"needs pydantic: pip install 'ollama-sdk\[pydantic\]'"):
        PartialFormat("json").parse("{")
