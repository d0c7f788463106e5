"""Many texts for `embed` in batches: the progress, and what a failure leaves of those that were answered."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from overlay.callers import PATIENCE, Api, background
from overlay.test_overlay_embed_batches import TEXTS, embed, vectors_of

from ollama_sdk.overlay import AbortError, Progress, RequestError, ResponseError, VectorsResponse
from ollama_sdk.overlay.testing import Json, Never, OllamaServer, Received, Reply


@pytest.fixture
def embedding(server: OllamaServer) -> OllamaServer:
    """A server that answers each text with a vector that tells which text it was."""
    server.reply("POST", "/api/embed", embed)
    return server


@pytest.mark.parametrize(("given", "steps"), [({"batch_size": 4}, [4, 8, 10]), ({}, [10]), ({"batch_size": 20}, [10])])
def test_progress_counts_the_texts(api: Api, embedding: OllamaServer, given: dict[str, Any], steps: list[int]):
    seen: list[tuple[int, int, bool]] = []

    def watch(progress: Progress) -> None:
        seen.append((progress.completed, progress.total, progress.is_complete))

    response = api.embed("m", TEXTS, **given, max_concurrency=(given and 1) or None, progress=watch)
    assert response.embeddings == vectors_of(TEXTS)
    assert seen == [*((step, 10, False) for step in steps), (10, 10, True)]


def test_progress_never_goes_back(api: Api, embedding: OllamaServer):
    seen: list[int] = []
    api.embed("m", TEXTS, batch_size=1, max_concurrency=5, progress=lambda progress: seen.append(progress.completed))
    assert seen == [*range(1, 11), 10]


def test_progress_shows_texts(api: Api, embedding: OllamaServer):
    shown: list[str] = []
    api.embed("m", TEXTS, batch_size=5, progress=lambda progress: shown.append(repr(progress)))
    assert shown[0] == "Progress('embedding', 5 of 10 texts)"


def test_what_the_function_raises_ends_the_call(api: Api, embedding: OllamaServer):
    def fail(progress: Progress) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        api.embed("m", TEXTS, batch_size=1, max_concurrency=1, progress=fail)
    assert len(embedding.requests) == 1


@pytest.mark.parametrize("progress", [5, "yes"])
def test_another_progress_is_refused(api: Api, embedding: OllamaServer, progress: Any):
    with pytest.raises(RequestError, match="progress must be True, or a function"):
        api.embed("m", TEXTS, progress=progress)
    assert embedding.requests == []


def test_no_progress_is_none(api: Api, embedding: OllamaServer):
    assert api.embed("m", TEXTS, progress=False).embeddings == vectors_of(TEXTS)


def failing(first_of_batch: str) -> Callable[[Received], Reply]:
    def reply(received: Received) -> Reply:
        if received.json["input"][0] == first_of_batch:
            return Reply(Json({"error": "broken"}), status=400)
        return embed(received, prompt_eval_count=len(received.json["input"]))

    return reply


@pytest.mark.parametrize(("failed", "positions"), [(2, [0, 1, 2, 3]), (1, [0, 1]), (4, list(range(8)))])
def test_a_batch_that_fails_leaves_what_is_done_with_the_positions(
    api: Api, server: OllamaServer, failed: int, positions: list[int]
):
    server.reply("POST", "/api/embed", failing(TEXTS[2 * failed]))
    with pytest.raises(ResponseError, match="broken") as caught:
        api.embed("m", TEXTS, batch_size=2, max_concurrency=1)
    partial: Any = caught.value.partial
    assert isinstance(partial, VectorsResponse)
    assert partial.positions == positions
    assert partial.embeddings == vectors_of([TEXTS[position] for position in positions])
    assert partial.prompt_eval_count == len(positions)
    copy = pickle.loads(pickle.dumps(caught.value)).partial
    assert (copy.positions, copy.embeddings) == (positions, partial.embeddings)


def test_the_first_batch_that_fails_leaves_nothing(api: Api, server: OllamaServer):
    server.reply("POST", "/api/embed", failing(TEXTS[0]))
    with pytest.raises(ResponseError) as caught:
        api.embed("m", TEXTS, batch_size=2, max_concurrency=1)
    assert caught.value.partial is None


def test_batches_that_were_answered_out_of_order_keep_their_positions(api: Api, server: OllamaServer):
    last_is_answered = threading.Event()

    def reply(received: Received) -> Reply:
        if received.json["input"] == TEXTS[8:]:
            return embed(received)
        assert last_is_answered.wait(PATIENCE)
        return Reply(Json({"error": "broken"}), status=400)

    def watch(progress: Progress) -> None:
        last_is_answered.set()

    server.reply("POST", "/api/embed", reply)
    with pytest.raises(ResponseError, match="broken") as caught:
        api.embed("m", TEXTS, batch_size=4, max_concurrency=3, progress=watch)
    partial: Any = caught.value.partial
    assert (partial.positions, partial.embeddings) == ([8, 9], vectors_of(TEXTS[8:]))


def test_an_abort_leaves_what_is_done(api: Api, server: OllamaServer):
    def reply(received: Received) -> Reply:
        return embed(received) if received.json["input"] == TEXTS[:5] else Reply(Never())

    server.reply("POST", "/api/embed", reply)
    asking = background(lambda: api.embed("m", TEXTS, batch_size=5, max_concurrency=1))
    assert server.wait_for_requests(2)
    api.client.abort()
    error: Any = asking.exception(PATIENCE)
    assert isinstance(error, AbortError)
    assert error.partial is not None
    assert error.partial["positions"] == [0, 1, 2, 3, 4]


def test_a_whole_response_has_all_positions(api: Api, embedding: OllamaServer):
    assert api.embed("m", TEXTS, batch_size=4).positions == list(range(10))
    assert "positions" not in api.embed("m", TEXTS).to_dict()
