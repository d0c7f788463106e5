"""httpx and the standard library's json, as a program without a client library would use them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import numpy as np

from benchmarks.contenders import CONVERSATION, MESSAGES, Calls, plain, readers

_CHAT = {"model": "m", "messages": MESSAGES, "stream": True}
_GENERATE = {"model": "m", "prompt": "Write.", "stream": True}


def calls(url: str) -> Calls:
    client, other = httpx.Client(base_url=url, timeout=None), httpx.AsyncClient(base_url=url, timeout=None)

    def lines(path: str, body: object) -> Iterator[Any]:
        with client.stream("POST", path, json=body) as response:
            for line in response.raise_for_status().iter_lines():
                yield json.loads(line)

    async def lines_async(path: str, body: object) -> AsyncIterator[Any]:
        async with other.stream("POST", path, json=body) as response:
            async for line in response.raise_for_status().aiter_lines():
                yield json.loads(line)

    async def chat_async() -> int:
        total = 0
        async for chunk in lines_async("/api/chat", _CHAT):
            total += len(chunk["message"]["content"])
        return total

    async def generate_async() -> int:
        total = 0
        async for chunk in lines_async("/api/generate", _GENERATE):
            total += len(chunk["response"])
        return total

    def get(path: str) -> Any:
        return client.get(path).raise_for_status().json()

    def post(path: str, **body: object) -> Any:
        return client.post(path, json={"model": "m", "stream": False, **body}).raise_for_status().json()

    async def version_async() -> int:
        return len((await other.get("/api/version")).raise_for_status().json()["version"])

    async def chat_whole_async() -> int:
        return plain.whole((await other.post("/api/chat", json={**_CHAT, "stream": False})).raise_for_status().json())

    async def streams_32() -> int:
        return await readers.at_once(32, chat_async)

    return {
        "chat": lambda: plain.chat(lines("/api/chat", _CHAT)),
        "chat_async": chat_async,
        "generate": lambda: plain.generate(lines("/api/generate", _GENERATE)),
        "generate_async": generate_async,
        "tools": lambda: plain.tools(lines("/api/chat", _CHAT)),
        "streams_32": streams_32,
        "paced": lambda: plain.chat(lines("/api/chat", _CHAT)),
        "version": lambda: len(get("/api/version")["version"]),
        "version_async": version_async,
        "chat_whole": lambda: plain.whole(post("/api/chat", messages=MESSAGES)),
        "chat_whole_async": chat_whole_async,
        "embed": lambda: readers.vectors(post("/api/embed", input="text")["embeddings"]),
        "embed_numpy": lambda: readers.vectors(
            np.array(post("/api/embed", input="text")["embeddings"], dtype=np.float32)
        ),
        "conversation": lambda: plain.whole(post("/api/chat", messages=CONVERSATION)),
        "list_1000": lambda: plain.models(get("/api/tags")),
        "show_verbose": lambda: plain.verbose(post("/api/show", verbose=True)),
    }
