"""Streams: their pieces, what they add up to, and how they end."""

from __future__ import annotations

import copy
import gc
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import PATIENCE, Api, LoopThread, Pieces, background, comes_true, stock_transport
from overlay.scripts import NDJSON, TEXT, all_transports, assert_usable, both_transports, chat_line, done_line

from ollama_sdk.overlay import AsyncOllama, IncompleteStreamError, NotFoundError, Ollama, OllamaError, ResponseError
from ollama_sdk.overlay._answers import reading as _reading
from ollama_sdk.overlay.testing import (
    Cut,
    Drip,
    Gate,
    Json,
    Line,
    Never,
    OllamaServer,
    Pause,
    Raw,
    Recording,
    Reset,
    Send,
    Start,
    Step,
    Wait,
    answer,
    answer_lines,
)

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"


# Iteration


@both_transports
@pytest.mark.parametrize("method", ["chat", "generate"])
def test_a_stream_gives_its_lines_one_by_one(api: Api, server: OllamaServer, method: str):
    path = f"/api/{method}"
    server.reply("POST", path, answer(path))

    stream = api.chat_stream() if method == "chat" else api.generate("m", "?", stream=True)

    assert [piece.to_dict() for piece in stream] == answer_lines(path)


@both_transports
@pytest.mark.parametrize("method", ["chat", "generate"])
def test_text_gives_the_text_without_empty_pieces(api: Api, server: OllamaServer, method: str):
    path = f"/api/{method}"
    server.reply("POST", path, answer(path))

    stream = api.chat_stream() if method == "chat" else api.generate("m", "?", stream=True)

    assert stream.texts() == ["The sky", " is blue — ", "mostly 🌍."]


@both_transports
def test_a_piece_is_given_as_soon_as_it_has_arrived(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate), chat_line("b"), done_line())
    stream = api.chat_stream()

    assert stream.next().message.content == "a"
    assert not gate.is_open()
    gate.open()
    assert [piece.message.content for piece in stream] == ["b", ""]


@both_transports
def test_a_stream_is_returned_as_soon_as_its_headers_have_arrived(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate), done_line(), headers=NDJSON)

    stream = api.chat_stream()

    assert stream.stream.response.status_code == 200
    assert stream.stream.response.headers["content-type"] == "application/x-ndjson"
    gate.open()
    stream.final()


def test_an_error_status_is_raised_by_the_call_itself(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "model 'm' not found"}), status=404)

    with pytest.raises(NotFoundError, match="model 'm' not found"):
        api.chat_stream()


