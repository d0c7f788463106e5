"""`run_tools(format=…)`: tools are called in rounds without the format, and the last request has the format alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.overlay import RequestError, ToolRoundsError
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply

QUESTION = {"role": "user", "content": "1 + 2?"}


@dataclass
class Sum:
    total: int


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


SEARCH = {"type": "function", "function": {"name": "search", "parameters": {"type": "object", "properties": {}}}}


def message(content: str, *calls: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    wanted = [{"function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    return {"role": "assistant", "content": content, **({"tool_calls": wanted} if wanted else {})}


CALL = message("Let me see.", ("add", {"a": 1, "b": 2}))
WORDS = message("It is three.")
OBJECT = message('{"total": 3}')


def as_ollama(request: Received) -> Reply:
    """Answer as Ollama does: a format wins over tools."""
    body = request.json
    if body.get("format"):
        answer = OBJECT
    elif body.get("tools") and body["messages"][-1]["role"] != "tool":
        answer = CALL
    else:
        answer = WORDS
    return Reply(Json({"model": "m", "message": answer, "done": True, "done_reason": "stop"}))


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", as_ollama)
        yield server


def offered(server: OllamaServer) -> list[tuple[bool, bool]]:
    """Whether each request had tools, and whether it had a format."""
    return [("tools" in request.json, "format" in request.json) for request in server.requests]


FORMATS = [Sum, {"type": "object", "properties": {"total": {"type": "integer"}}}, "json"]
WITH_TOOLS, WITH_FORMAT = (True, False), (False, True)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("format", FORMATS, ids=["type", "schema", "json"])
def test_the_tools_are_called_and_the_format_is_asked_for_at_the_end(
    server: OllamaServer, api: Api[Any], format: Any, stream: bool
):
    answer = api.run_tools("m", [QUESTION], tools=[add], format=format, stream=stream)
    answer = answer.final() if stream else answer
    assert answer.parsed == (Sum(3) if format is Sum else {"total": 3})
    assert offered(server) == [WITH_TOOLS, WITH_TOOLS, WITH_FORMAT]
    # The words are not sent: a server would take a last message of the model as the begin of the next one.
    assert server.requests[2].json["messages"] == server.requests[1].json["messages"]
    roles = [item["role"] for item in answer.messages]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert answer.messages[-1].content == answer.message.content == '{"total": 3}'


def test_other_arguments_are_sent_in_each_request(server: OllamaServer, api: Api[Any]):
    api.run_tools("m", [QUESTION], tools=[add], format=Sum, think=True, options={"seed": 1}, keep_alive="5m")
    for request in server.requests:
        assert (request.json["think"], request.json["options"], request.json["keep_alive"]) == (True, {"seed": 1}, "5m")


def test_a_stream_gives_the_words_among_its_messages_and_not_in_its_text(server: OllamaServer, api: Api[Any]):
    def run() -> Any:
        return api.run_tools("m", [QUESTION], tools=[add], format=Sum, stream=True)

    assert [item.content for item in run()] == ["Let me see.", "3", "It is three.", '{"total": 3}']
    assert run().texts() == ['{"total": 3}']


def test_the_text_of_a_stream_without_a_format_is_all_that_the_model_writes(server: OllamaServer, api: Api[Any]):
    assert api.run_tools("m", [QUESTION], tools=[add], stream=True).texts() == ["Let me see.", "It is three."]
    assert offered(server) == [WITH_TOOLS, WITH_TOOLS]


@pytest.mark.parametrize("tools", [[], [SEARCH]])
def test_a_model_that_calls_nothing_gives_the_object_as_well(server: OllamaServer, api: Api[Any], tools: list[Any]):
    server.queue("POST", "/api/chat", Json({"message": OBJECT if not tools else WORDS, "done": True}))
    answer = api.run_tools("m", [QUESTION], tools=tools, format=Sum)
    assert answer.parsed == Sum(3)
    assert offered(server) == ([WITH_TOOLS, WITH_FORMAT] if tools else [WITH_FORMAT])


def test_a_call_for_the_caller_to_make_is_returned_without_a_request_for_the_object(
    server: OllamaServer, api: Api[Any]
):
    server.queue("POST", "/api/chat", Json({"message": message("", ("search", {})), "done": True}))
    answer = api.run_tools("m", [QUESTION], tools=[add, SEARCH], format=Sum)
    assert answer.message.tool_calls[0].function.name == "search"
    assert offered(server) == [WITH_TOOLS]


def test_the_request_for_the_object_is_no_round(server: OllamaServer, api: Api[Any]):
    assert api.run_tools("m", [QUESTION], tools=[add], format=Sum, max_rounds=1).parsed == Sum(3)
    server.reply("POST", "/api/chat", Json({"message": CALL, "done": True}))
    with pytest.raises(ToolRoundsError):
        api.run_tools("m", [QUESTION], tools=[add], format=Sum, max_rounds=1)


def test_a_format_that_cannot_be_used_is_refused_before_anything_is_sent(server: OllamaServer, api: Api[Any]):
    with pytest.raises(RequestError, match="format must be"):
        api.run_tools("m", [QUESTION], tools=[add], format=5)
    assert not server.requests
