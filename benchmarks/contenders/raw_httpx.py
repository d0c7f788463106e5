"""httpx and the standard library's json, as a program without a client library would use them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import httpx

from benchmarks.contenders import Calls, attributes, plain


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

    def chat_async() -> Awaitable[int]:
        return attributes.total(lines_async("/api/chat", plain.CHAT), plain.said)

    async def version_async() -> int:
        return len((await other.get("/api/version")).raise_for_status().json()["version"])

    async def chat_whole_async() -> int:
        answer = await other.post("/api/chat", json={**plain.CHAT, "stream": False})
        return plain.said(answer.raise_for_status().json())

    found = {
        **plain.calls(
            lines,
            lambda path: client.get(path).raise_for_status().json(),
            lambda path, body: client.post(path, json=body).raise_for_status().json(),
        ),
        **attributes.at_once(chat_async),
        "chat_async": chat_async,
        "generate_async": lambda: attributes.total(lines_async("/api/generate", plain.GENERATE), plain.written),
        "version_async": version_async,
        "chat_whole_async": chat_whole_async,
    }
    del found["live_1000"]  # it has a hundred connections at most
    return found
