"""`run_tools` with what a real Ollama answered, and whether it sends what that took."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api, LoopThread

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay.testing import OllamaServer, Recording

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


@pytest.fixture(params=[Ollama, AsyncOllama])
def api(request: pytest.FixtureRequest) -> Iterator[Api[Any]]:
    loop = LoopThread()
    with OllamaServer() as server:
        api: Api[Any] = Api(request.param(server.url), loop)
        api.server = server
        yield api
        api.close()
    loop.stop()


def get_weather(city: str) -> str:
    """Tell the weather."""
    return {"Berlin": "7 C"}[city]


def test_the_second_request_is_one_that_a_real_server_took(api: Api[Any]):
    asked, answered = (Recording.load(RECORDINGS / f"chat_tools_{name}.json") for name in ("stream", "second_turn"))
    for recording in (asked, answered):
        api.server.queue("POST", "/api/chat", recording.reply())
    final = api.run_tools("m", asked.request_body["messages"], tools=[get_weather], stream=True).final()
    *_, call, result = api.server.requests[1].json["messages"]
    *_, taken_call, taken_result = answered.request_body["messages"]
    assert [call.keys(), result.keys()] == [taken_call.keys(), taken_result.keys()]
    assert call["tool_calls"][0]["function"] == taken_call["tool_calls"][0]["function"]
    assert result["content"] == taken_result["content"]
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert final.message.content == "It is 7 C."
