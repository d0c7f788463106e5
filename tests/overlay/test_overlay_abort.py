"""abort(): AbortError for whoever waits, in every phase; the server sees it and the client goes on."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api, background, comes_true
from overlay.scripts import HI, NDJSON, assert_usable, both_transports, chat_line, streamed_or_not

from ollama_sdk.overlay import AbortError, AsyncOllama, IncompleteStreamError, Ollama, OllamaError
from ollama_sdk.overlay.testing import (
    Gate,
    Json,
    Line,
    Never,
    OllamaServer,
    Reply,
    Start,
    Wait,
    answer,
)

FIRST = chat_line("a")


def abort_when(condition: Callable[[], bool], abort: Callable[[], object], waiting: Callable[[], object]) -> None:
    """Abort what waits once a condition holds; the waiter must get AbortError and nothing else."""
    future = background(waiting)
    assert condition()
    abort()
    assert isinstance(future.exception(PATIENCE), AbortError)


# One stream


@both_transports
@pytest.mark.parametrize("by", ["stream", "client"])
@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_is_aborted(api: Api, server: OllamaServer, by: str, read: int):
    server.reply("POST", "/api/chat", Start(), *[FIRST] * read, Never(), headers=NDJSON)
    stream = api.chat_stream()
    for _ in range(read):
        stream.next()
    abort = stream.stream.abort if by == "stream" else api.client.abort

    abort_when(lambda: True, abort, stream.final)

    assert (stream.stream.partial.message.content if stream.stream.partial else "") == "a" * read
    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    assert_usable(api, server)


@both_transports
def test_an_aborted_stream_gives_no_more_of_what_has_arrived(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat", ["a"] * 50))
    stream = api.chat_stream()
    stream.next()
    stream.stream.abort()

    pieces, error = stream.collect()

    assert pieces == []
    assert isinstance(error, AbortError)


@both_transports
def test_what_an_aborted_stream_had_given_is_in_the_error(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Start(), FIRST, Never(), headers=NDJSON)
    stream = api.chat_stream()
    stream.next()
    stream.stream.abort()

    _, error = stream.collect()

    assert isinstance(error, AbortError)
    assert error.partial is not None
    assert error.partial["message"]["content"] == "a"


@both_transports
def test_an_aborted_stream_keeps_raising_abort_error(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    stream = api.chat_stream()
    stream.next()
    stream.stream.abort()

    for _ in range(2):
        with pytest.raises(AbortError):
            stream.final()
    assert isinstance(stream.collect()[1], AbortError)
    stream.close()
    assert server.wait_for_disconnect()


@both_transports
def test_a_stream_that_nobody_reads_is_aborted(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    stream = api.chat_stream()

    stream.stream.abort()

    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    with pytest.raises(AbortError):
        stream.final()


@both_transports
def test_closing_a_stream_ends_the_wait_of_another_thread_that_reads_it(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    stream = api.chat_stream()
    stream.next()
    future = background(stream.collect)
    chunks = stream.stream._chunks
    assert comes_true(lambda: getattr(chunks, "gi_running", False) or getattr(chunks, "ag_running", False))
    stream.close()

    pieces, error = future.result(PATIENCE)
    assert pieces == []
    assert isinstance(error, IncompleteStreamError)
    assert error.partial.message.content == "a"
    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)


# From where, how often, and of what


@both_transports
def test_abort_may_be_called_again_and_again(api: Api, server: OllamaServer):
    for _ in range(3):
        api.client.abort()
    server.reply("POST", "/api/chat", Never())
    for count in (1, 2):
        future = background(api.chat_whole)
        assert server.wait_for_requests(count)
        for _ in range(3):
            api.client.abort()
        assert isinstance(future.exception(PATIENCE), AbortError)

    assert_usable(api, server)


@both_transports
def test_an_abort_does_not_reach_calls_that_come_after_it(api: Api, server: OllamaServer):
    api.client.abort()

    assert_usable(api, server)


@both_transports
def test_aborting_a_stream_leaves_the_other_calls_alone(api: Api, server: OllamaServer):
    gate = Gate()
    server.queue("POST", "/api/chat", FIRST, Never())
    server.queue("POST", "/api/chat", FIRST, Wait(gate), Line({"done": True}))
    aborted, other = api.chat_stream(), api.chat_stream()
    aborted.next()
    other.next()

    abort_when(lambda: True, aborted.stream.abort, aborted.final)
    gate.open()

    assert other.final().message.content == "a"


@both_transports
def test_aborting_a_client_ends_all_of_its_calls_and_those_of_its_copies(
    make_api: Callable[..., Api], server: OllamaServer
):
    api = make_api(max_retries=0)
    copy, stranger = api.with_options(timeout=100), make_api(max_retries=0)
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate), answer("/api/chat", stream=False).steps[0])
    waiting = [background(each.chat_whole) for each in (api, api, copy, copy)]
    spared = background(stranger.chat_whole)
    assert server.wait_for_requests(5)

    copy.client.abort()

    assert all(isinstance(future.exception(PATIENCE), AbortError) for future in waiting)
    gate.open()
    assert spared.result(PATIENCE).done


@both_transports
def test_aborting_a_stream_that_has_ended_does_nothing(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    stream = api.chat_stream()
    whole = stream.final()
    stream.stream.abort()

    assert stream.final() == whole
    assert_usable(api, server)


def test_aborting_an_ended_stream_does_not_harm_the_next_call_on_its_connection(api: Api, server: OllamaServer):
    server.queue("POST", "/api/chat", answer("/api/chat"))
    gate = Gate()
    server.queue("POST", "/api/chat", FIRST, Wait(gate), Line({"done": True}))
    ended = api.chat_stream()
    ended.final()
    second = api.chat_stream()
    second.next()

    ended.stream.abort()
    gate.open()

    assert second.final().done
    assert {request.connection_id for request in server.requests} == {1}


def test_an_abort_beats_an_answer_that_has_just_come(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    stop = threading.Event()

    def keep_aborting() -> None:
        while not stop.wait(0.0005):
            api.client.abort()

    aborting = background(keep_aborting)
    outcomes = []
    for _ in range(60):
        try:
            outcomes.append(api.chat_whole().message.content)
        except AbortError:
            outcomes.append(None)
    stop.set()
    aborting.result(PATIENCE)

    assert set(outcomes) <= {None, "The sky is blue — mostly 🌍."}
    assert_usable(api, server)


def test_the_abort_of_an_injected_client_works_too(make_api: Callable[..., Api], server: OllamaServer, kind: str):
    http_client: Any = httpx.Client(trust_env=False) if kind == "sync" else httpx.AsyncClient(trust_env=False)
    server.reply("POST", "/api/chat", Never())
    api = make_api(http_client=http_client, max_retries=0)

    abort_when(server.wait_for_requests, api.client.abort, api.chat_whole)

    assert server.wait_for_disconnect()
    assert_usable(api, server)
    api.wait_for(http_client.close() if kind == "sync" else http_client.aclose())


@both_transports
def test_an_async_stream_is_aborted_by_another_task(server: OllamaServer, transport: str):
    server.reply("POST", "/api/chat", FIRST, Never())

    async def main() -> None:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:
            stream = await client.chat("m", HI, stream=True)
            await anext(stream)
            reading = asyncio.create_task(stream.final())
            await asyncio.sleep(0)
            client.abort()
            with pytest.raises(AbortError):
                await reading
            assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # within a task

    asyncio.run(main())
    assert server.wait_for_disconnect()


@both_transports
@streamed_or_not
def test_cancelling_a_task_closes_its_connection(server: OllamaServer, transport: str, stream: bool):
    server.reply("POST", "/api/chat", *([FIRST] if stream else []), Never())

    async def call(client: AsyncOllama) -> None:
        if stream:
            async for _ in await client.chat("m", HI, stream=True):
                pass
        else:
            await client.chat("m", HI)

    async def main() -> None:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:
            task = asyncio.create_task(call(client))
            await asyncio.to_thread(server.wait_for_requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.wait_for_disconnect)
            assert await asyncio.to_thread(server.wait_for_connections, 0)
            assert len(client._sender.calls) == 0

    asyncio.run(main())


@both_transports
def test_a_time_limit_of_asyncio_around_a_call_is_a_timeout_and_closes_the_connection(
    server: OllamaServer, transport: str
):
    server.reply("POST", "/api/chat", Never())

    async def run_out_when_asked(limit: asyncio.Timeout) -> None:
        await asyncio.to_thread(server.wait_for_requests)
        limit.reschedule(asyncio.get_running_loop().time())

    async def call(client: AsyncOllama) -> None:
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as tasks:
            tasks.create_task(run_out_when_asked(limit))
            await client.chat("m", HI)

    async def main() -> None:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:
            with pytest.raises(TimeoutError) as caught:
                await call(client)
            assert not isinstance(caught.value, OllamaError)
            assert await asyncio.to_thread(server.wait_for_disconnect)

    asyncio.run(main())


# Nothing is left


def threads_of_clients() -> set[threading.Thread]:
    """All threads but the server's, which may still be ending."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("ollama-server")}


