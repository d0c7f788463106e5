"""Answers in JavaScript runtimes: each token when it comes, whole, cut, refused; limits in time."""

from __future__ import annotations

from typing import Any

import pytest
from browser.runtimes import Runtime
from overlay.scripts import TEXT, chat_line, done_line

from ollama_sdk.overlay.testing import (
    Cut,
    Gate,
    Json,
    Line,
    Never,
    OllamaServer,
    Received,
    Reply,
    Send,
    Start,
    Wait,
    answer,
)

TOKENS = 200


def test_a_whole_answer(run: Runtime, server: OllamaServer):
    async def whole(url: str) -> Any:
        from ollama_sdk.overlay import AsyncOllama

        answer = await AsyncOllama(url).chat("m", [{"role": "user", "content": "Hi!"}])
        return [answer.message.content, answer.done, answer.created_at.isoformat()[:4]]

    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    text, done, year = run(whole, server.url)
    assert (text, done) == (TEXT, True)
    assert year.isdigit()


def test_each_token_is_there_before_the_next_one_is_sent(run: Runtime, server: OllamaServer):
    async def read(url: str) -> list[str]:
        from ollama_sdk.overlay import AsyncOllama

        client = AsyncOllama(url)
        tokens = []
        async for token in (await client.chat("m", [{"role": "user", "content": "Hi!"}], stream=True)).text:
            tokens.append(token)
            await client.version()  # asks the server for the next one
        return tokens

    gates = [Gate() for _ in range(TOKENS)]
    asked = iter(gates)

    def next_token(received: Received) -> Reply:
        next(asked).open()
        return Reply(Json({"version": "1.2.3"}))

    steps = [step for index, gate in enumerate(gates) for step in (chat_line(f"{index} "), Wait(gate))]
    server.reply("POST", "/api/chat", *steps, done_line())
    server.reply("GET", "/api/version", next_token)

    assert run(read, server.url) == [f"{index} " for index in range(TOKENS)]


def test_the_memory_of_a_long_stream_stays_the_same(run: Runtime, server: OllamaServer):
    async def measure(url: str) -> list[int]:
        import gc

        from ollama_sdk.overlay import AsyncOllama

        sizes, count = [], 0
        async for _ in await AsyncOllama(url, timeout=60).generate("m", "Hi!", stream=True):
            count += 1
            if count in (5_000, 20_000):
                gc.collect()
                sizes.append(len(gc.get_objects()))  # Pyodide counts no blocks
        return sizes

    # Tokens without text, so that what is accumulated does not grow either.
    server.reply("POST", "/api/generate", *[Line({"response": "", "done": False})] * 20_000, Line({"done": True}))

    first, last = run(measure, server.url)
    assert first > 10_000
    assert last - first < 1_000


@pytest.mark.parametrize("limit", ["timeout", "deadline", "stall_timeout"])
def test_a_call_that_is_over_leaves_no_timer_and_no_body(run: Runtime, server: OllamaServer, limit: str):
    async def read(url: str, limit: str) -> list[int]:
        import gc

        from pyodide.code import run_js

        from ollama_sdk.overlay import AsyncOllama

        watch = run_js("""
            const { setTimeout, clearTimeout } = globalThis;
            const timers = new Set();
            globalThis.setTimeout = (ring, after) => {
                const timer = setTimeout(ring, after);
                if (after > 10_000) timers.add(timer);
                return timer;
            };
            globalThis.clearTimeout = (timer) => { timers.delete(timer); clearTimeout(timer); };
            ({ count: () => timers.size, end: () => Object.assign(globalThis, { setTimeout, clearTimeout }) });
        """)

        def bodies() -> int:
            gc.collect()
            kinds = [type(each) for each in gc.get_objects()]
            return len([kind for kind in kinds if (kind.__module__, kind.__name__) == (fetch, "_Body")])

        fetch = "ollama_sdk.overlay._fetch.transports"
        before = bodies()  # a test before this one may have left the last of its own in a traceback
        client = AsyncOllama(url)
        try:
            for _ in range(50):
                async for _ in await client.chat("m", [], stream=True, **{limit: 60.0}):  # type: ignore[call-overload]
                    pass
            return [watch.count(), max(bodies() - before, 0)]
        finally:
            watch.end()

    server.reply("POST", "/api/chat", answer("/api/chat"))

    assert run(read, server.url, limit) == [0, 0]


