"""What the SDK does beyond one request: tools, forms, vectors, pictures, files; without threads."""

from __future__ import annotations

from typing import Any

import pytest
from browser.runtimes import Runtime
from overlay.scripts import chat_line, done_line

from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply


@pytest.mark.parametrize("parallel", [False, True])
def test_functions_as_tools(run: Runtime, server: OllamaServer, parallel: bool):
    async def ask(url: str, parallel: bool) -> list[Any]:
        from ollama_sdk.overlay import AsyncOllama

        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        async def double(a: int) -> int:
            """Double a number."""
            return a * 2

        client = AsyncOllama(url)
        result = await client.run_tools("m", [{"role": "user", "content": "?"}], tools=[add, double], parallel=parallel)
        return [message.get("content") for message in result.messages if message.get("role") == "tool"]

    calls = [
        {"function": {"name": "add", "arguments": {"a": 2, "b": 3}}},
        {"function": {"name": "double", "arguments": {"a": 21}}},
    ]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    server.queue("POST", "/api/chat", Json({"message": message, "done": True}))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "5 and 42"}, "done": True}))

    assert run(ask, server.url, parallel) == ["5", "42"]


def test_types_as_the_form_of_an_answer(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> list[Any]:
        from dataclasses import dataclass

        from pydantic import BaseModel

        from ollama_sdk.overlay import AsyncOllama

        @dataclass
        class Town:
            name: str
            people: int

        class City(BaseModel):
            name: str
            people: int

        client = AsyncOllama(url)
        towns = [(await client.chat("m", [], format=form)).parsed for form in (Town, City)]
        return [[type(town).__name__, town.name, town.people] for town in towns]

    content = '{"name": "Ulm", "people": 129000}'
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": content}, "done": True}))

    assert run(ask, server.url) == [["Town", "Ulm", 129000], ["City", "Ulm", 129000]]


def test_vectors_in_several_requests(run: Runtime, server: OllamaServer):
    async def embed(url: str) -> list[list[float]]:
        from ollama_sdk.overlay import AsyncOllama

        answer = await AsyncOllama(url).embed("m", [str(number) for number in range(10)], batch_size=3)
        return [list(vector) for vector in answer.embeddings]

    def vectors(received: Received) -> Reply:
        return Reply(Json({"embeddings": [[float(text), 0.5] for text in received.json["input"]]}))

    server.reply("POST", "/api/embed", vectors)

    assert run(embed, server.url) == [[float(number), 0.5] for number in range(10)]


def test_a_picture(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> str:
        from ollama_sdk.overlay import AsyncOllama

        message = {"role": "user", "content": "What is it?", "images": [b"\x89PNG picture"]}
        return (await AsyncOllama(url).chat("m", [message])).message.content

    server.reply("POST", "/api/chat", Json({"message": {"content": "A cat"}, "done": True}))

    assert run(ask, server.url) == "A cat"
    assert server.requests[-1].json["messages"][0]["images"] == ["iVBORyBwaWN0dXJl"]


def test_a_file_of_the_page_as_a_blob(run: Runtime, server: OllamaServer):
    async def upload(url: str) -> str:
        from pathlib import Path

        from ollama_sdk.overlay import AsyncOllama

        Path("model.gguf").write_bytes(b"GGUF" * 1000)
        return await AsyncOllama(url).create_blob("model.gguf")

    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", status=201)

    digest = run(upload, server.url)
    assert server.requests[-1].body == b"GGUF" * 1000
    assert server.requests[-1].digest == digest


def test_an_answer_without_a_body(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> list[bool]:
        from ollama_sdk.overlay import AsyncOllama

        client = AsyncOllama(url)
        digest = "sha256:" + "0" * 64
        return [await client.is_running(), await client.has_blob(digest), await client.has_blob(digest)]

    server.queue("HEAD", "/api/blobs/*", Reply(status=200))
    server.reply("HEAD", "/api/blobs/*", Reply(status=404))

    assert run(ask, server.url) == [True, True, False]


def test_a_batch_without_threads(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> list[str]:
        from ollama_sdk.overlay import OllamaError, batch

        request = {"model": "m", "messages": [{"role": "user", "content": "{item}"}]}
        told = [result.value async for result in batch.run(["a", "b"], request, hosts=url)]
        try:
            list(batch.map(["a"], request, hosts=url))
        except OllamaError as error:
            told.append(str(error))
        try:
            [result async for result in batch.run(["a"], request, hosts=url, checkpoint="rows.jsonl")]
        except OllamaError as error:
            told.append(str(error))
        return told

    server.reply("POST", "/api/show", Json({}))
    server.reply("POST", "/api/chat", Json({"message": {"content": "Hi!"}, "done": True}))

    first, second, blocking, kept = run(ask, server.url)
    assert (first, second) == ("Hi!", "Hi!")
    assert "run() needs none" in blocking
    assert "the checkpoint cannot be started" in kept


def test_keys_are_sent(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> str:
        from ollama_sdk.overlay import AsyncOllama

        return (await AsyncOllama(url, api_key="s3cret").version()).version

    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))

    assert run(ask, server.url) == "1.2.3"
    assert server.requests[-1].headers["authorization"] == "Bearer s3cret"


def test_several_answers_at_once(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> list[str]:
        import asyncio

        from ollama_sdk.overlay import AsyncOllama

        client = AsyncOllama(url)

        async def read() -> str:
            return "".join([text async for text in (await client.chat("m", [], stream=True)).text])

        return await asyncio.gather(*(read() for _ in range(20)))

    server.reply("POST", "/api/chat", chat_line("Hal"), chat_line("lo"), done_line())

    assert run(ask, server.url) == ["Hallo"] * 20
