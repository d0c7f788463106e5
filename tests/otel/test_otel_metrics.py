"""The metrics: how long calls take, how many tokens they use, and how fast streams are."""

from __future__ import annotations

from typing import Any

import pytest
from otel.conftest import Telemetry
from overlay.callers import Api
from overlay.scripts import chat_line, done_line, streamed_or_not

from ollama_sdk.overlay import NotFoundError
from ollama_sdk.overlay.testing import Gate, Json, OllamaServer, Reply, Wait, answer

DURATION, TOKENS = "gen_ai.client.operation.duration", "gen_ai.client.token.usage"
FIRST, EACH = "gen_ai.client.operation.time_to_first_chunk", "gen_ai.client.operation.time_per_output_chunk"


def names(server: OllamaServer, **more: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "ollama",
        "gen_ai.request.model": "m",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        **more,
    }


@streamed_or_not
def test_a_call_has_a_duration_and_tokens(api: Api, server: OllamaServer, telemetry: Telemetry, stream: bool):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    api.chat_stream().final() if stream else api.chat_whole()

    metrics = telemetry.metrics
    assert set(metrics) == ({DURATION, TOKENS, FIRST, EACH} if stream else {DURATION, TOKENS})
    expected = names(server, **{"gen_ai.response.model": "smollm2:135m"})
    (duration,) = metrics[DURATION]
    assert dict(duration.attributes) == expected
    assert (duration.count, duration.sum > 0) == (1, True)
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in metrics[TOKENS]} == {"input": 7, "output": 3}
    assert all(expected.items() <= dict(point.attributes).items() for point in metrics[TOKENS])


def test_the_duration_of_a_failure_has_its_type(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Reply(Json({"error": "model 'm' not found"}), status=404))

    with pytest.raises(NotFoundError):
        api.chat_whole()

    assert set(telemetry.metrics) == {DURATION}
    (duration,) = telemetry.metrics[DURATION]
    assert dict(duration.attributes) == names(server, **{"error.type": "ollama_sdk.overlay.NotFoundError"})


def test_the_duration_of_a_stream_is_that_of_reading_it(api: Api, server: OllamaServer, telemetry: Telemetry):
    gate = Gate()
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(gate), done_line()))
    stream = api.chat_stream()
    stream.next()

    assert DURATION not in telemetry.metrics
    assert [point.count for point in telemetry.metrics[FIRST]] == [1]
    gate.open()
    stream.final()

    assert [point.count for point in telemetry.metrics[DURATION]] == [1]


def test_each_line_after_the_first_is_a_chunk_whether_it_comes_alone_or_not(
    api: Api, server: OllamaServer, telemetry: Telemetry
):
    server.reply("POST", "/api/chat", answer("/api/chat", ["a"] * 200))

    pieces = list(api.chat_stream())

    assert [point.count for point in telemetry.metrics[EACH]] == [len(pieces) - 1] == [200]


def test_embeddings_have_input_tokens_alone(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/embed", Reply(Json({"model": "m", "embeddings": [[1.0]], "prompt_eval_count": 5})))

    api.embed("m", "a")

    (tokens,) = telemetry.metrics[TOKENS]
    assert (tokens.attributes["gen_ai.token.type"], tokens.sum) == ("input", 5)
    assert tokens.attributes["gen_ai.operation.name"] == "embeddings"
