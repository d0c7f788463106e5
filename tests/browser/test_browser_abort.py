"""Ways in which a call is ended in a page: the server sees each, and stops generating."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from browser.runtimes import Runtime
from overlay.scripts import chat_line

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Received, Reply

STREAM = [chat_line("Hal"), Never()]


async def one_stream(url: str) -> list[Any]:
    """As the JavaScript client's example that stops one of its answers."""
    from ollama_sdk.overlay import AbortError, AsyncOllama

    stream = await AsyncOllama(url).chat("m", [], stream=True)
    try:
        async for _ in stream:
            stream.abort()
    except AbortError as error:
        return ["AbortError", error.partial.message.content]
    return []


async def everything(url: str) -> list[Any]:
    """As the JavaScript client's example that stops all that is going on."""
    import asyncio

    from ollama_sdk.overlay import AbortError, AsyncOllama

    client = AsyncOllama(url)

    async def read() -> str:
        async for _ in await client.chat("m", [], stream=True):
            asyncio.get_running_loop().call_soon(client.abort)
        return "whole"

    found = await asyncio.gather(read(), read(), read(), return_exceptions=True)
    (kind,) = {type(each).__name__ for each in found}
    partials = [each.partial for each in found if isinstance(each, AbortError)]
    return [kind, next(partial.message.content for partial in partials if partial)]


async def before_the_head(url: str) -> list[Any]:
    import asyncio

    from ollama_sdk.overlay import AbortError, AsyncOllama

    client = AsyncOllama(url)
    asking = asyncio.ensure_future(client.chat("m", [], stream=True))
    await client.version()  # is answered when the server has the request
    client.abort()
    try:
        await asking
    except AbortError as error:
        return ["AbortError", error.partial]
    return []


async def a_whole_answer(url: str) -> list[Any]:
    import asyncio

    from ollama_sdk.overlay import AbortError, AsyncOllama

    client = AsyncOllama(url)
    asking = asyncio.ensure_future(client.generate("m", "Hi!"))
    await client.version()
    client.abort()
    try:
        await asking
    except AbortError as error:
        return ["AbortError", error.partial]
    return []


async def a_cancelled_task(url: str) -> list[Any]:
    import asyncio

    from ollama_sdk.overlay import AsyncOllama

    client = AsyncOllama(url)
    asking = asyncio.ensure_future(client.chat("m", []))
    await client.version()
    asking.cancel()
    try:
        await asking
    except asyncio.CancelledError:
        return ["CancelledError", None]
    return []


async def leaving_the_loop(url: str) -> list[Any]:
    from ollama_sdk.overlay import AsyncOllama

    async for chunk in await AsyncOllama(url).chat("m", [], stream=True):
        return ["break", chunk.message.content]
    return []


async def leaving_the_block(url: str) -> list[Any]:
    from ollama_sdk.overlay import AsyncOllama

    async with await AsyncOllama(url).chat("m", [], stream=True) as stream:
        async for chunk in stream:
            return ["left", chunk.message.content]
    return []


async def closing_the_client(url: str) -> list[Any]:
    from ollama_sdk.overlay import AbortError, AsyncOllama

    client = AsyncOllama(url)
    try:
        async for _ in await client.chat("m", [], stream=True):
            await client.close()
    except AbortError as error:
        return ["AbortError", error.partial.message.content]
    return []


async def dropping_the_stream(url: str) -> list[Any]:
    import gc

    from ollama_sdk.overlay import AsyncOllama

    stream = await AsyncOllama(url).chat("m", [], stream=True)
    first = await anext(stream)
    del stream
    gc.collect()
    return ["dropped", first.message.content]


@pytest.mark.parametrize(
    ("end", "partial"),
    [
        (one_stream, "Hal"),
        (everything, "Hal"),
        (before_the_head, None),
        (a_whole_answer, None),
        (a_cancelled_task, None),
        (leaving_the_loop, "Hal"),
        (leaving_the_block, "Hal"),
        (closing_the_client, "Hal"),
        (dropping_the_stream, "Hal"),
    ],
)
def test_the_server_sees_the_end_of_a_call(
    run: Runtime, server: OllamaServer, end: Callable[..., Any], partial: str | None
):
    asked = threading.Event()  # not the count of requests, of which the browser's own question (CORS) is one

    def begin(received: Received) -> Reply:
        asked.set()
        return Reply(*(STREAM if partial else [Never()]))

    def when_the_call_is_there(received: Received) -> Reply:
        assert asked.wait(10)
        return Reply(Json({"version": "1.2.3"}))

    server.reply("POST", "/api/*", begin)
    server.reply("GET", "/api/version", when_the_call_is_there)

    assert run(end, server.url)[1] == partial
    assert server.wait_for_disconnect()


def test_an_abort_ends_the_pause_before_the_next_try(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> str:
        import asyncio

        from ollama_sdk.overlay import AbortError, AsyncOllama

        client = AsyncOllama(url, max_retries=50)
        asking = asyncio.ensure_future(client.chat("m", []))
        await client.version()
        client.abort()
        try:
            await asking
        except AbortError:
            return "AbortError"
        return ""

    def after_two_tries(received: Received) -> Reply:
        assert server.wait_for_requests(4)  # preflight aside, the third try or this request
        return Reply(Json({"version": "1.2.3"}))

    server.reply("POST", "/api/chat", Json({"error": "busy"}), status=503)
    server.reply("GET", "/api/version", after_two_tries)

    assert run(ask, server.url) == "AbortError"
    tries = len([request for request in server.requests if request.method == "POST"])
    assert tries < 50


def test_a_stream_that_was_aborted_leaves_the_client_usable(run: Runtime, server: OllamaServer):
    async def twice(url: str) -> str:
        from ollama_sdk.overlay import AbortError, AsyncOllama

        client = AsyncOllama(url)
        stream = await client.chat("m", [], stream=True)
        try:
            async for _ in stream:
                client.abort()
        except AbortError:
            pass
        return (await client.generate("m", "Hi!")).response

    server.reply("POST", "/api/chat", *STREAM)
    server.reply("POST", "/api/generate", Line({"response": "Hello", "done": True}))

    assert run(twice, server.url) == "Hello"
