"""Streams are generators, as the official client's, which ours can abort, and in which a cut is an error."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import httpx
import pytest
from compat.faces import answer

from ollama_sdk import overlay
from ollama_sdk.overlay import compat
from ollama_sdk.overlay.testing import Gate, Line, Never, OllamaServer, Wait

USER = [{"role": "user", "content": "Why?"}]
PIECE = Line({"model": "m", "message": {"role": "assistant", "content": "a"}, "done": False})


def test_a_stream_is_a_generator_that_asks_when_it_is_read(server: OllamaServer) -> None:
    answer(server)
    with compat.Client(server.url) as client:
        stream = client.chat("m", USER, stream=True)
        assert inspect.isgenerator(stream)
        assert server.requests == []
        assert [piece.message.content for piece in stream] == ["Hel", "lo", ""]
        assert len(server.requests) == 1


def test_an_asynchronous_stream_is_an_asynchronous_generator(server: OllamaServer) -> None:
    answer(server)

    async def run() -> None:
        async with compat.AsyncClient(server.url) as client:
            stream = await client.chat("m", USER, stream=True)
            assert inspect.isasyncgen(stream)
            assert server.requests == []
            assert "".join([piece["message"]["content"] async for piece in stream]) == "Hello"

    asyncio.run(run())


def test_closing_a_stream_closes_its_connection(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", PIECE, Never())
    with compat.Client(server.url) as client:
        stream: Any = client.chat("m", USER, stream=True)
        assert next(stream).message.content == "a"
        stream.close()
        assert server.wait_for_disconnect()


def test_closing_an_asynchronous_stream_closes_its_connection(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", PIECE, Never())

    async def run() -> None:
        async with compat.AsyncClient(server.url) as client:
            stream: Any = await client.chat("m", USER, stream=True)
            assert (await anext(stream)).message.content == "a"
            await stream.aclose()

    asyncio.run(run())
    assert server.wait_for_disconnect()


def test_a_stream_that_ends_without_its_last_line_is_an_error(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", PIECE, PIECE)
    with compat.Client(server.url) as client, pytest.raises(overlay.IncompleteStreamError) as error:
        list(client.chat("m", USER, stream=True))
    assert error.value.partial.message.content == "aa"


def test_a_stream_whose_connection_breaks_is_an_error_of_httpx_too(server: OllamaServer) -> None:
    server.fault("POST", "/api/chat", "cut_mid_line")
    with compat.Client(server.url) as client:
        for kind in (overlay.IncompleteStreamError, httpx.RemoteProtocolError):
            with pytest.raises(kind):
                list(client.chat("m", USER, stream=True))


def test_abort_ends_the_calls_of_all_clients(server: OllamaServer) -> None:
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate), PIECE)
    server.reply("POST", "/api/generate", Never())
    ended = []

    def call(client: Any, stream: bool) -> None:
        try:
            list(client.chat("m", USER, stream=True)) if stream else client.generate("m", "Why?")
        except overlay.AbortError as error:
            ended.append(error)

    with compat.Client(server.url) as one, compat.Client(server.url) as other:
        threads = [threading.Thread(target=call, args=each) for each in ((one, True), (other, False))]
        for thread in threads:
            thread.start()
        assert server.wait_for_requests(2)
        compat.abort()
        for thread in threads:
            thread.join()
        assert len(ended) == 2
        answer(server)
        assert one.chat("m", USER).message.content == "Hello"


def test_abort_ends_the_calls_of_asynchronous_clients(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", PIECE, Never())

    async def run() -> None:
        async with compat.AsyncClient(server.url) as client:
            stream: Any = await client.chat("m", USER, stream=True)
            await anext(stream)
            compat.abort()
            with pytest.raises(overlay.AbortError):
                await anext(stream)

    asyncio.run(run())


def test_a_client_aborts_its_own_calls_alone(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", PIECE, Never())
    with compat.Client(server.url) as one, compat.Client(server.url) as other:
        streams: list[Any] = [client.chat("m", USER, stream=True) for client in (one, other)]
        for stream in streams:
            next(stream)
        one.abort()
        with pytest.raises(overlay.AbortError):
            next(streams[0])
        assert server.wait_for_disconnect(count=1)
        assert len(server.disconnects) == 1
        streams[1].close()


def test_a_busy_server_is_asked_again(server: OllamaServer) -> None:
    server.queue("GET", "/api/tags", Line({"error": "busy"}), status=503, headers={"Retry-After": "0"})
    answer(server)
    with compat.Client(server.url) as client:
        assert client.list().models[0].model == "llama3.2:latest"
    assert len(server.requests) == 2