@pytest.mark.parametrize("limit", ["timeout", "deadline", "stall_timeout"])
@pytest.mark.parametrize("seconds", [30 * 86400.0, 1e308])
def test_a_limit_may_be_longer_than_the_timers_of_a_browser(
    run: Runtime, server: OllamaServer, limit: str, seconds: float
):
    async def read(url: str, limit: str, seconds: float) -> str:
        from ollama_sdk.overlay import AsyncOllama

        client = AsyncOllama(url)
        return "".join([text async for text in (await client.chat("m", [], stream=True, **{limit: seconds})).text])  # type: ignore[call-overload]

    server.reply("POST", "/api/chat", answer("/api/chat"))

    assert run(read, server.url, limit, seconds) == TEXT


BROKEN = {
    "cut off": ([chat_line("Hal"), Cut()], 200, "IncompleteStreamError", "Hal"),
    "cut before the head": ([Cut()], 200, "ConnectError", None),
    "without an end": ([chat_line("Hal")], 200, "IncompleteStreamError", "Hal"),
    "an error in the stream": ([chat_line("Hal"), Line({"error": "no memory"})], 200, "ResponseError", "Hal"),
    "no JSON": ([chat_line("Hal"), Line("?")], 200, "DecodeError", "Hal"),
    "not found": ([Json({"error": "model 'm' not found"})], 404, "NotFoundError", None),
    "too many": ([Json({"error": "busy"})], 429, "RateLimitError", None),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_failure_is_the_same_error_as_elsewhere(run: Runtime, server: OllamaServer, name: str):
    async def read(url: str) -> list[str | None]:
        from ollama_sdk.overlay import AsyncOllama, OllamaError

        client = AsyncOllama(url, max_retries=0)
        try:
            async for _ in await client.chat("m", [], stream=True):
                await client.version()  # lets the server go on: a browser may drop what a failure follows at once
        except OllamaError as error:
            partial = getattr(error, "partial", None)
            return [type(error).__name__, partial and partial.message.content]
        return ["none", None]

    begun = Gate()

    def go_on(received: Received) -> Reply:
        begun.open()
        return Reply(Json({"version": "1.2.3"}))

    steps, status, error, partial = BROKEN[name]
    if partial:
        steps = [steps[0], Wait(begun), *steps[1:]]
    server.reply("POST", "/api/chat", *steps, status=status)
    server.reply("GET", "/api/version", go_on)

    assert run(read, server.url) == [error, partial]


def test_a_busy_server_is_asked_again(run: Runtime, server: OllamaServer):
    async def whole(url: str) -> str:
        from ollama_sdk.overlay import AsyncOllama

        return (await AsyncOllama(url).chat("m", [])).message.content

    server.queue("POST", "/api/chat", Json({"error": "busy"}), status=503)
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    assert run(whole, server.url) == TEXT


LIMITS = {
    "timeout for the head": ({"timeout": 0.3}, [Never()], "read"),
    "timeout for a token": ({"timeout": 0.3}, [chat_line("Hal"), Never()], "read"),
    "deadline for the head": ({"deadline": 0.3}, [Never()], "deadline"),
    "deadline for a token": ({"deadline": 0.3}, [chat_line("Hal"), Never()], "deadline"),
    "stall_timeout": ({"stall_timeout": 0.3}, [chat_line("Hal"), Never()], "stall"),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_in_time_ends_the_call_and_the_server_stops(run: Runtime, server: OllamaServer, name: str):
    async def read(url: str, limits: dict[str, float]) -> list[Any]:
        from ollama_sdk.overlay import AsyncOllama, OllamaTimeoutError

        try:
            async for _ in await AsyncOllama(url, max_retries=0).chat("m", [], stream=True, **limits):  # type: ignore[call-overload]
                pass
        except OllamaTimeoutError as error:
            return [error.phase, error.limit]
        return []

    limits, steps, phase = LIMITS[name]
    server.reply("POST", "/api/chat", *steps)

    assert run(read, server.url, limits) == [phase, 0.3]
    assert server.wait_for_disconnect()


def test_a_limit_that_runs_out_just_when_a_token_has_come_is_told_as_such(run: Runtime):
    async def read() -> str:
        from pyodide.code import run_js

        from ollama_sdk.overlay import AsyncOllama, OllamaTimeoutError

        # The head comes, and the timer rings before Python goes on.
        restore = run_js("""
            const { setTimeout, fetch } = globalThis;
            let ring;
            globalThis.setTimeout = (call, after) => after === 5000 ? (ring ??= call, 0) : setTimeout(call, after);
            globalThis.fetch = async () => { queueMicrotask(() => ring()); return new Response("{}\\n"); };
            () => Object.assign(globalThis, { setTimeout, fetch });
        """)
        try:
            async for _ in await AsyncOllama(max_retries=0).chat("m", [], stream=True, timeout=5):
                pass
        except OllamaTimeoutError as error:
            return error.phase
        finally:
            restore()
        return ""

    assert run(read) == "read"


def test_a_slow_first_token_is_no_failure_to_connect(run: Runtime, server: OllamaServer):
    async def whole(url: str) -> str:
        import asyncio

        import httpx

        from ollama_sdk.overlay import AsyncOllama

        client = AsyncOllama(url, timeout=httpx.Timeout(None, connect=0.05))
        asking = asyncio.ensure_future(client.chat("m", []))
        await asyncio.sleep(0.3)
        await client.version()  # lets the server answer
        return (await asking).message.content

    loaded = Gate()

    def load(received: Received) -> Reply:
        loaded.open()
        return Reply(Json({"version": "1.2.3"}))

    server.reply("POST", "/api/chat", Wait(loaded), Start(), Json({"message": {"content": "Hi!"}, "done": True}))
    server.reply("GET", "/api/version", load)

    assert run(whole, server.url) == "Hi!"


def test_headers_that_would_ask_the_server_first_are_not_sent(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> str:
        from ollama_sdk.overlay import AsyncOllama

        return (await AsyncOllama(url).version()).version

    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))

    assert run(ask, server.url) == "1.2.3"
    (request,) = server.requests  # no preflight
    assert "content-type" not in request.headers
    assert "ollama-sdk" not in request.headers.get("user-agent", "")


def test_nobody_there_is_a_connect_error(run: Runtime, unused_port: int):
    async def ask(url: str) -> list[str]:
        from ollama_sdk.overlay import AsyncOllama, ConnectError

        try:
            await AsyncOllama(url, max_retries=0).version()
        except ConnectError as error:
            return [str(error)]
        return []

    (message,) = run(ask, f"http://127.0.0.1:{unused_port}")
    assert f"127.0.0.1:{unused_port}" in message


def test_what_the_page_imports_has_no_sockets(run: Runtime, server: OllamaServer):
    async def imported(url: str) -> list[str]:
        import sys

        before = set(sys.modules)
        from ollama_sdk.overlay import AsyncOllama

        await AsyncOllama(url).version()
        return [name for name in ("httpcore", "certifi", "anyio._backends") if name in set(sys.modules) - before]

    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))

    assert run(imported, server.url) == []


