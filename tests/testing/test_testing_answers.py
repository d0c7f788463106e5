"""Scripted answers with reasoning, tool calls and pauses, as both clients read them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay.testing import OllamaServer, Pause, answer, answer_lines

HI = [{"role": "user", "content": "Hi!"}]
CALLS = [("weather", {"city": "Berlin"}), ("time", {})]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("operation", ["chat", "generate"])
def test_an_answer_has_reasoning_and_tool_calls(server: OllamaServer, operation: str, kind: str, stream: bool) -> None:
    path = f"/api/{operation}"
    reply = answer(path, ["It ", "rains."], stream=stream, thinking=["Let me ", "see."], tool_calls=CALLS, pause=0.001)
    server.reply("POST", path, reply)
    given: Any = HI if operation == "chat" else "Hi!"

    async def ask() -> Any:
        async with AsyncOllama(server.url) as client:
            result: Any = await getattr(client, operation)("m", given, stream=stream)
            return await result.final() if stream else result

    if kind == "async":
        whole = asyncio.run(ask())
    else:
        with Ollama(server.url) as client:
            result: Any = getattr(client, operation)("m", given, stream=stream)
            whole = result.final() if stream else result
    message = whole.message if operation == "chat" else whole
    assert (message.thinking, message.content if operation == "chat" else message.response) == (
        "Let me see.",
        "It rains.",
    )
    assert [(call["function"]["name"], call["function"]["arguments"]) for call in message["tool_calls"]] == CALLS
    assert whole.done_reason == "stop"


def test_an_answer_of_tool_calls_has_no_text_unless_it_is_given() -> None:
    lines: Any = answer_lines("/api/chat", tool_calls=CALLS)
    assert [line["message"]["content"] for line in lines] == ["", "", ""]
    assert [line["message"].get("tool_calls", [{}])[0].get("id") for line in lines] == ["call_0", "call_1", None]


@pytest.mark.parametrize(
    "call", ["weather", {"function": {"name": "weather", "arguments": {}}}, ("weather",), ("weather", "Berlin")]
)
def test_a_tool_call_that_is_no_pair_is_told_how_to_write_it(call: Any) -> None:
    with pytest.raises(TypeError, match=r'each is a pair like \("weather", \{"city": "Berlin"\}\)'):
        answer("/api/chat", tool_calls=[call])


def test_tools_are_run_with_a_scripted_model(server: OllamaServer) -> None:
    def weather(city: str) -> str:
        """Tell the weather.

        Args:
            city: The city.
        """
        return f"rain in {city}"

    server.queue("POST", "/api/chat", answer("/api/chat", stream=False, tool_calls=CALLS[:1]))
    server.queue("POST", "/api/chat", answer("/api/chat", ["It rains."], stream=False))
    with Ollama(server.url) as client:
        result = client.run_tools("m", HI, tools=[weather])
    assert result.message.content == "It rains."
    assert result.messages[-2].content == "rain in Berlin"


def test_a_pause_is_between_the_lines() -> None:
    steps = answer("/api/chat", ["a", "b"], pause=0.5).steps
    assert [isinstance(step, Pause) for step in steps] == [False, True, False, True, False]
    assert [isinstance(step, Pause) for step in answer("/api/chat", stream=False, pause=0.5).steps] == [True, False]
    assert not any(isinstance(step, Pause) for step in answer("/api/chat").steps)
