"""Many texts for `embed` in batches: in order, so many at a time, one response, and one failure that ends all."""

from __future__ import annotations

import asyncio
import signal
import threading
from array import array
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
import trio
from overlay.callers import PATIENCE, Api, background, outcome
from overlay.limits import in_time, with_a_limit
from overlay.scripts import Together, both_transports
from overlay.signals import interrupted, signalled

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    DecodeError,
    OllamaTimeoutError,
    RequestError,
    ResponseError,
    VectorsResponse,
)
from ollama_sdk.overlay.testing import Json, Never, OllamaServer, Received, Reply

TEXTS = [f"text {index}" for index in range(10)]


def vectors_of(texts: list[str]) -> list[list[float]]:
    return [[float(text.split()[1]), 0.5] for text in texts]


def embed(received: Received, **fields: Any) -> Reply:
    body = {"model": "m", "embeddings": vectors_of(received.json["input"]), **fields}
    return Reply(Json(body))


@pytest.fixture
def embedding(server: OllamaServer) -> OllamaServer:
    """A server that answers each text with a vector that tells which text it was."""
    server.reply("POST", "/api/embed", embed)
    return server


def inputs(server: OllamaServer) -> list[Any]:
    return sorted(received.json["input"] for received in server.requests)


# What is sent, and what comes of it


@both_transports
@pytest.mark.parametrize("size", [1, 3, 5, 9])
@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_the_vectors_are_in_the_order_of_the_texts(api: Api, embedding: OllamaServer, size: int, at_once: int):
    response = api.embed("m", TEXTS, batch_size=size, max_concurrency=at_once, dimensions=2)
    assert response.embeddings == vectors_of(TEXTS)
    assert inputs(embedding) == sorted(TEXTS[start : start + size] for start in range(0, 10, size))
    assert {received.json["dimensions"] for received in embedding.requests} == {2}


def test_batches_that_are_answered_in_another_order_are_put_in_theirs(api: Api, server: OllamaServer):
    last_is_answered = threading.Event()

    def reply(received: Received) -> Reply:
        if received.json["input"] == TEXTS[8:]:
            last_is_answered.set()
        else:
            assert last_is_answered.wait(60)
        return embed(received)

    server.reply("POST", "/api/embed", reply)
    response = api.embed("m", TEXTS, batch_size=4, max_concurrency=3)
    assert response.embeddings == vectors_of(TEXTS)


@pytest.mark.parametrize("given", [{"batch_size": 10}, {"batch_size": 11}, {"batch_size": None}, {}])
def test_texts_that_fit_into_one_batch_are_one_request(api: Api, embedding: OllamaServer, given: dict[str, Any]):
    assert api.embed("m", TEXTS, **given).embeddings == vectors_of(TEXTS)
    assert inputs(embedding) == [TEXTS]


@pytest.mark.parametrize(("input", "vectors"), [("text 1", [[1.0]]), ([], []), ("", []), ("", [[1.0]])])
def test_one_text_and_none_are_sent_as_without_batches(
    api: Api, server: OllamaServer, input: Any, vectors: list[list[float]]
):
    server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": vectors}))
    assert api.embed("m", input, batch_size=3).embeddings == vectors
    assert inputs(server) == [input]


def test_texts_may_come_from_a_generator(api: Api, embedding: OllamaServer):
    response = api.embed("m", (text for text in TEXTS), batch_size=4)
    assert response.embeddings == vectors_of(TEXTS)


def test_counts_and_durations_are_summed_and_the_rest_is_of_the_first(api: Api, server: OllamaServer):
    def reply(received: Received) -> Reply:
        count = len(received.json["input"])
        first = {"load_duration": 7, "note": "first"} if count == 4 and received.json["input"][0] == TEXTS[0] else {}
        return embed(received, total_duration=100, prompt_eval_count=3 * count, **first)

    server.reply("POST", "/api/embed", reply)
    response = api.embed("m", TEXTS, batch_size=4)
    assert isinstance(response, VectorsResponse)
    assert response.to_dict() == {
        "model": "m",
        "embeddings": vectors_of(TEXTS),
        "total_duration": 300,
        "load_duration": 7,
        "prompt_eval_count": 30,
        "note": "first",
    }


def test_the_joined_vectors_become_arrays(api: Api, embedding: OllamaServer):
    numpy = pytest.importorskip("numpy", reason="as_numpy needs numpy, which is an extra")
    response = api.embed("m", TEXTS, batch_size=4)
    matrix = response.as_numpy()
    assert (matrix.dtype, matrix.shape) == (numpy.float32, (10, 2))
    assert matrix.tolist() == vectors_of(TEXTS)
    assert response.as_arrays() == [array("f", vector) for vector in vectors_of(TEXTS)]


