"""Streams and clients that are left, forked or kept to the end: nothing stays open, and nobody is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
import trio
from overlay.callers import PATIENCE, LoopThread, comes_true
from overlay.scripts import HI, chat_line, done_line, needs_own_transport

from ollama_sdk.overlay import AbortError, AsyncOllama, AsyncStream, ConnectError, IncompleteStreamError, Ollama
from ollama_sdk.overlay._http import settings
from ollama_sdk.overlay.testing import Gate, Json, Never, OllamaServer, Wait, answer

FIRST = chat_line("a")
Run = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


@pytest.fixture(params=[pytest.param("our own transport", marks=needs_own_transport), "httpx's"])
def _transports(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "httpx's":
        monkeypatch.setattr(settings, "is_available", lambda: False)


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs an async function under one of the two libraries."""
    return trio.run if request.param == "trio" else lambda main: asyncio.run(main())


@pytest.fixture
def wait(server: OllamaServer) -> Callable[[Callable[[], bool]], Awaitable[bool]]:
    """Waits for the server without blocking the event loop."""
    return lambda condition: anyio.to_thread.run_sync(condition)


# Async streams that are left


# trio warns of async generators that are left, and httpx (0.28) has five, one inside the other, around a body.
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
@pytest.mark.usefixtures("_transports")
@pytest.mark.parametrize("way", ["break", "with", "exception", "drop", "close"])
def test_a_stream_that_is_left_closes_its_connection(server: OllamaServer, run: Run, way: str, wait: Any):
    server.reply("POST", "/api/chat", FIRST, Never())

    async def leave(client: AsyncOllama) -> None:
        stream = await client.chat("m", HI, stream=True)
        if way == "break":
            async for _ in stream:
                break
        elif way == "with":
            async with stream:
                await anext(stream)
        elif way == "exception":
            with pytest.raises(ZeroDivisionError):
                async with stream:
                    raise ZeroDivisionError
        elif way == "close":
            await stream.close()

    async def main() -> None:
        async with AsyncOllama(server.url) as client:
            await leave(client)
            gc.collect()
            assert await wait(server.wait_for_disconnect)
            assert await wait(lambda: server.wait_for_connections(0))
            assert await wait(lambda: comes_true(lambda: len(client._sender.calls) == 0))

    run(main)


@pytest.mark.usefixtures("_transports")
@pytest.mark.parametrize("stream", [False, True])
def test_a_call_that_is_cancelled_closes_its_connection(server: OllamaServer, run: Run, stream: bool, wait: Any):
    server.reply("POST", "/api/chat", *([FIRST] if stream else []), Never())

    async def main() -> None:
        async with AsyncOllama(server.url) as client, anyio.create_task_group() as tasks:

            async def call() -> None:
                if stream:
                    await (await client.chat("m", HI, stream=True)).final()
                else:
                    await client.chat("m", HI)

            tasks.start_soon(call)
            assert await wait(server.wait_for_requests)
            tasks.cancel_scope.cancel()
            with anyio.CancelScope(shield=True):
                assert await wait(server.wait_for_disconnect)
                assert await wait(lambda: server.wait_for_connections(0))

    run(main)


@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
@pytest.mark.usefixtures("_transports")
@pytest.mark.parametrize("stream", [False, True])
def test_abort_ends_a_call_of_either_library(server: OllamaServer, run: Run, stream: bool, wait: Any):
    server.reply("POST", "/api/chat", *([FIRST] if stream else []), Never())

    async def main() -> None:
        async with AsyncOllama(server.url) as client, anyio.create_task_group() as tasks:

            async def call() -> None:
                with pytest.raises(AbortError):  # noqa: PT012  # two ways to the same call
                    if stream:
                        await (await client.chat("m", HI, stream=True)).final()
                    else:
                        await client.chat("m", HI)

            tasks.start_soon(call)
            assert await wait(server.wait_for_requests)
            client.abort()

    run(main)
    assert server.wait_for_disconnect()


@pytest.mark.usefixtures("_transports")
def test_a_host_whose_name_cannot_be_looked_up_is_a_connect_error_with_either_library(run: Run):
    async def main() -> None:
        async with AsyncOllama("http://a..b", max_retries=0) as client:
            with pytest.raises(ConnectError, match=r"cannot connect to a\.\.b:80"):
                await client.version()

    run(main)


# Event loops in turn


