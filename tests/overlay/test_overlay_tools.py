"""`run_tools` over the wire: rounds, streams of them, and what ends them early."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest
import trio
from overlay.callers import Api, LoopThread, Pieces, background, comes_true
from overlay.scripts import HI, assert_usable, chat_line, done_line

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    IncompleteStreamError,
    Message,
    NotFoundError,
    OllamaTimeoutError,
    ResponseError,
    ToolRoundsError,
    ToolsResponse,
)
from ollama_sdk.overlay.testing import Gate, Json, Line, Never, OllamaServer, Received, Reply, Wait, answer

LIMIT = 60.0


def call(name: str, id: str = "call_1", **arguments: object) -> dict[str, Any]:
    return {"id": id, "function": {"name": name, "arguments": arguments}}


def asking(*calls: dict[str, Any], thinking: str = "Hm.") -> Callable[[Received], Reply]:
    """A round in which the model thinks, and asks for calls, each in a piece of its own."""
    message = {"role": "assistant", "content": ""}

    def reply(received: Received) -> Reply:
        if not received.json["stream"]:
            whole = {**message, "thinking": thinking, "tool_calls": list(calls)}
            return Reply(Json({"model": "m", "message": whole, "done": True}))
        pieces = [{"thinking": thinking}, *({"tool_calls": [each]} for each in calls)]
        lines = [Line({"model": "m", "message": {**message, **piece}, "done": False}) for piece in pieces]
        return Reply(*lines, done_line(), headers={"Content-Type": "application/x-ndjson"})

    return reply


def saying(*texts: str) -> Callable[[Received], Reply]:
    """A round in which the model answers."""
    return lambda received: answer("/api/chat", texts, stream=received.json["stream"])


def script(server: OllamaServer, *rounds: Any) -> None:
    for each in rounds:
        server.queue("POST", "/api/chat", each)


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


async def add_slowly(a: int, b: int) -> int:
    """Add two numbers."""
    await asyncio.sleep(0)
    return a + b


both_ways = pytest.mark.parametrize("stream", [False, True])


def final(result: Any) -> ToolsResponse[Any]:
    return result.final() if isinstance(result, Pieces) else result


# Rounds


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("function", [add, add_slowly])
def test_the_calls_are_made_and_their_results_sent(
    api: Api, server: OllamaServer, stream: bool, parallel: bool, function: Any
):
    name = function.__name__
    script(server, asking(call(name, "call_1", a=1, b=2), call(name, "call_2", a=3, b="4")), saying("3 and ", "7."))

    response = final(api.run_tools("m", HI, tools=[function], stream=stream, parallel=parallel, think=True))

    assert response.message.content == "3 and 7."
    conversation = [
        *HI,
        {
            "role": "assistant",
            "content": "",
            "thinking": "Hm.",
            "tool_calls": [call(name, "call_1", a=1, b=2), call(name, "call_2", a=3, b="4")],
        },
        {"role": "tool", "content": "3", "tool_name": name, "tool_call_id": "call_1"},
        {"role": "tool", "content": "7", "tool_name": name, "tool_call_id": "call_2"},
    ]
    first, second = (request.json for request in server.requests)
    assert first["messages"] == HI
    assert second["messages"] == conversation
    assert [message["content"] for message in response.messages] == ["Hi!", "", "3", "7", "3 and 7."]
    for request in (first, second):
        assert request["tools"][0]["function"]["name"] == name
        assert (request["stream"], request["think"]) == (stream, True)


@dataclass
class Sum:
    value: int


@both_ways
def test_the_final_answer_has_the_object_of_its_format(api: Api, server: OllamaServer, stream: bool):
    script(server, asking(call("add", a=1, b=2)), saying("Three."), saying('{"value":', " 3}"))
    response = final(api.run_tools("m", HI, tools=[add], format=Sum, stream=stream))
    assert response.parsed == Sum(3)
    *with_tools, last = (request.json for request in server.requests)
    assert ["format" in request for request in with_tools] == [False, False]
    assert last["format"]["title"] == "Sum"
    assert "tools" not in last


@both_ways
def test_no_format_has_no_object(api: Api, server: OllamaServer, stream: bool):
    script(server, saying("Hello!"))
    assert final(api.run_tools("m", HI, tools=[add], stream=stream)).parsed is None
    assert "format" not in server.requests[0].json


@both_ways
def test_unknown_calls_wrong_arguments_and_exceptions_are_told_to_the_model(
    api: Api, server: OllamaServer, stream: bool
):
    def fail() -> None:
        raise LookupError("no such city")

    calls = [call("nope", "1"), call("add", "2", a="many", c=1), call("fail", "3"), call("add", "4", a=1, b=2)]
    script(server, asking(*calls), saying("Sorry."))
    final(api.run_tools("m", HI, tools=[add, fail], stream=stream))
    told = {message["tool_call_id"]: message["content"] for message in server.requests[1].json["messages"][2:]}
    assert told["1"] == "Error: there is no tool of the name 'nope'; there are: add, fail"
    assert told["2"].startswith("Error: add: c is not an argument")
    assert "b: is missing" in told["2"]
    assert told["3"] == "Error: LookupError: no such city"
    assert told["4"] == "3"


@both_ways
def test_an_exception_is_raised_where_asked(api: Api, server: OllamaServer, stream: bool):
    def fail() -> None:
        raise LookupError("no such city")

    script(server, asking(call("fail")))
    with pytest.raises(LookupError, match="no such city"):
        final(api.run_tools("m", HI, tools=[fail], on_tool_error="raise", stream=stream))
    assert len(server.requests) == 1


@both_ways
def test_a_model_that_asks_without_end_is_stopped(api: Api, server: OllamaServer, stream: bool):
    server.reply("POST", "/api/chat", asking(call("add", a=1, b=2)))
    with pytest.raises(ToolRoundsError, match="after 2 rounds") as caught:
        final(api.run_tools("m", HI, tools=[add], max_rounds=2, stream=stream))
    assert len(server.requests) == 3
    assert [message["role"] for message in caught.value.messages] == [
        "user", "assistant", "tool", "assistant", "tool", "assistant",
    ]  # fmt: skip


@both_ways
def test_the_call_of_a_tool_that_is_a_dict_is_left_to_the_caller(api: Api, server: OllamaServer, stream: bool):
    search = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
    script(server, asking(call("search", query="a")))
    response = final(api.run_tools("m", HI, tools=[add, search], stream=stream))
    assert response.message.tool_calls[0].function.name == "search"
    assert server.requests[0].json["tools"][1] == search


# Streams


def test_a_stream_gives_the_pieces_of_each_round_and_the_results_between_them(api: Api, server: OllamaServer):
    script(server, asking(call("add", a=1, b=2)), saying("It is ", "3."))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    messages = list(stream)
    assert all(isinstance(message, Message) for message in messages)
    assert [(message.role, message.thinking or message.content) for message in messages if not message.tool_calls] == [
        ("assistant", "Hm."),
        ("assistant", ""),
        ("tool", "3"),
        ("assistant", "It is "),
        ("assistant", "3."),
        ("assistant", ""),
    ]
    (asked,) = (message for message in messages if message.tool_calls)
    assert asked.tool_calls[0].function.arguments == {"a": 1, "b": 2}
    assert (messages[3].tool_name, messages[3].tool_call_id) == ("add", "call_1")
    assert stream.final().messages == stream.stream.messages
    assert stream.final() is stream.final()
    assert list(stream) == []


def test_text_is_what_the_model_writes(api: Api, server: OllamaServer):
    script(server, asking(call("add", a=1, b=2)), saying("It is ", "3."))
    assert api.run_tools("m", HI, tools=[add], stream=True).texts() == ["It is ", "3."]


def test_a_piece_is_given_as_soon_as_it_has_arrived(api: Api, server: OllamaServer):
    gate = Gate()
    script(server, asking(call("add", a=1, b=2)), Reply(chat_line("It"), Wait(gate), chat_line(" is 3."), done_line()))
    texts = iter(api.run_tools("m", HI, tools=[add], stream=True))
    seen = ""
    while seen != "It":
        message = next(texts)
        seen = message.content if message.role == "assistant" else ""
    gate.open()
    assert [message.content for message in texts] == [" is 3.", ""]


def test_partial_messages_and_response_tell_where_the_conversation_is(api: Api, server: OllamaServer):
    script(server, asking(call("add", a=1, b=2)), Reply(chat_line("It"), done_line(), headers={"X-Round": "2"}))
    pieces = api.run_tools("m", HI, tools=[add], stream=True)
    stream = pieces.stream
    assert stream.partial is None
    assert stream.messages == HI
    for message in pieces:
        if message.content == "It":
            break
    assert stream.partial.message.content == "It"
    assert [message["role"] for message in stream.messages] == ["user", "assistant", "tool"]
    assert stream.response.headers["x-round"] == "2"
    pieces.close()


def test_an_error_status_is_raised_by_the_call_itself(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "model 'm' not found"}), status=404)
    with pytest.raises(NotFoundError):
        api.run_tools("m", HI, tools=[add], stream=True)


def test_an_error_in_a_later_round_is_raised_with_what_had_come_and_again(api: Api, server: OllamaServer):
    broken = Reply(chat_line("It"), Line({"error": "out of memory"}))
    script(server, asking(call("add", a=1, b=2)), broken)
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    pieces, error = stream.collect()
    assert isinstance(error, ResponseError)
    assert error.partial.message.content == "It"
    assert pieces[-1].content == "It"
    with pytest.raises(ResponseError) as again:
        stream.final()
    assert again.value is error
    assert [message["role"] for message in stream.stream.messages] == ["user", "assistant", "tool"]


# What ends it early


def test_closing_between_two_rounds_sends_nothing_more(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", asking(call("add", a=1, b=2), call("add", a=3, b=4)))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    iterator = iter(stream)
    while next(iterator).role != "tool":
        pass
    stream.close()
    for read_on in (lambda: next(iterator), lambda: list(stream), stream.final):
        with pytest.raises(IncompleteStreamError, match="closed before its end"):
            read_on()
    assert len(server.requests) == 1


@pytest.mark.parametrize("error", [None, LookupError("the caller's own")])
def test_leaving_a_with_block_closes_the_connection(api: Api, server: OllamaServer, error: Exception | None):
    script(server, Reply(chat_line("Once"), Never()))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    if error is None:
        stream.leave_with_block()
    else:
        with pytest.raises(LookupError):
            stream.leave_with_block(error)
    assert server.wait_for_disconnect()
    stream.close()
    assert_usable(api, server)


def test_closing_what_is_over_changes_nothing(api: Api, server: OllamaServer):
    script(server, saying("Hello!"))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    response = stream.final()
    stream.close()
    stream.stream.abort()
    assert stream.final() is response


@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_that_nobody_refers_to_any_more_is_closed(api: Api, server: OllamaServer, read: int):
    script(server, Reply(chat_line("Once"), Never()))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    for _ in range(read):
        stream.next()
    del stream
    gc.collect()  # an async generator is closed by its event loop
    assert server.wait_for_disconnect()
    assert comes_true(lambda: len(api.client._sender.calls) == 0)


@pytest.mark.parametrize("whose", ["stream", "client"])
def test_an_abort_ends_a_stream_that_is_waited_for(api: Api, server: OllamaServer, whose: str):
    script(server, asking(call("add", a=1, b=2)), Reply(chat_line("Once"), Never()))
    stream = api.run_tools("m", HI, tools=[add], stream=True)
    iterator = iter(stream)
    while next(iterator).content != "Once":
        pass
    waiting = background(lambda: next(iterator))
    (stream.stream if whose == "stream" else api.client).abort()
    with pytest.raises(AbortError):
        waiting.result(LIMIT)
    assert server.wait_for_disconnect()
    with pytest.raises(AbortError):
        stream.final()
    assert_usable(api, server)


@both_ways
def test_an_abort_while_a_plain_function_runs_sends_nothing_more(api: Api, server: OllamaServer, stream: bool):
    started, go_on = threading.Event(), threading.Event()

    def block() -> str:
        started.set()
        assert go_on.wait(LIMIT)
        return "done"

    script(server, asking(call("block", "1"), call("block", "2")))
    running = background(lambda: final(api.run_tools("m", HI, tools=[block], stream=stream)))
    assert started.wait(LIMIT)
    api.client.abort()
    if isinstance(api.client, AsyncOllama):  # does not wait for the function, whose thread ends by itself
        with pytest.raises(AbortError):
            running.result(LIMIT)
    go_on.set()
    with pytest.raises(AbortError):
        running.result(LIMIT)
    assert len(server.requests) == 1


def ring(api: Api) -> None:
    """Let the deadlines of all calls in flight pass."""
    for alarm in tuple(api.client._sender.calls.alarms._alarms):
        alarm.ring()


STOPS = [
    pytest.param(lambda api: api.client.abort(), AbortError, id="abort"),
    pytest.param(ring, OllamaTimeoutError, id="deadline"),
]


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize(("stop", "kind_of_error"), STOPS)
def test_no_function_begins_after_the_end_of_the_call(
    api: Api, server: OllamaServer, stream: bool, parallel: bool, stop: Callable[[Api], None], kind_of_error: type
):
    started, stopped, go_on = threading.Event(), threading.Event(), threading.Event()
    late: list[int] = []

    def block(number: int) -> str:
        if stopped.is_set():
            late.append(number)
        started.set()
        assert go_on.wait(LIMIT)
        return "done"

    calls = [call("block", str(number), number=number) for number in range(32)]  # more than there are threads
    script(server, asking(*calls))
    running = background(
        lambda: final(api.run_tools("m", HI, tools=[block], parallel=parallel, stream=stream, deadline=LIMIT))
    )
    assert started.wait(LIMIT)
    stop(api)
    stopped.set()
    go_on.set()
    with pytest.raises(kind_of_error):
        running.result(LIMIT)
    assert late == []
    assert len(server.requests) == 1
    assert_usable(api, server)


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize(("stop", "kind_of_error"), STOPS)
def test_the_end_of_the_call_cancels_an_async_function(
    api: Api, server: OllamaServer, stream: bool, parallel: bool, stop: Callable[[Api], None], kind_of_error: type
):
    started, ended = threading.Event(), threading.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.sleep(LIMIT)
        finally:
            ended.set()

    script(server, asking(call("wait", "1"), call("wait", "2")))
    running = background(
        lambda: final(api.run_tools("m", HI, tools=[wait], parallel=parallel, stream=stream, deadline=LIMIT))
    )
    assert started.wait(LIMIT)
    stop(api)
    with pytest.raises(kind_of_error) as caught:
        running.result(LIMIT)
    if kind_of_error is OllamaTimeoutError:
        assert "took longer than 60 seconds in all; deadline= sets the limit" in str(caught.value)
    assert ended.wait(LIMIT)
    assert len(server.requests) == 1
    assert_usable(api, server)


@pytest.mark.parametrize("kind", ["sync"])
def test_no_function_begins_after_one_that_failed(api: Api, server: OllamaServer):
    meeting = threading.Barrier(9)  # eight threads, and the test
    failed, go_on = threading.Event(), threading.Event()
    late: list[int] = []

    def work(number: int) -> None:
        if failed.is_set():
            late.append(number)
        meeting.wait(LIMIT)
        if number == 0:
            failed.set()
            raise KeyError("no such city")
        assert go_on.wait(LIMIT)

    script(server, asking(*[call("work", str(number), number=number) for number in range(12)]))
    running = background(lambda: api.run_tools("m", HI, tools=[work], parallel=True, on_tool_error="raise"))
    meeting.wait(LIMIT)
    assert failed.wait(LIMIT)
    go_on.set()
    with pytest.raises(KeyError):
        running.result(LIMIT)
    assert late == []


# What only the asynchronous client does


def in_loop(server: OllamaServer, use: Callable[[AsyncOllama], Any], loop_thread: LoopThread) -> Any:
    async def main() -> Any:
        async with AsyncOllama(server.url, max_retries=0) as client:
            return await use(client)

    return loop_thread.run(main())


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
def test_a_blocking_function_lets_the_event_loop_go_on(
    server: OllamaServer, loop_thread: LoopThread, stream: bool, parallel: bool
):
    go_on = threading.Event()

    def block() -> str:
        loop_thread.loop.call_soon_threadsafe(go_on.set)
        assert go_on.wait(LIMIT), "the event loop was blocked"
        return "done"

    async def use(client: AsyncOllama) -> None:
        result: Any = await client.run_tools("m", HI, tools=[block], parallel=parallel, stream=stream)
        response = await result.final() if stream else result
        assert response.messages[2]["content"] == "done"

    script(server, asking(call("block")), saying("Done."))
    in_loop(server, use, loop_thread)


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
def test_cancelling_the_task_cancels_its_async_functions(
    server: OllamaServer, loop_thread: LoopThread, stream: bool, parallel: bool
):
    async def use(client: AsyncOllama) -> None:
        started, cancelled = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            started.set()
            try:
                await asyncio.sleep(LIMIT)
            except asyncio.CancelledError:
                cancelled.set()
                raise

        async def run() -> None:
            result: Any = await client.run_tools("m", HI, tools=[wait], parallel=parallel, stream=stream)
            if stream:
                await result.final()

        task = asyncio.create_task(run())
        await asyncio.wait_for(started.wait(), LIMIT)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert cancelled.is_set()
        assert len(client._sender.calls) == 0

    script(server, asking(call("wait")))
    in_loop(server, use, loop_thread)
    assert len(server.requests) == 1


@pytest.mark.parametrize("parallel", [False, True])
def test_functions_see_the_context_of_the_task(server: OllamaServer, loop_thread: LoopThread, parallel: bool):
    variable: ContextVar[str] = ContextVar("variable")

    def read() -> str:
        return variable.get()

    async def read_async() -> str:
        return variable.get()

    async def use(client: AsyncOllama) -> list[str | None]:
        variable.set("seen")
        response = await client.run_tools("m", HI, tools=[read, read_async], parallel=parallel)
        return [message["content"] for message in response.messages[2:4]]

    script(server, asking(call("read", "1"), call("read_async", "2")), saying("Done."))
    assert in_loop(server, use, loop_thread) == ["seen", "seen"]


@both_ways
@pytest.mark.parametrize("parallel", [False, True])
def test_tools_work_under_trio(server: OllamaServer, stream: bool, parallel: bool):
    async def add_slowly(a: int, b: int) -> int:
        await trio.sleep(0)
        return a + b

    async def main() -> None:
        async with AsyncOllama(server.url) as client:
            tools = [add, add_slowly]
            result: Any = await client.run_tools("m", HI, tools=tools, parallel=parallel, stream=stream)
            response = await result.final() if stream else result
            assert [message["content"] for message in response.messages[2:4]] == ["3", "7"]

    script(server, asking(call("add", "1", a=1, b=2), call("add_slowly", "2", a=3, b=4)), saying("3 and 7."))
    trio.run(main)
