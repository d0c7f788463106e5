"""The spans of calls: what they say of request and answer, when they begin and end, and who is their parent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from otel.conftest import Telemetry
from overlay.callers import Api, background
from overlay.scripts import HI, streamed_or_not

from ollama_sdk.generated import api as operations
from ollama_sdk.generated.api.generation import chat as generated_chat
from ollama_sdk.generated.models import ChatRequest
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import AbortError, AsyncOllama, DecodeError, NotFoundError, Ollama, batch
from ollama_sdk.overlay.otel import _observer
from ollama_sdk.overlay.testing import Cut, Gate, Json, OllamaServer, Reply, Start, Wait, answer

OPTIONS = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "num_predict": 100,
    "seed": 7,
    "frequency_penalty": 0.25,
    "presence_penalty": 0.75,
    "stop": ["\n", "END"],
    "num_ctx": 4096,
}
VECTORS = {"model": "m", "embeddings": [[0.5, -1.0, 2e-3], [1, 2, 3]], "prompt_eval_count": 4}


def known(server: OllamaServer, operation: str, **more: Any) -> dict[str, Any]:
    """What every span of a call has."""
    where = {"server.address": "127.0.0.1", "server.port": server.port}
    names = {"gen_ai.operation.name": operation, "gen_ai.provider.name": "ollama", "gen_ai.request.model": "m"}
    return {**names, **where, **{f"gen_ai.{name}": value for name, value in more.items()}}


def answered(**more: Any) -> dict[str, Any]:
    """What the answers of the server for tests say."""
    usage = {"usage.input_tokens": 7, "usage.output_tokens": 3}
    return {"response.model": "smollm2:135m", "response.finish_reasons": ("stop",), **usage, **more}


@streamed_or_not
def test_a_chat_is_a_client_span(api: Api, server: OllamaServer, telemetry: Telemetry, stream: bool):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    api.chat_stream().final() if stream else api.chat_whole()

    span = telemetry.span
    assert (span.name, span.kind, span.status.status_code) == ("chat m", SpanKind.CLIENT, StatusCode.UNSET)
    assert span.instrumentation_scope.name == "ollama_sdk.overlay.otel"
    attributes = dict(span.attributes)
    if stream:
        assert attributes.pop("gen_ai.request.stream") is True
        assert attributes.pop("gen_ai.response.time_to_first_chunk") > 0
    assert attributes == known(server, "chat", **answered())


@streamed_or_not
def test_generate_is_a_text_completion(api: Api, server: OllamaServer, telemetry: Telemetry, stream: bool):
    server.reply("POST", "/api/generate", answer("/api/generate", stream=stream))

    result = api.generate("m", "Why?", stream=stream)
    if stream:
        result.final()

    assert telemetry.span.name == "text_completion m"
    assert telemetry.span.attributes.items() >= known(server, "text_completion", **answered()).items()


def test_embed_is_embeddings(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/embed", Reply(Json(VECTORS)))

    api.embed("m", ["a", "b"])

    span = telemetry.span
    assert (span.name, span.kind) == ("embeddings m", SpanKind.CLIENT)
    more = {"response.model": "m", "usage.input_tokens": 4, "embeddings.dimension.count": 3}
    assert dict(span.attributes) == known(server, "embeddings", **more)


@pytest.mark.parametrize(("vectors", "dimensions"), [([[]], None), ([[1.5]], 1), ([[1, 2], [3, 4]], 2)])
def test_the_dimension_is_that_of_the_first_vector_if_there_is_one(
    api: Api, server: OllamaServer, telemetry: Telemetry, vectors: Any, dimensions: int | None
):
    server.reply("POST", "/api/embed", Reply(Json({"model": "m", "embeddings": vectors})))

    api.embed("m", ["a"] * len(vectors))

    assert telemetry.span.attributes.get("gen_ai.embeddings.dimension.count") == dimensions


def test_the_old_embeddings_count_too(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/embeddings", Reply(Json({"embedding": [1, 2, 3, 4]})))

    api.embeddings("m", "a")

    assert telemetry.span.attributes["gen_ai.embeddings.dimension.count"] == 4


def test_the_batches_of_one_embed_are_spans_with_the_same_parent(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/embed", Reply(Json({"model": "m", "embeddings": [[1.0, 2.0]]})))

    with telemetry.tracer.start_as_current_span("program") as program:
        if isinstance(api.client, Ollama):
            api.embed("m", ["a", "b", "c"], batch_size=1, max_concurrency=3)
        else:

            async def embed() -> None:
                with trace.use_span(program):
                    await api.client.embed("m", ["a", "b", "c"], batch_size=1, max_concurrency=3)

            api.run(embed())

    *batches, _ = telemetry.spans
    assert [span.name for span in batches] == ["embeddings m"] * 3
    assert {span.parent.span_id for span in batches} == {program.get_span_context().span_id}


@pytest.mark.parametrize("door", ["run", "map"])
def test_the_rows_of_a_batch_are_spans_in_that_of_the_program(server: OllamaServer, telemetry: Telemetry, door: str):
    server.reply("POST", "/api/generate", answer("/api/generate", stream=False))
    server.reply("POST", "/api/show", Json({}))
    request = {"model": "m", "prompt": "{item}"}

    async def run() -> None:
        async for result in batch.run(["a", "b", "c"], request, hosts=server.url, concurrency=2):
            assert result.ok

    with telemetry.tracer.start_as_current_span("program") as program:
        if door == "run":
            asyncio.run(run())
        else:
            assert all(result.ok for result in batch.map(["a", "b", "c"], request, hosts=server.url, concurrency=2))

    *rows, _ = telemetry.spans
    assert [span.name for span in rows] == ["text_completion m"] * 3
    assert {span.parent.span_id for span in rows} == {program.get_span_context().span_id}


def test_the_request_is_described_as_it_is_sent(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    api.chat("m", HI, options=OPTIONS, format="json", extra_body={"options": {**OPTIONS, "seed": 8}})

    asked = {
        "request.temperature": 0.5,
        "request.top_p": 0.9,
        "request.top_k": 40,
        "request.max_tokens": 100,
        "request.seed": 8,
        "request.frequency_penalty": 0.25,
        "request.presence_penalty": 0.75,
        "request.stop_sequences": ("\n", "END"),
        "output.type": "json",
    }
    assert dict(telemetry.span.attributes) == known(server, "chat", **answered(), **asked)


def test_options_that_are_no_numbers_are_left_out(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    api.chat("m", HI, options={"stop": "END"}, extra_body={"options": {"stop": "END", "seed": "x", "top_k": None}})

    assert telemetry.span.attributes["gen_ai.request.stop_sequences"] == ("END",)
    assert "gen_ai.request.seed" not in telemetry.span.attributes


def test_a_sampler_sees_what_is_known_at_the_start(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    starts: list[dict[str, Any]] = []

    class Starts(SpanProcessor):
        def on_start(self, span: Any, parent_context: object = None) -> None:
            starts.append(dict(span.attributes))

    telemetry.tracer_provider.add_span_processor(Starts())

    api.chat_whole()

    assert starts == [known(server, "chat")]


@streamed_or_not
def test_an_error_is_the_status(api: Api, server: OllamaServer, telemetry: Telemetry, stream: bool):
    server.reply("POST", "/api/chat", Reply(Json({"error": "model 'm' not found"}), status=404))

    with pytest.raises(NotFoundError) as raised:
        api.chat_stream() if stream else api.chat_whole()

    span = telemetry.span
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, str(raised.value))
    assert span.attributes["error.type"] == "ollama_sdk.overlay.NotFoundError"
    assert span.attributes.items() >= known(server, "chat").items()


def test_an_answer_that_cannot_be_read_is_an_error(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Reply(Json(["no", "object"])))

    with pytest.raises(DecodeError):
        api.chat_whole()

    assert telemetry.span.attributes["error.type"] == "ollama_sdk.overlay.DecodeError"


@pytest.mark.usefixtures("waits")
def test_retries_are_one_span(make_api: Callable[..., Api], server: OllamaServer, telemetry: Telemetry):
    server.queue("POST", "/api/chat", Cut())
    server.queue("POST", "/api/chat", Json({"error": "busy"}), status=503)
    server.queue("POST", "/api/chat", answer("/api/chat", stream=False))

    make_api().chat_whole()

    assert len(server.requests) == 3
    assert telemetry.span.status.status_code is StatusCode.UNSET
    assert len({request.headers["traceparent"] for request in server.requests}) == 1


@pytest.mark.usefixtures("waits")
def test_retries_in_vain_are_one_span_too(make_api: Callable[..., Api], telemetry: Telemetry, unused_port: int):
    with pytest.raises(ConnectionError):
        make_api(f"127.0.0.1:{unused_port}").chat_whole()

    assert telemetry.span.attributes["error.type"] == "ollama_sdk.overlay.ConnectError"


def test_the_request_names_the_span_and_the_span_its_parent(
    make_api: Callable[..., Api], server: OllamaServer, telemetry: Telemetry, kind: str
):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    client = make_api().client

    async def talk() -> None:
        with telemetry.tracer.start_as_current_span("program") as program:
            result = client.chat("m", HI)
            if kind == "async":
                await result
            assert trace.get_current_span() is program

    asyncio.run(talk())

    span, program = telemetry.spans
    context = span.get_span_context()
    assert span.parent.span_id == program.get_span_context().span_id
    assert server.requests[0].headers["traceparent"] == f"00-{context.trace_id:032x}-{context.span_id:016x}-03"


def test_calls_that_are_not_of_a_model_are_no_spans_but_name_the_current_one(
    make_api: Callable[..., Api], server: OllamaServer, telemetry: Telemetry
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = Ollama(server.url)

    with telemetry.tracer.start_as_current_span("program") as program, client:
        client.version()

    assert [span.name for span in telemetry.spans] == ["program"]
    assert f"{program.get_span_context().span_id:016x}" in server.requests[0].headers["traceparent"]


def test_the_callers_own_traceparent_stays(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    api.chat_whole(extra_headers={"traceparent": "mine"})

    assert server.requests[0].headers["traceparent"] == "mine"
    assert telemetry.span


def test_a_redirect_to_another_origin_does_not_get_the_headers(api: Api, server: OllamaServer, telemetry: Telemetry):
    with OllamaServer() as other:
        server.reply("POST", "/api/chat", Reply(status=307, headers={"Location": f"{other.url}/api/chat"}))
        other.reply("POST", "/api/chat", answer("/api/chat", stream=False))

        api.chat_whole()

        assert "traceparent" in server.requests[0].headers
        assert "traceparent" not in other.requests[0].headers
    assert telemetry.span


@streamed_or_not
def test_an_abort_ends_the_span_and_is_no_failure(api: Api, server: OllamaServer, telemetry: Telemetry, stream: bool):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate))
    call = background(lambda: api.chat_stream().final() if stream else api.chat_whole())
    assert gate.wait_until_reached()

    api.client.abort()

    with pytest.raises(AbortError):
        call.result(60)
    assert telemetry.span.status.status_code is StatusCode.UNSET
    assert "gen_ai.response.finish_reasons" not in telemetry.span.attributes


def test_a_cancelled_task_ends_the_span_and_is_no_failure(server: OllamaServer, telemetry: Telemetry):
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate))

    async def talk() -> None:
        async with AsyncOllama(server.url) as client:
            task = asyncio.create_task(client.chat("m", HI))
            await asyncio.to_thread(gate.wait_until_reached)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(talk())

    assert telemetry.span.status.status_code is StatusCode.UNSET


def test_a_deadline_that_has_passed_is_a_failure(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Start(), Wait(Gate()))

    with pytest.raises(TimeoutError):
        api.chat_whole(deadline=0.01)

    assert telemetry.span.attributes["error.type"] == "ollama_sdk.overlay.OllamaTimeoutError"


def test_suppressed_instrumentation_emits_and_sends_nothing(server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    with suppress_instrumentation(), Ollama(server.url) as client:
        client.chat("m", HI)

    assert telemetry.spans == []
    assert "traceparent" not in server.requests[0].headers


def test_telemetry_that_fails_breaks_no_call(
    api: Api, server: OllamaServer, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog
):
    def fail(*arguments: object) -> None:
        raise RuntimeError("no memory left")

    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    monkeypatch.setattr(_observer, "read_request", fail)
    monkeypatch.setattr(_observer, "read_answer", fail)

    with caplog.at_level(logging.ERROR):
        assert api.chat_whole().done

    assert [record.message for record in caplog.records] == ["no telemetry for a call of Ollama"] * 2
    assert telemetry.span.name == "chat m"


def test_the_generated_client_is_covered(server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    with Ollama(server.url) as client:
        generated_chat.sync_detailed(client=client.generated, body=ChatRequest(model="m", messages=[]))

    assert dict(telemetry.span.attributes) == known(server, "chat", **answered())


def test_raw_responses_are_covered(server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    with Ollama(server.url) as client:
        client.with_raw_response.chat("m", HI)

    assert dict(telemetry.span.attributes) == known(server, "chat", **answered())


def test_every_operation_that_counts_tokens_is_a_span():
    counting = {
        operation.path
        for operation in vars(operations).values()
        if isinstance(operation, Operation)
        and operation.response
        and "prompt_eval_count" in operation.response_model().__annotations__
    }

    assert counting | {"/api/embeddings"} == set(_observer.OPERATIONS)
