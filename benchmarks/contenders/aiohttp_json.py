"""aiohttp and the standard library's json, for live streams."""

from __future__ import annotations

import json
from functools import cache

import aiohttp

from benchmarks.contenders import Calls, attributes, plain


def calls(url: str) -> Calls:
    @cache
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))

    async def chat() -> int:
        async with session().post(f"{url}/api/chat", json=plain.CHAT, raise_for_status=True) as response:
            return await attributes.total(response.content, lambda line: plain.said(json.loads(line)))

    return attributes.at_once(chat)