def test_an_answer_that_had_to_be_decoded_is_joined_as_well(api: Api, server: OllamaServer):
    # The key comes a second time, within another object, which the shorter way of reading does not take.
    server.reply("POST", "/api/embed", lambda received: Reply(Json({"more": {"embeddings": [[1]]}, **body(received)})))

    def body(received: Received) -> dict[str, Any]:
        return {"model": "m", "embeddings": vectors_of(received.json["input"])}

    response = api.embed("m", TEXTS, batch_size=4)
    assert response.embeddings == vectors_of(TEXTS)
    pytest.importorskip("numpy", reason="as_numpy needs numpy, which is an extra")
    assert api.embed("m", TEXTS, batch_size=4).as_numpy().tolist() == vectors_of(TEXTS)


@both_transports
@pytest.mark.parametrize(("given", "most"), [({}, 4), ({"max_concurrency": 2}, 2), ({"max_concurrency": 1}, 1)])
def test_no_more_requests_are_made_at_once_than_wanted(
    api: Api, server: OllamaServer, given: dict[str, Any], most: int
):
    together = Together(most, embed)
    server.reply("POST", "/api/embed", together)
    texts = TEXTS[:8]
    assert api.embed("m", texts, batch_size=1, **given).embeddings == vectors_of(texts)
    assert together.most == most


def test_the_function_of_the_module_takes_batches(embedding: OllamaServer, monkeypatch: pytest.MonkeyPatch):
    from ollama_sdk import overlay

    monkeypatch.setenv("OLLAMA_HOST", embedding.url)
    assert overlay.embed("m", TEXTS, batch_size=4).embeddings == vectors_of(TEXTS)
    assert len(embedding.requests) == 3


# What is refused


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1 on, not 0"),
        ({"batch_size": -1}, "batch_size must be a whole number from 1 on, not -1"),
        ({"batch_size": True}, "batch_size must be a whole number from 1 on, not True"),
        ({"batch_size": 2.0}, "batch_size must be a whole number from 1 on, not 2.0"),
        ({"batch_size": "2"}, "batch_size must be a whole number from 1 on, not '2'"),
        ({"batch_size": 2, "max_concurrency": 0}, "max_concurrency must be a whole number from 1 on, not 0"),
        ({"batch_size": 2, "max_concurrency": 1.5}, "max_concurrency must be a whole number from 1 on, not 1.5"),
        ({"max_concurrency": 2}, "add batch_size="),
        ({"batch_size": 2, "deadline": 0}, "deadline must be a positive number of seconds"),
        ({"batch_size": 2, "dimension": 3}, "did you mean 'dimensions'"),
        ({"batch_size": 2, "input": [*TEXTS, 5]}, r"input\[10\] must be a string, not int"),
        ({"batch_size": 2, "extra_body": {"a": object()}}, "cannot be written as JSON"),
        ({"batch_size": 2, "model": ""}, "model is empty"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    api: Api, server: OllamaServer, given: dict[str, Any], says: str
):
    with pytest.raises(RequestError, match=says):
        api.embed(**{"model": "m", "input": TEXTS, **given})
    assert server.requests == []


# What ends it


def refusing(refused: list[str], status: int, others: threading.Barrier) -> Callable[[Received], Reply]:
    """Once the others have arrived, refuse one batch; the others are never answered."""

    def reply(received: Received) -> Reply:
        others.wait()
        if received.json["input"] == refused:
            return Reply(Json({"error": "the input length exceeds the context length"}), status=status)
        return Reply(Never())

    return reply


@both_transports
def test_the_first_failure_ends_the_others_and_tells_its_texts(api: Api, server: OllamaServer):
    server.reply("POST", "/api/embed", refusing(TEXTS[3:6], 400, threading.Barrier(3, timeout=60)))
    with pytest.raises(ResponseError, match=r"context length.*input\[3:6\] of 10 texts") as caught:
        api.embed("m", TEXTS, batch_size=3, max_concurrency=3)
    assert caught.value.status_code == 400
    assert server.wait_for_disconnect(count=2)
    assert len(server.requests) == 3  # the fourth was never sent
    assert not _threads()


@pytest.mark.parametrize("input", ["text 1", ["text 1"], ["text 1", "text 2"]])
@pytest.mark.parametrize("vectors", [[], None, [[1, 2]] * 3])
@pytest.mark.parametrize("given", [{}, {"batch_size": 2}])
def test_another_number_of_vectors_than_of_texts_in_one_request_is_an_error(
    api: Api, server: OllamaServer, input: Any, vectors: Any, given: dict[str, Any]
):
    server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": vectors}))
    with pytest.raises(DecodeError, match=r"has \d vectors for \d texts"):
        api.embed("m", input, **given)


def test_texts_that_the_caller_replaces_are_not_counted(api: Api, server: OllamaServer):
    server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": [[1.0], [2.0]]}))
    assert api.embed("m", "a", extra_body={"input": ["a", "b"]}).embeddings == [[1.0], [2.0]]


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("vectors", [[[1.0, 0.5]], [], None, [[1, 2]] * 5])
def test_another_number_of_vectors_than_of_texts_is_an_error(
    api: Api, server: OllamaServer, at_once: int, vectors: Any
):
    def reply(received: Received) -> Reply:
        wrong = received.json["input"] == TEXTS[4:8]
        return Reply(Json({"model": "m", "embeddings": vectors})) if wrong else embed(received)

    server.reply("POST", "/api/embed", reply)
    with pytest.raises(DecodeError, match=r"input\[4:8\].* has \d vectors for 4 texts"):
        api.embed("m", TEXTS, batch_size=4, max_concurrency=at_once)