@both_transports
def test_nothing_is_left_after_many_aborts(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", FIRST, Wait(gate))
    threads = threads_of_clients()
    for number in range(1, 31):
        stream = api.chat_stream()
        stream.next()
        stream.stream.abort()
        with pytest.raises(AbortError):
            stream.final()
        assert server.wait_for_disconnect(count=number)
    del stream
    gc.collect()

    assert server.wait_for_connections(0)
    assert comes_true(lambda: len(api.client._sender.calls) == 0)
    assert threads_of_clients() <= threads


@both_transports
def test_more_streams_than_the_pool_holds_can_be_abandoned_one_after_the_other(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", FIRST, Never())
    for _ in range(110):
        stream = api.chat_stream()
        stream.next()
        del stream
        gc.collect(0)

    assert server.wait_for_disconnect(count=110)
    assert_usable(api, server)


def test_a_client_that_nobody_refers_to_any_more_leaves_no_connection(server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = Ollama(server.url)
    client.version()
    assert server.wait_for_connections(1)
    del client
    gc.collect()

    assert server.wait_for_connections(0)


def test_a_redirected_call_is_aborted(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Reply(status=307, headers={"Location": "/moved"}))
    server.reply("POST", "/moved", Never())

    abort_when(lambda: server.wait_for_requests(2), api.client.abort, api.chat_whole)

    assert server.wait_for_disconnect()
