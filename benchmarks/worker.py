"""Runs one scenario of one contender in this fresh process, and prints what an item cost as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from typing import Any

MESSAGES = [{"role": "user", "content": "Write."}]


def _read_chat(chunks: Any) -> int:
    total = 0
    for chunk in chunks:
        total += len(chunk.message.content)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


async def _aread_chat(chunks: Any) -> int:
    total = 0
    async for chunk in chunks:
        total += len(chunk.message.content)
        if chunk.done:
            return total
    raise RuntimeError("the stream ended without done")


def _read_generate(chunks: Any) -> int:
    return sum(len(chunk.response) for chunk in chunks)


def _vectors(response: Any) -> int:
    return sum(len(vector) for vector in response.embeddings)


def _sdk(url: str) -> dict[str, Callable[[], int]]:
    from ollama_sdk.overlay import AsyncOllama, Ollama

    client = Ollama(url)

    async def chat() -> int:
        async with AsyncOllama(url) as other:
            return await _aread_chat(await other.chat("m", MESSAGES, stream=True))

    return {
        "chat": lambda: _read_chat(client.chat("m", MESSAGES, stream=True)),
        "chat_async": lambda: asyncio.run(chat()),
        "generate": lambda: _read_generate(client.generate("m", "Write.", stream=True)),
        "list": lambda: len(client.list().models),
        "embed": lambda: _vectors(client.embed("m", "text")),
    }


def _ollama_python(url: str) -> dict[str, Callable[[], int]]:
    import ollama

    client = ollama.Client(url)

    async def chat() -> int:
        return await _aread_chat(await ollama.AsyncClient(url).chat("m", MESSAGES, stream=True))

    return {
        "chat": lambda: _read_chat(client.chat("m", MESSAGES, stream=True)),
        "chat_async": lambda: asyncio.run(chat()),
        "generate": lambda: _read_generate(client.generate("m", "Write.", stream=True)),
        "list": lambda: len(client.list().models),
        "embed": lambda: _vectors(client.embed("m", "text")),
    }


def _floor(url: str) -> dict[str, Callable[[], int]]:
    """A raw socket, httptools and orjson: what nothing on CPython can beat by much."""
    import socket

    import httptools
    import orjson

    host, port = url.removeprefix("http://").split(":")

    class Body:
        def __init__(self) -> None:
            self.pieces: list[bytes] = []
            self.complete = False
            self.on_body = self.pieces.append

        def on_message_complete(self) -> None:
            self.complete = True

    def lines(method: str, path: str) -> Any:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            body = Body()
            parser = httptools.HttpResponseParser(body)
            while not body.complete:
                parser.feed_data(connection.recv(262144))
                if not body.pieces or b"\n" not in body.pieces[-1]:
                    continue
                parts = b"".join(body.pieces).split(b"\n")
                body.pieces[:] = [parts.pop()]
                for line in parts:
                    yield orjson.loads(line)
            if rest := b"".join(body.pieces):
                yield orjson.loads(rest)

    def chat() -> int:
        total = 0
        for chunk in lines("POST", "/api/chat"):
            total += len(chunk["message"]["content"])
            if chunk["done"]:
                break
        return total

    return {
        "chat": chat,
        "chat_async": chat,
        "generate": lambda: sum(len(chunk["response"]) for chunk in lines("POST", "/api/generate")),
        "list": lambda: sum(len(value["models"]) for value in lines("GET", "/api/tags")),
        "embed": lambda: sum(len(vector) for value in lines("POST", "/api/embed") for vector in value["embeddings"]),
    }


CONTENDERS = {"sdk": _sdk, "ollama-python": _ollama_python, "floor": _floor}


def main() -> None:
    """Warm up, measure, print."""
    contender, scenario, url, repetitions = sys.argv[1:5]
    run = CONTENDERS[contender](url)[scenario]
    run()
    cpu, wall = time.process_time(), time.perf_counter()
    total = sum(run() for _ in range(int(repetitions)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "total": total}))


if __name__ == "__main__":
    main()