@pytest.mark.parametrize("begun", [True, False], ids=["begun", "not begun"])
def test_a_stream_that_outlives_its_event_loop_is_closed_and_does_not_look_complete(server: OllamaServer, begun: bool):
    server.reply("POST", "/api/chat", FIRST, Never())
    client = AsyncOllama(server.url)

    async def begin() -> AsyncStream[Any]:
        stream = await client.chat("m", HI, stream=True)
        if begun:
            await anext(stream)
        return stream

    async def read(stream: AsyncStream[Any]) -> None:
        async for _ in stream:
            pass

    stream = asyncio.run(begin())
    if not begun:
        stream.abort()
    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    for _ in range(2):
        with pytest.raises(IncompleteStreamError if begun else AbortError) as caught:
            asyncio.run(read(stream))
        assert (caught.value.partial is not None) is begun
    gc.collect()  # no socket is left to it, which would warn
    asyncio.run(client.close())


@pytest.mark.parametrize("how", ["read", "close"])
def test_a_stream_that_was_taken_to_another_event_loop_is_closed(
    server: OllamaServer, loop_thread: LoopThread, how: str
):
    server.reply("POST", "/api/chat", FIRST, Never())
    client = AsyncOllama(server.url)
    stream = loop_thread.run(client.chat("m", HI, stream=True))
    loop_thread.run(stream.__anext__())

    if how == "close":
        asyncio.run(stream.close())
    with pytest.raises(IncompleteStreamError):
        asyncio.run(stream.final())
    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    loop_thread.run(client.close())


@pytest.mark.usefixtures("_transports")
@pytest.mark.parametrize("method", ["chat", "run_tools"])
def test_closing_the_iterator_of_a_stream_closes_the_stream(server: OllamaServer, method: str):
    server.reply("POST", "/api/chat", FIRST, Never())
    with Ollama(server.url) as client:
        stream = getattr(client, method)("m", HI, tools=[], stream=True)
        with contextlib.closing(iter(stream)) as chunks:
            next(chunks)

        assert server.wait_for_disconnect()
        with pytest.raises(IncompleteStreamError):
            list(stream)


@pytest.mark.usefixtures("_transports")
def test_one_client_serves_event_loops_of_many_threads_that_come_and_go(server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = AsyncOllama(server.url)

    def ask(number: int) -> str | None:
        return asyncio.run(client.version()).version

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(200))) == {"1"}


@pytest.mark.usefixtures("_transports")
def test_one_client_serves_event_loops_of_both_libraries_in_turn(server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    client = AsyncOllama(server.url)

    async def use() -> None:
        for _ in range(2):
            assert (await (await client.chat("m", HI, stream=True)).final()).done

    for _ in range(2):
        asyncio.run(use())
        trio.run(use)

    async def close() -> None:
        await use()
        await client.close()

    asyncio.run(close())
    gc.collect()
    assert server.wait_for_connections(0)


# Fork


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("what", ["abort", "drop", "close", "use"])
def test_a_forked_child_does_not_touch_the_connections_of_its_parent(server: OllamaServer, what: str):
    gate = Gate()
    server.reply("POST", "/api/chat", FIRST, Wait(gate), done_line())
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = Ollama(server.url, max_retries=0)
    streams = [client.chat("m", HI, stream=True)]
    next(streams[0])
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if what == "abort":
                client.abort()
            elif what == "drop":
                streams.clear()
                gc.collect()
            elif what == "close":
                client.close()
            else:
                assert client.version().version == "1"
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    gate.open()

    assert streams[0].final().message.content == "a"
    client.close()


# The end of the program


@pytest.fixture
def program(server: OllamaServer) -> Iterator[Callable[[str], str]]:
    """Runs a program with warnings as errors and returns what it printed; nothing may come on standard error."""
    server.reply("POST", "/api/chat", FIRST, Never())
    server.reply("GET", "/api/version", Json({"version": "1"}))

    def run(code: str) -> str:
        result = subprocess.run(  # our own interpreter
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code), server.url],
            capture_output=True,
            text=True,
            timeout=PATIENCE * 3,
            check=False,
        )
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    yield run
    assert server.wait_for_connections(0)


def test_a_program_may_abort_at_exit(program: Callable[[str], str]):
    assert (
        program("""
        import atexit, sys, threading
        from ollama_sdk.overlay import AbortError, Ollama
        client = Ollama(sys.argv[1])
        stream = client.chat("m", [], stream=True)
        next(stream)
        def wait():
            try:
                stream.final()
            except AbortError:
                print("aborted")
        waiting = threading.Thread(target=wait)
        waiting.start()
        threading._register_atexit(client.abort)
    """)
        == "aborted\n"
    )