@both_transports
@pytest.mark.parametrize("at_once", [1, 3])
def test_abort_ends_all_requests(api: Api, embedding: OllamaServer, at_once: int):
    embedding.reply("POST", "/api/embed", Never())
    call = background(lambda: outcome(lambda: api.embed("m", TEXTS, batch_size=1, max_concurrency=at_once)))
    assert embedding.wait_for_requests(at_once)
    api.abort()
    assert isinstance(call.result(60), AbortError)
    assert embedding.wait_for_disconnect(count=at_once)
    assert len(embedding.requests) == at_once
    assert not _threads()
    embedding.reply("POST", "/api/embed", embed)
    assert api.embed("m", TEXTS, batch_size=3).embeddings == vectors_of(TEXTS)


@both_transports
@pytest.mark.parametrize("at_once", [1, 3])
@with_a_limit
def test_the_deadline_is_that_of_all_requests_together(api: Api, embedding: OllamaServer, at_once: int, limit: float):
    def reply(received: Received) -> Reply:
        return Reply(Never()) if received.json["input"] == TEXTS[-1:] else embed(received)

    embedding.reply("POST", "/api/embed", reply)
    with pytest.raises(OllamaTimeoutError, match=rf"of 10 texts.*{limit:g} seconds in all") as caught:
        api.embed("m", TEXTS, batch_size=1, max_concurrency=at_once, deadline=limit)
    assert (caught.value.phase, caught.value.limit) == ("deadline", limit)
    with in_time():
        assert "input[9:10]" in str(caught.value)


def test_the_timeout_is_that_of_each_request(api: Api, embedding: OllamaServer):
    embedding.reply("POST", "/api/embed", Never())
    with pytest.raises(OllamaTimeoutError, match=r"input\[\d+:\d+\] of 10 texts.*0\.1 seconds") as caught:
        api.embed("m", TEXTS, batch_size=4, timeout=httpx.Timeout(PATIENCE, read=0.1))
    assert caught.value.phase == "read"
    assert not _threads()


@pytest.mark.usefixtures("waits")
def test_a_request_that_the_server_has_no_room_for_is_made_again(make_api: Callable[..., Api], server: OllamaServer):
    refused: set[str] = set()

    def reply(received: Received) -> Reply:
        first = received.json["input"][0]
        if first in refused:
            return embed(received)
        refused.add(first)
        return Reply(Json({"error": "server busy, please try again"}), status=503)

    server.reply("POST", "/api/embed", reply)
    assert make_api(max_retries=1).embed("m", TEXTS, batch_size=4).embeddings == vectors_of(TEXTS)


@both_transports
@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("at_once", [1, 3])
def test_ctrl_c_ends_all_requests(api: Api, embedding: OllamaServer, at_once: int):
    embedding.reply("POST", "/api/embed", Never())
    waiting = partial(embedding.wait_for_requests, at_once)
    with signalled(signal.SIGINT, waiting), pytest.raises(KeyboardInterrupt):
        api.embed("m", TEXTS, batch_size=1, max_concurrency=at_once)
    assert embedding.wait_for_disconnect(count=at_once)
    assert not _threads()


@pytest.mark.parametrize("kind", ["sync"])
def test_ctrl_c_while_the_threads_are_started_ends_all_requests(api: Api, embedding: OllamaServer):
    embedding.reply("POST", "/api/embed", Never())
    with interrupted(("_calls/side_by_side.py",), 0, once=_threads), pytest.raises(KeyboardInterrupt):
        api.embed("m", TEXTS, batch_size=1, max_concurrency=3)
    assert not _threads()


def test_a_cancelled_task_ends_all_requests(embedding: OllamaServer):
    async def main() -> None:
        async with AsyncOllama(embedding.url) as client:
            task = asyncio.create_task(client.embed("m", TEXTS, batch_size=1, max_concurrency=3))
            assert await asyncio.to_thread(embedding.wait_for_requests, 3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(embedding.wait_for_disconnect, count=3)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    embedding.reply("POST", "/api/embed", Never())
    asyncio.run(main())
    assert embedding.wait_for_connections(0)


def test_batches_work_under_trio(embedding: OllamaServer):
    async def main() -> None:
        async with AsyncOllama(embedding.url) as client:
            response = await client.embed("m", TEXTS, batch_size=3)
            assert response.embeddings == vectors_of(TEXTS)
            embedding.reply("POST", "/api/embed", refusing(TEXTS[3:6], 400, threading.Barrier(3, timeout=60)))
            with pytest.raises(ResponseError, match=r"input\[3:6\] of 10 texts"):
                await client.embed("m", TEXTS, batch_size=3, max_concurrency=3)

    trio.run(main)
    assert embedding.wait_for_connections(0)


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ollama-sdk embed")]