@pytest.mark.parametrize("shape", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_is_nested_too_deeply_does_not_end_python(
    run: Runtime, server: OllamaServer, shape: str, stream: bool
):
    async def ask(url: str, stream: bool) -> str:
        from ollama_sdk.overlay import AsyncOllama, DecodeError

        client = AsyncOllama(url)
        try:
            if stream:
                async for _ in await client.chat("m", [], stream=True):
                    pass
            else:
                await client.chat("m", [])
        except DecodeError as error:
            return str(error)
        return ""

    server.reply("POST", "/api/chat", Send(b'{"message": ' + shape.encode() * 100_000 + b"\n"))

    assert "/api/chat" in run(ask, server.url, stream)


def test_an_answer_with_many_brackets_in_texts_is_read(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> int:
        from ollama_sdk.overlay import AsyncOllama

        return len((await AsyncOllama(url).chat("m", [])).message.content)

    text = '[{\\" ' * 5_000
    server.reply("POST", "/api/chat", Json({"message": {"content": text}, "done": True}))

    assert run(ask, server.url) == len(text)


def test_a_text_without_an_end_is_read_once(run: Runtime, server: OllamaServer):
    async def ask(url: str) -> str:
        from ollama_sdk.overlay import AsyncOllama, DecodeError

        try:
            await AsyncOllama(url).chat("m", [])
        except DecodeError as error:
            return str(error)
        return ""

    brackets = b'{"a": "' + b"[" * 2_000 + b'", "message": "'
    server.reply("POST", "/api/chat", Send(brackets + b'\\"' * 1_000_000))

    assert "/api/chat" in run(ask, server.url)
