"""What people and models write is emitted only where the environment asks for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from otel.conftest import Telemetry
from overlay.callers import Api
from overlay.scripts import HI, streamed_or_not

from ollama_sdk.overlay.testing import Json, OllamaServer, Reply, answer

MakeTelemetry = Callable[..., Telemetry]
INPUT, OUTPUT = "gen_ai.input.messages", "gen_ai.output.messages"
SYSTEM, TOOLS = "gen_ai.system_instructions", "gen_ai.tool.definitions"
DETAILS = "gen_ai.client.inference.operation.details"
PIXEL = b"\x89PNG\r\n\x1a\n"
TOOL = {
    "type": "function",
    "function": {"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}},
}
CALL = {"id": "c1", "function": {"name": "look", "arguments": {"where": "up"}}}
TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "What is it?", "images": [PIXEL]},
    {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [CALL]},
    {"role": "tool", "content": "blue", "tool_name": "look", "tool_call_id": "c1"},
]


def text(content: str) -> dict[str, str]:
    return {"content": content, "type": "text"}


def message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    finish = {"finish_reason": None} if role == "answer" else {}
    return {"role": "assistant" if finish else role, "parts": list(parts), "name": None, **finish}


ASKED = {"arguments": {"where": "up"}, "name": "look", "id": "c1", "type": "tool_call"}
INPUT_MESSAGES = [
    message("system", text("Be brief.")),
    message(
        "user",
        text("What is it?"),
        {"mime_type": None, "modality": "image", "content": base64.b64encode(PIXEL).decode(), "type": "blob"},
    ),
    message("assistant", {"content": "Hm.", "type": "reasoning"}, ASKED),
    message("tool", {"response": "blue", "id": "c1", "type": "tool_call_response"}),
]
DEFINITIONS = [
    {
        "name": "look",
        "description": "Look.",
        "parameters": {"type": "object", "properties": {}},
        "type": "function",
    }
]


@streamed_or_not
@pytest.mark.parametrize("mode", [None, "NO_CONTENT", "EVENT_ONLY"])
def test_spans_have_no_content_unless_they_are_asked_for_it(
    api: Api, server: OllamaServer, make_telemetry: MakeTelemetry, mode: str | None, stream: bool
):
    telemetry = make_telemetry(**({"CAPTURE_MESSAGE_CONTENT": mode} if mode else {}))
    server.reply("POST", "/api/chat", answer("/api/chat", ["s3cret answer"], stream=stream))

    result = api.chat("m", [{"role": "user", "content": "s3cret question"}], tools=[TOOL], stream=stream)
    if stream:
        result.final()

    assert "s3cret" not in telemetry.span.to_json()
    assert not telemetry.span.attributes.keys() & {INPUT, OUTPUT, SYSTEM, TOOLS}
    assert bool(telemetry.events) == (mode == "EVENT_ONLY")


@pytest.mark.parametrize("mode", ["SPAN_ONLY", "SPAN_AND_EVENT"])
def test_a_span_has_content_as_json_text(api: Api, server: OllamaServer, make_telemetry: MakeTelemetry, mode: str):
    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT=mode)
    reply = {"role": "assistant", "content": "The sky.", "thinking": "So.", "tool_calls": [CALL]}
    server.reply("POST", "/api/chat", Reply(Json({"model": "m", "message": reply, "done": True})))

    api.chat("m", TALK, tools=[TOOL])

    attributes = telemetry.span.attributes
    assert json.loads(attributes[INPUT]) == INPUT_MESSAGES
    assert json.loads(attributes[OUTPUT]) == [
        message("answer", {"content": "So.", "type": "reasoning"}, text("The sky."), ASKED)
    ]
    assert json.loads(attributes[TOOLS]) == DEFINITIONS


@pytest.mark.parametrize("mode", ["EVENT_ONLY", "SPAN_AND_EVENT"])
def test_an_event_has_content_as_objects(api: Api, server: OllamaServer, make_telemetry: MakeTelemetry, mode: str):
    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT=mode)
    server.reply("POST", "/api/chat", answer("/api/chat", ["Blue", "."]))

    api.chat("m", HI, tools=[TOOL], stream=True).final()

    (event,) = telemetry.events
    assert event.event_name == DETAILS
    assert event.span_id == telemetry.span.get_span_context().span_id
    assert event.attributes["gen_ai.usage.output_tokens"] == 2
    assert [part["content"] for part in event.attributes[OUTPUT][0]["parts"]] == ["Blue."]
    assert [part["content"] for part in event.attributes[INPUT][0]["parts"]] == ["Hi!"]
    assert event.attributes[TOOLS][0]["name"] == "look"


def test_events_without_content_can_be_asked_for(api: Api, server: OllamaServer, make_telemetry: MakeTelemetry):
    telemetry = make_telemetry(EMIT_EVENT="true")
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    api.chat_whole()

    (event,) = telemetry.events
    assert event.event_name == DETAILS
    assert INPUT not in event.attributes


def test_generate_has_its_prompt_and_its_system_instructions(
    api: Api, server: OllamaServer, make_telemetry: MakeTelemetry
):
    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT="SPAN_ONLY")
    server.reply("POST", "/api/generate", answer("/api/generate", ["Because", "."]))

    api.generate("m", "Why?", system="Be brief.", images=[PIXEL], stream=True).final()

    attributes = telemetry.span.attributes
    assert json.loads(attributes[SYSTEM]) == [text("Be brief.")]
    (asked,) = json.loads(attributes[INPUT])
    assert (asked["role"], asked["parts"][0]) == ("user", text("Why?"))
    assert asked["parts"][1]["modality"] == "image"
    assert json.loads(attributes[OUTPUT]) == [message("answer", text("Because."))]


def test_the_generated_client_has_content_too(server: OllamaServer, make_telemetry: MakeTelemetry):
    from ollama_sdk.generated.api.generation import chat
    from ollama_sdk.generated.models import ChatRequest, Message
    from ollama_sdk.overlay import Ollama

    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT="SPAN_ONLY")
    server.reply("POST", "/api/chat", answer("/api/chat", ["Blue."], stream=False))

    with Ollama(server.url) as client:
        body = ChatRequest(model="m", messages=[Message(role="user", content="What?")])
        chat.sync_detailed(client=client.generated, body=body)

    assert json.loads(telemetry.span.attributes[INPUT]) == [message("user", text("What?"))]
    assert json.loads(telemetry.span.attributes[OUTPUT]) == [message("answer", text("Blue."))]


def test_a_completion_hook_gets_the_content(api: Api, server: OllamaServer, make_telemetry: MakeTelemetry):
    class Hook:
        def on_completion(self, **content: Any) -> None:
            seen.append(content)

    from ollama_sdk.overlay.otel import OllamaInstrumentor

    seen: list[dict[str, Any]] = []
    telemetry = make_telemetry()
    OllamaInstrumentor().uninstrument()
    telemetry.instrument(completion_hook=Hook())
    server.reply("POST", "/api/chat", answer("/api/chat", ["Blue."], stream=False))

    api.chat_whole()

    assert [part.content for part in seen[0]["outputs"][0].parts] == ["Blue."]
    assert OUTPUT not in telemetry.span.attributes
