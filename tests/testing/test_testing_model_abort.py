"""With the real model: an answer that is aborted in the middle does not hold up the next one."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Iterator

import pytest

from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama
from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

if importlib.util.find_spec("xllamacpp") is None:
    pytest.skip("the embedded model needs xllamacpp: pip install 'ollama-sdk[testing]'", allow_module_level=True)

MODEL = "smollm2:135m"
COUNTING = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"  # which the model goes on with for as long as it may
LONG = {"temperature": 0, "seed": 1, "num_predict": 1500}
SHORT = {"temperature": 0, "seed": 1, "num_predict": 4}


@pytest.fixture(scope="module")
def server(model: EmbeddedModel) -> Iterator[OllamaServer]:
    with OllamaServer(responder=ModelApi(model)) as running:
        yield running


@pytest.mark.parametrize("by", ["stream", "client"])
def test_the_next_call_is_served_without_waiting_for_an_aborted_one(server: OllamaServer, by: str) -> None:
    with Ollama(server.url) as client:
        stream = client.generate(MODEL, COUNTING, raw=True, stream=True, options=LONG)
        seen = [next(stream).response for _ in range(3)]
        (stream if by == "stream" else client).abort()
        with pytest.raises(AbortError):
            stream.final()
        assert stream.partial is not None
        assert stream.partial.response == "".join(map(str, seen))

        assert client.generate(MODEL, "Hi!", options=SHORT).eval_count == 4

    # The first was cut off before its last line.
    assert server.wait_for_disconnect(count=1)
    assert [request.json["prompt"] for request in server.disconnects] == [COUNTING]
    server.clear()


def test_the_next_asynchronous_call_is_served_without_waiting_for_an_aborted_one(server: OllamaServer) -> None:
    async def main() -> None:
        async with AsyncOllama(server.url) as client:
            stream = await client.generate(MODEL, COUNTING, raw=True, stream=True, options=LONG)
            for _ in range(3):
                await anext(stream)
            reading = asyncio.create_task(stream.final())
            await asyncio.sleep(0)
            client.abort()
            with pytest.raises(AbortError):
                await reading
            assert (await client.generate(MODEL, "Hi!", options=SHORT)).eval_count == 4

    asyncio.run(main())
    assert server.wait_for_disconnect()
    assert [request.json["prompt"] for request in server.disconnects] == [COUNTING]
    server.clear()


MANY = [f"Line {number} of a long document." for number in range(2000)]


def test_embeddings_that_are_aborted_end(server: OllamaServer) -> None:
    with Ollama(server.url) as client:
        client.load(MODEL)
        failures: list[BaseException] = []

        def embed() -> None:
            try:
                client.embed(MODEL, MANY)
            except AbortError as error:
                failures.append(error)

        asking = threading.Thread(target=embed)
        asking.start()
        assert server.wait_for_requests(2)
        client.abort()
        asking.join()
        assert len(failures) == 1
        assert server.wait_for_disconnect(count=1)
        assert len(client.embed(MODEL, ["one", "two"]).embeddings) == 2
    server.clear()


def test_asynchronous_embeddings_that_are_aborted_end(server: OllamaServer) -> None:
    async def main() -> None:
        async with AsyncOllama(server.url) as client:
            asking = asyncio.create_task(client.embed(MODEL, MANY))
            assert await asyncio.to_thread(server.wait_for_requests, 1)
            client.abort()
            with pytest.raises(AbortError):
                await asking
            assert await asyncio.to_thread(server.wait_for_disconnect)
            assert len((await client.embed(MODEL, "one")).embeddings) == 1

    asyncio.run(main())
    server.clear()
