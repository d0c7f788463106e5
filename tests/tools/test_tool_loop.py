"""A conversation with tools, over the wire and step by step."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ollama_sdk.generated.models import ChatResponse, Message, Tool
from ollama_sdk.overlay import AsyncOllama, Ollama, OllamaError, RequestError, ToolRoundsError, ToolsResponse
from ollama_sdk.overlay._calls.calls import CallGroup
from ollama_sdk.overlay._formats.formats import resolve_format
from ollama_sdk.overlay._tools.calls import run_calls
from ollama_sdk.overlay._tools.loop import ToolLoop
from ollama_sdk.overlay.testing import Json, OllamaServer

QUESTION = {"role": "user", "content": "Weather in Oslo and Rome?"}


def get_weather(city: str) -> dict[str, object]:
    """Tell the weather."""
    return {"city": city, "degrees": 20}


def answer(content: str, *calls: dict[str, Any], thinking: str | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    if thinking:
        message["thinking"] = thinking
    if calls:
        message["tool_calls"] = list(calls)  # type: ignore[assignment]  # not text alone
    return {"model": "m", "message": message, "done": True, "done_reason": "stop"}


def call(name: str, arguments: dict[str, Any] | str, id: str | None = None) -> dict[str, Any]:
    return {**({"id": id} if id else {}), "function": {"name": name, "arguments": arguments}}


def response(*arguments: Any, **named: Any) -> ChatResponse:
    return ChatResponse.from_dict(answer(*arguments, **named))


TWO = answer(
    "", call("get_weather", {"city": "Oslo"}, "call_1"), call("get_weather", {"city": "Rome"}, "call_2"), thinking="Hm."
)


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


Talk = Callable[[str, list[Any]], ToolsResponse[Any]]


def talk_sync(url: str, tools: list[Any]) -> ToolsResponse[Any]:
    with Ollama(url) as client:
        return client.run_tools("m", [QUESTION], tools=tools)


def talk_async(url: str, tools: list[Any]) -> ToolsResponse[Any]:
    async def talk() -> ToolsResponse[Any]:
        async with AsyncOllama(url) as client:
            return await client.run_tools("m", [QUESTION], tools=tools, parallel=True)

    return asyncio.run(talk())


def talk_stream(url: str, tools: list[Any]) -> ToolsResponse[Any]:
    with Ollama(url) as client:
        return client.run_tools("m", [QUESTION], tools=tools, parallel=True, stream=True).final()


@pytest.fixture(params=[talk_sync, talk_async, talk_stream])
def talk(request: pytest.FixtureRequest) -> Talk:
    talk: Talk = request.param
    return talk


def test_the_results_of_the_calls_are_sent_and_the_conversation_is_returned(server: OllamaServer, talk: Talk):
    server.queue("POST", "/api/chat", Json(TWO))
    server.queue("POST", "/api/chat", Json(answer("20 both.")))
    final = talk(server.url, [get_weather])
    assert final.message.content == "20 both."
    expected = [
        QUESTION,
        TWO["message"],
        {
            "role": "tool",
            "content": '{"city":"Oslo","degrees":20}',
            "tool_name": "get_weather",
            "tool_call_id": "call_1",
        },
        {
            "role": "tool",
            "content": '{"city":"Rome","degrees":20}',
            "tool_name": "get_weather",
            "tool_call_id": "call_2",
        },
    ]
    assert server.requests[1].json["messages"] == expected
    assert server.requests[1].json["tools"] == server.requests[0].json["tools"]
    assert [plain(message) for message in final.messages] == [*expected, {"role": "assistant", "content": "20 both."}]
    assert final.parsed is None


def plain(message: Any) -> dict[str, Any]:
    return message.to_dict() if isinstance(message, Message) else dict(message)


def test_a_call_without_an_id_is_answered_without_one():
    loop = ToolLoop([QUESTION], [get_weather])
    loop.give(run_calls(loop.take(response("", call("get_weather", {"city": "Oslo"}))), CallGroup()))
    assert "tool_call_id" not in plain(loop.messages[-1])


def test_an_unknown_function_is_told_with_those_that_there_are():
    loop = ToolLoop([QUESTION], [get_weather])
    loop.give(run_calls(loop.take(response("", call("get_wether", {"city": "Oslo"}))), CallGroup()))
    told = plain(loop.messages[-1])
    assert told["tool_name"] == "get_wether"
    assert told["content"] == "Error: there is no tool of the name 'get_wether'; there are: get_weather"


def test_the_messages_that_were_given_stay_as_they_are():
    given = [QUESTION]
    ToolLoop(given, [get_weather]).take(response("Hi."))
    assert given == [QUESTION]


def test_a_call_of_a_tool_given_as_a_dict_ends_the_loop_for_the_caller_to_make_it():
    search = Tool.from_dict({"type": "function", "function": {"name": "search"}})
    loop = ToolLoop([QUESTION], [get_weather, search])
    asked = response("", call("get_weather", {"city": "Oslo"}), call("search", {}))
    assert loop.take(asked) == []
    assert loop.is_over
    assert loop.tools[1] is search
    assert [item.function.name for item in loop.result(asked).message.tool_calls or []] == ["get_weather", "search"]


def test_more_rounds_than_the_limit_are_an_error_with_the_conversation():
    loop = ToolLoop([QUESTION], [get_weather], max_rounds=2)
    asked = ChatResponse.from_dict(TWO)
    for _ in range(2):
        loop.give(run_calls(loop.take(asked), CallGroup()))
    with pytest.raises(ToolRoundsError, match=r"get_weather, get_weather\) after 2 rounds; raise max_rounds") as caught:
        loop.take(asked)
    assert isinstance(caught.value, OllamaError)
    assert caught.value.response is asked
    assert [message["role"] for message in caught.value.messages] == [
        "user", "assistant", "tool", "tool", "assistant", "tool", "tool", "assistant",
    ]  # fmt: skip
    assert pickle.loads(pickle.dumps(caught.value)).messages == caught.value.messages


def test_an_answer_after_the_last_round_is_no_error():
    loop = ToolLoop([QUESTION], [get_weather], max_rounds=1)
    loop.give(run_calls(loop.take(ChatResponse.from_dict(TWO)), CallGroup()))
    assert loop.take(response("20 both.")) == []


def test_exceptions_are_raised_where_asked():
    def get_weather(city: str) -> str:
        raise LookupError(city)

    loop = ToolLoop([QUESTION], [get_weather], on_tool_error="raise")
    with pytest.raises(LookupError, match="Oslo"):
        run_calls(loop.take(ChatResponse.from_dict(TWO)), CallGroup())


def test_calls_without_arguments_are_calls_with_none():
    def ping() -> str:
        return "pong"

    loop = ToolLoop([QUESTION], [ping])
    assert run_calls(loop.take(response("", {"function": {"name": "ping"}})), CallGroup()) == ["pong"]


@pytest.mark.parametrize("arguments", ['{"city": "Oslo"}', ' {"city": "Oslo"}\n'])
def test_arguments_that_are_sent_as_a_text_are_read(server: OllamaServer, talk: Talk, arguments: str):
    asked = answer("", call("get_weather", arguments))
    server.queue("POST", "/api/chat", Json(asked))
    server.queue("POST", "/api/chat", Json(answer("20 degrees.")))
    final = talk(server.url, [get_weather])
    assert plain(final.messages[2])["content"] == '{"city":"Oslo","degrees":20}'
    sent = server.requests[1].json["messages"]
    assert sent[1] == answer("", call("get_weather", {"city": "Oslo"}))["message"]  # Ollama refuses text
    assert plain(final.messages[1]) == asked["message"]  # as the server wrote it


def test_an_empty_text_of_arguments_is_a_call_without_any():
    def ping() -> str:
        return "pong"

    assert run_calls(ToolLoop([QUESTION], [ping]).take(response("", call("ping", ""))), CallGroup()) == ["pong"]


def test_a_null_among_the_calls_is_none():
    asked = ChatResponse.from_dict({"message": {"role": "assistant", "tool_calls": [None]}, "done": True})
    assert ToolLoop([QUESTION], [get_weather]).take(asked) == []


@pytest.mark.parametrize("role", [{}, {"role": None}])
def test_a_message_without_a_role_goes_back_as_one_of_the_model(
    server: OllamaServer, talk: Talk, role: dict[str, None]
):
    calls = [call("get_weather", {"city": "Oslo"})]
    server.queue("POST", "/api/chat", Json({"message": {**role, "content": "", "tool_calls": calls}, "done": True}))
    server.queue("POST", "/api/chat", Json({"message": {**role, "content": "20"}, "done": True}))
    assert talk(server.url, [get_weather]).message.content == "20"
    assert [each["role"] for each in server.requests[1].json["messages"]] == ["user", "assistant", "tool"]


def test_a_response_without_a_message_ends_the_loop():
    assert ToolLoop([QUESTION], [get_weather]).take(ChatResponse.from_dict({"done": True})) == []


def test_the_final_response_has_the_object_of_its_format():
    loop = ToolLoop([QUESTION], [], format=resolve_format(list[int]))
    final_response = response("[1, 2]")
    assert loop.take(final_response) == []
    assert loop.is_over
    final = loop.result(final_response)
    again: ToolsResponse[list[int]] = pickle.loads(pickle.dumps(final))
    assert final.parsed == again.parsed == [1, 2]
    assert again.messages == final.messages


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([get_weather, get_weather], r"tools\[1\] has the name get_weather of another tool"),
        ([{"type": "function"}], r"tools\[0\] has no name"),
        ([{"function": {"name": ""}}], r"tools\[0\] has no name"),
        ([5], r"tools\[0\] must be a function, a dict or a Tool, not int"),
        (["get_weather"], r"tools\[0\] must be a function, a dict or a Tool, not str"),
    ],
)
def test_tools_that_cannot_be_used_are_refused(tools: Sequence[Any], message: str):
    with pytest.raises(RequestError, match=message):
        ToolLoop([QUESTION], tools)


@pytest.mark.parametrize("max_rounds", [0, -1, True, 1.5])
def test_a_limit_that_is_no_number_of_rounds_is_refused(max_rounds: Any):
    with pytest.raises(RequestError, match="max_rounds"):
        ToolLoop([QUESTION], [], max_rounds=max_rounds)


def test_another_way_with_errors_is_refused():
    with pytest.raises(RequestError, match="on_tool_error must be 'tell' or 'raise'"):
        ToolLoop([QUESTION], [], on_tool_error="ignore")  # type: ignore[arg-type]  # wrong on purpose