def test_iterating_again_goes_on_where_it_was_left(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    stream = api.chat_stream()
    first = next(iter(stream))

    assert first.message.content + "".join(stream.texts()) == TEXT


def test_iterating_a_stream_that_is_at_its_end_gives_nothing(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    stream = api.chat_stream()

    assert len(list(stream)) == 4
    assert list(stream) == []
    assert stream.final().message.content == TEXT


def test_iterating_a_stream_that_has_failed_raises_the_same_error_again(api: Api, server: OllamaServer):
    server.fault("POST", "/api/chat", "error_line")
    stream = api.chat_stream()

    _, first = stream.collect()
    _, second = stream.collect()
    assert first is second
    with pytest.raises(ResponseError):
        stream.final()


@both_transports
@pytest.mark.parametrize("separator", [b"\n\n", b"\r\n", b"\n \n", b"\n\r\n\n"])
def test_blank_lines_are_skipped(api: Api, server: OllamaServer, separator: bytes):
    lines = [json.dumps(line).encode() for line in answer_lines("/api/chat")]
    server.reply("POST", "/api/chat", Send(separator + separator.join(lines) + separator), headers=NDJSON)

    assert len(list(api.chat_stream())) == 4


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x1c", "\v", "\f"])
def test_characters_that_are_line_breaks_elsewhere_stay_in_the_text(api: Api, server: OllamaServer, separator: str):
    body = json.dumps({"message": {"content": f"a{separator}b"}, "done": True}, ensure_ascii=False)
    if separator in "\v\f\x1c":
        body = json.dumps({"message": {"content": f"a{separator}b"}, "done": True})
    server.reply("POST", "/api/chat", Send(body.encode() + b"\n"), headers=NDJSON)

    assert api.chat_stream().texts() == [f"a{separator}b"]


@both_transports
def test_characters_that_reads_cut_survive(api: Api, server: OllamaServer):
    body = b"".join(step.content() for step in (chat_line("日本🌍é" * 3), done_line()))
    server.reply("POST", "/api/chat", Drip(body), headers=NDJSON)

    assert api.chat_stream().texts() == ["日本🌍é" * 3]


def test_a_line_without_a_line_feed_at_the_end_counts(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", chat_line("a"), Send(done_line().content().rstrip()), headers=NDJSON)

    assert [piece.done for piece in api.chat_stream()] == [False, True]


@both_transports
@pytest.mark.parametrize("name", ["generate_unload", "generate_load_only"])
def test_the_one_line_answer_of_loading_is_a_stream_of_one_piece(
    make_api: Callable[..., Api], server: OllamaServer, name: str
):
    recording = Recording.load(RECORDINGS / f"{name}.json")
    server.reply("POST", "/api/generate", *(Send(chunk.text.encode()) for chunk in recording.chunks))

    (piece,) = make_api().generate("m", stream=True)

    assert piece.done
    assert piece.to_dict() == json.loads(recording.body)


def test_a_line_of_tens_of_megabytes_arrives(api: Api, server: OllamaServer):
    text = "x" * 30_000_000
    server.reply("POST", "/api/chat", answer("/api/chat", [text]))

    assert api.chat_stream().final().message.content == text


def test_what_comes_after_the_last_line_of_the_promise_is_given_too(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", chat_line("a"), done_line(), chat_line("b"))

    assert api.chat_stream().texts() == ["a", "b"]


# What the pieces add up to


def pieces_of(name: str) -> list[dict[str, Any]]:
    body = Recording.load(RECORDINGS / f"{name}.json").body
    return [json.loads(line) for line in body.splitlines() if line]


def serve_recording(server: OllamaServer, name: str) -> Recording:
    recording = Recording.load(RECORDINGS / f"{name}.json")
    steps = [Send(chunk.text.encode()) for chunk in recording.chunks]
    server.reply("POST", recording.path, *steps, headers=NDJSON)
    return recording


@both_transports
@pytest.mark.parametrize(
    "name",
    [
        "chat_stream",
        "chat_stream_explicit_true",
        "chat_format_schema_stream",
        "chat_think_high_stream",
        "chat_think_true_stream",
        "chat_think_false_stream",
        "chat_tools_stream",
        "chat_tools_parallel_stream",
    ],
)
def test_final_of_a_recorded_chat_has_everything(api: Api, server: OllamaServer, name: str):
    serve_recording(server, name)
    pieces = pieces_of(name)
    messages = [piece["message"] for piece in pieces]

    whole = api.chat_stream().final()

    assert whole.message.content == "".join(message.get("content", "") for message in messages)
    assert (whole.message.thinking or "") == "".join(message.get("thinking", "") for message in messages)
    calls = [call for message in messages for call in message.get("tool_calls", [])]
    assert [call.to_dict() for call in whole.message.tool_calls or []] == calls
    last = {key: value for key, value in pieces[-1].items() if key != "message"}
    assert {key: whole.to_dict()[key] for key in last} == last


@pytest.mark.parametrize("name", ["generate_stream", "generate_logprobs_stream"])
def test_final_of_a_recorded_generate_has_everything(api: Api, server: OllamaServer, name: str):
    serve_recording(server, name)
    pieces = pieces_of(name)

    whole = api.generate("m", "?", stream=True).final()

    assert whole.response == "".join(piece["response"] for piece in pieces)
    logprobs = [item for piece in pieces for item in piece.get("logprobs") or []]
    assert [item.to_dict() for item in whole.logprobs or []] == logprobs
    assert whole.context == pieces[-1].get("context")
    assert whole.eval_count == pieces[-1]["eval_count"]
    assert whole.done


def test_final_of_a_chat_has_the_log_probabilities_of_all_pieces(api: Api, server: OllamaServer):
    server.reply(
        "POST",
        "/api/chat",
        chat_line("a", logprobs=[{"token": "a", "logprob": -1.0}]),
        chat_line("b", logprobs=[{"token": "b", "logprob": -2.0}]),
        done_line(),
    )

    assert [item.token for item in api.chat_stream().final().logprobs] == ["a", "b"]


def test_final_is_equal_to_the_answer_that_is_not_streamed(api: Api, server: OllamaServer):
    server.queue("POST", "/api/chat", answer("/api/chat"))
    server.queue("POST", "/api/chat", answer("/api/chat", stream=False))

    assert api.chat_stream().final() == api.chat_whole()


def test_pieces_of_any_mixture_add_up(api: Api, server: OllamaServer):
    def piece(**message: Any) -> Line:
        return Line({"model": "m", "message": {"role": "assistant", **message}, "done": False})

    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    server.reply(
        "POST",
        "/api/chat",
        piece(content="", thinking="I "),
        piece(content="", thinking="think"),
        piece(content="So"),
        piece(content=" it is"),
        piece(content="", tool_calls=[call]),
        piece(content=".", thinking="!"),
        piece(content="", tool_calls=[call]),
        done_line(eval_count=7),
    )

    whole = api.chat_stream().final()

    assert whole.message.to_dict() == {
        "role": "assistant",
        "content": "So it is.",
        "thinking": "I think!",
        "tool_calls": [call, call],
    }
    assert (whole.done, whole.done_reason, whole.eval_count) == (True, "stop", 7)


def test_what_a_caller_does_to_a_piece_does_not_change_the_whole(api: Api, server: OllamaServer):
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    first = {"message": {"role": "assistant", "content": "a", "tool_calls": [call]}, "done": False}
    server.reply("POST", "/api/chat", Line(first), chat_line("b"), chat_line("c"), done_line())
    stream = api.chat_stream()
    for piece in stream:
        piece.message.content = "changed"
        piece.message["tool_calls"] = []

    assert stream.final().message.content == "abc"
    assert len(stream.final().message.tool_calls) == 1


@both_transports
def test_partial_grows_with_what_has_arrived(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate), chat_line("a"), chat_line("b"), done_line(), headers=NDJSON)
    stream = api.chat_stream()
    assert stream.stream.partial is None

    gate.open()
    contents = [stream.stream.partial.message.content for _ in stream]

    assert contents == ["a", "ab", "ab"]
    assert stream.stream.partial == stream.final()


def test_streams_of_one_form_that_are_read_in_turn_keep_their_own_texts_and_times(api: Api, server: OllamaServer):
    streams = []
    for name in "xyz":
        lines = [chat_line(f"{name}{number}", created_at=f"2026-01-0{number}T00:00:00Z") for number in range(1, 6)]
        server.reply("POST", "/api/chat", *lines, done_line(total_duration=ord(name)))
        streams.append(api.chat_stream())

    pieces = [[piece.message.content for piece in turn] for turn in zip(*streams, strict=True)]

    assert pieces == [[f"x{n}", f"y{n}", f"z{n}"] for n in range(1, 6)] + [[""] * 3]
    wholes = [stream.final() for stream in streams]
    assert [whole.message.content for whole in wholes] == ["".join(f"{name}{n}" for n in range(1, 6)) for name in "xyz"]
    assert [(whole.created_at.day, whole.total_duration) for whole in wholes] == [(5, ord(name)) for name in "xyz"]


# Leaving early


def open_endless(api: Api, server: OllamaServer) -> Pieces:
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    return api.chat_stream()


@both_transports
def test_leaving_a_with_block_closes_the_connection(api: Api, server: OllamaServer):
    open_endless(api, server).leave_with_block()

    assert server.wait_for_disconnect()
    assert_usable(api, server)


@both_transports
def test_leaving_a_with_block_by_an_exception_closes_the_connection(api: Api, server: OllamaServer):
    with pytest.raises(ZeroDivisionError):
        open_endless(api, server).leave_with_block(ZeroDivisionError())

    assert server.wait_for_disconnect()
    assert_usable(api, server)


@both_transports
def test_closing_closes_the_connection_and_is_told_when_reading_on(api: Api, server: OllamaServer):
    stream = open_endless(api, server)
    stream.next()
    stream.close()
    stream.close()

    pieces, error = stream.collect()
    assert pieces == []
    assert isinstance(error, IncompleteStreamError)
    assert error.partial.message.content == "a"
    with pytest.raises(IncompleteStreamError):
        stream.final()
    assert server.wait_for_disconnect()
    assert_usable(api, server)


@both_transports
def test_closing_before_anything_was_read_closes_the_connection(api: Api, server: OllamaServer):
    stream = open_endless(api, server)
    stream.close()

    assert server.wait_for_disconnect()
    assert isinstance(stream.collect()[1], IncompleteStreamError)
    assert_usable(api, server)


def test_an_iterator_that_was_left_is_told_of_the_close(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    stream = api.chat_stream()
    iterator = iter(stream)
    next(iterator)
    stream.close()

    with pytest.raises(IncompleteStreamError):
        list(iterator)


@both_transports
@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_that_nobody_refers_to_any_more_is_closed(api: Api, server: OllamaServer, read: int):
    stream = open_endless(api, server)
    for _ in range(read):
        stream.next()
    del stream
    gc.collect()

    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    assert_usable(api, server)


@pytest.mark.parametrize("method", ["chat", "run_tools"])
@pytest.mark.parametrize("again", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_stream_is_not_copied_and_what_it_brings_is(
    api: Api, server: OllamaServer, method: str, again: Callable[[object], object]
):
    server.reply("POST", "/api/chat", chat_line("a"), done_line())
    pieces = getattr(api, method)("m", [], stream=True, tools=[])
    with pytest.raises(TypeError, match=rf"^a {type(pieces.stream).__name__} has a connection .* final\(\)"):
        again(pieces.stream)
    assert again(pieces.final())


def test_an_iterator_keeps_its_stream_alive(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", chat_line("a"), Wait(gate), chat_line("b"), done_line())
    iterator = iter(api.chat_stream())
    assert next(iterator).message.content == "a"
    gc.collect()
    gate.open()

    assert [piece.message.content for piece in iterator] == ["b", ""]


@both_transports
def test_closing_the_client_ends_its_streams(make_api: Callable[..., Api], server: OllamaServer):
    api = make_api()
    server.reply("POST", "/api/chat", chat_line("a"), Never())
    stream = api.chat_stream()
    stream.next()
    reading = background(stream.collect)
    api.close()

    pieces, error = reading.result(60)
    assert pieces == []
    assert isinstance(error, OllamaError)
    assert server.wait_for_disconnect()


@both_transports
def test_a_finished_stream_leaves_its_connection_to_the_next_call(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))

    api.chat_stream().final()
    list(api.chat_stream())
    api.chat_stream().texts()

    assert {request.connection_id for request in server.requests} == {1}


@both_transports
def test_a_stream_outlives_the_last_reference_to_its_client(kind: str, transport: str, loop_thread: LoopThread):
    gate = Gate()
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", chat_line("a"), Wait(gate), chat_line("b"), done_line())
        arguments: dict[str, Any] = {"transport": stock_transport(kind)} if transport == "stock" else {}
        api: Any = Api((Ollama if kind == "sync" else AsyncOllama)(server.url, **arguments), loop_thread)
        stream = api.chat_stream()
        api.client = None
        gc.collect()
        gate.open()

        assert stream.final().message.content == "ab"
        api.wait_for(stream.stream._reading._owner.close())


# The end of the body


@all_transports
def test_a_server_that_holds_the_body_open_after_the_last_line_holds_up_nobody(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", chat_line("a"), done_line(), Never())

    stream = api.chat_stream(timeout=PATIENCE)

    assert [piece.done for piece in stream] == [False, True]
    assert stream.final().message.content == "a"
    assert server.wait_for_disconnect()
    assert len(api.client._sender.calls) == 0
    assert_usable(api, server)


@all_transports
def test_a_body_that_ends_soon_after_the_last_line_leaves_the_connection_to_the_next_call(
    api: Api, server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(_reading, "_END_WAIT", PATIENCE)  # what is soon, is long on a busy machine
    server.reply("POST", "/api/chat", chat_line("a"), done_line(), Pause(0.02))

    for _ in range(2):
        assert api.chat_stream().final().message.content == "a"

    assert {request.connection_id for request in server.requests} == {1}


@all_transports
@pytest.mark.parametrize("fault", [Cut(), Reset()])
def test_a_connection_that_fails_after_the_last_line_has_brought_the_whole_answer(
    api: Api, server: OllamaServer, fault: Step
):
    server.reply("POST", "/api/chat", chat_line("a"), done_line(), Pause(0.02), fault)

    assert api.chat_stream().final().message.content == "a"


def test_a_stream_that_came_with_broken_bytes_is_closed_when_it_is_dropped(api: Api, server: OllamaServer):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.reply("POST", "/api/chat", Raw(head + b"1\r\n{\r\nzz\r\n"), Never())
    gc.collect()
    gc.disable()
    try:
        stream = api.chat_stream()
        del stream
        assert server.wait_for_disconnect()
        assert comes_true(lambda: len(api.client._sender.calls) == 0)
    finally:
        gc.enable()
