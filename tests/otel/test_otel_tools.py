"""The spans of functions that `run_tools` calls, beside those of the requests."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from otel.conftest import Telemetry
from overlay.callers import Api
from overlay.scripts import HI, streamed_or_not

from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.testing import Json, Line, OllamaServer, answer


def asks(*calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The answer of a model that wants functions called."""
    wanted = [
        {"id": f"call_{index}", "function": {"name": name, "arguments": arguments}}
        for index, (name, arguments) in enumerate(calls)
    ]
    message = {"role": "assistant", "content": "", "tool_calls": wanted}
    return {"model": "m", "message": message, "done": True, "done_reason": "stop"}


def get_weather(city: str) -> dict[str, Any]:
    """Tell the weather."""
    return {"city": city, "degrees": 20}


async def get_weather_async(city: str) -> dict[str, Any]:
    """Tell the weather."""
    return get_weather(city)


def script(server: OllamaServer, *calls: tuple[str, dict[str, Any]]) -> None:
    server.queue("POST", "/api/chat", Line(asks(*calls)))
    server.queue("POST", "/api/chat", answer("/api/chat"))
    server.reply("POST", "/api/chat", answer("/api/chat"))


def talk(api: Api, tools: list[Any], **settings: Any) -> Any:
    result = api.run_tools("m", HI, tools=tools, stream=True, **settings)
    return result.final()


@pytest.mark.parametrize("tool", [get_weather, get_weather_async])
def test_a_function_that_is_called_is_an_internal_span(
    api: Api, server: OllamaServer, telemetry: Telemetry, tool: Callable[..., Any]
):
    script(server, (tool.__name__, {"city": "Oslo"}))

    talk(api, [tool])

    first, span, second = telemetry.spans
    assert [first.name, second.name] == ["chat m", "chat m"]
    assert (span.name, span.kind) == (f"execute_tool {tool.__name__}", SpanKind.INTERNAL)
    assert dict(span.attributes) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": tool.__name__,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call_0",
        "gen_ai.tool.description": "Tell the weather.",
    }


@streamed_or_not
@pytest.mark.parametrize("parallel", [False, True])
def test_the_spans_of_a_conversation_have_the_same_parent(
    server: OllamaServer, telemetry: Telemetry, parallel: bool, stream: bool
):
    script(server, ("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"}))
    if not stream:
        server.clear()
        server.queue("POST", "/api/chat", Json(asks(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "A"}))))
        server.queue("POST", "/api/chat", answer("/api/chat", stream=False))

    with Ollama(server.url) as client, telemetry.tracer.start_as_current_span("program") as program:
        result = client.run_tools("m", HI, tools=[get_weather], parallel=parallel, stream=stream)
        if stream:
            result.final()

    *spans, _ = telemetry.spans
    assert sorted(span.name for span in spans) == ["chat m"] * 2 + ["execute_tool get_weather"] * 2
    assert {span.parent.span_id for span in spans} == {program.get_span_context().span_id}


def test_what_a_function_does_belongs_to_its_span(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/generate", answer("/api/generate", stream=False))
    current: list[Any] = []

    def ask_another() -> str:
        """Ask another model."""
        current.append(trace.get_current_span())
        with Ollama(server.url) as other:
            return other.generate("n", "Why?").response

    script(server, ("ask_another", {}))

    talk(api, [ask_another])

    _, inner, tool, _ = telemetry.spans
    assert (inner.name, tool.name) == ("text_completion n", "execute_tool ask_another")
    assert inner.parent.span_id == tool.get_span_context().span_id == current[0].get_span_context().span_id


@pytest.mark.parametrize("how", ["tell", "raise"])
def test_a_function_that_fails_is_a_failure_told_or_raised(
    api: Api, server: OllamaServer, telemetry: Telemetry, how: Any
):
    def fail() -> str:
        """Fail."""
        raise ZeroDivisionError("by zero")

    script(server, ("fail", {}))

    if how == "tell":
        talk(api, [fail], on_tool_error=how)
    else:
        with pytest.raises(ZeroDivisionError):
            talk(api, [fail], on_tool_error=how)

    span = telemetry.spans[1]
    assert span.name == "execute_tool fail"
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "ZeroDivisionError")


def test_what_is_not_called_is_no_span(api: Api, server: OllamaServer, telemetry: Telemetry):
    script(server, ("unknown", {}), ("get_weather", {"town": "Oslo"}))

    talk(api, [get_weather])

    assert [span.name for span in telemetry.spans] == ["chat m", "chat m"]


def test_arguments_and_result_are_content(api: Api, server: OllamaServer, make_telemetry: Callable[..., Telemetry]):
    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT="SPAN_ONLY")
    script(server, ("get_weather", {"city": "Oslo"}))

    talk(api, [get_weather])

    attributes = telemetry.spans[1].attributes
    assert json.loads(attributes["gen_ai.tool.call.arguments"]) == {"city": "Oslo"}
    assert json.loads(attributes["gen_ai.tool.call.result"]) == {"city": "Oslo", "degrees": 20}


def test_suppressed_instrumentation_has_no_spans_of_functions(server: OllamaServer, telemetry: Telemetry):
    script(server, ("get_weather", {"city": "Oslo"}))

    with suppress_instrumentation(), Ollama(server.url) as client:
        client.run_tools("m", HI, tools=[get_weather], stream=True).final()

    assert telemetry.spans == []


def test_telemetry_that_fails_breaks_no_function(
    api: Api, server: OllamaServer, telemetry: Telemetry, caplog: pytest.LogCaptureFixture
):
    class Failing(SpanProcessor):
        def on_end(self, span: object) -> None:
            raise RuntimeError("no memory left")

    telemetry.tracer_provider.add_span_processor(Failing())
    script(server, ("get_weather", {"city": "Oslo"}))

    with caplog.at_level(logging.ERROR):
        assert talk(api, [get_weather]).done

    assert {record.getMessage() for record in caplog.records} == {"no telemetry for a call of Ollama"}


def test_functions_have_a_metric_of_their_own(api: Api, server: OllamaServer, telemetry: Telemetry):
    script(server, ("get_weather", {"city": "Oslo"}))

    talk(api, [get_weather])

    (point,) = telemetry.metrics["gen_ai.execute_tool.duration"]
    assert dict(point.attributes) == {"gen_ai.tool.name": "get_weather", "gen_ai.tool.type": "function"}
