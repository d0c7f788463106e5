"""Streams whose lines come many in one read: each counts only when it is given, whatever is next to it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from overlay.callers import Api, Pieces
from overlay.scripts import NDJSON, both_transports, chat_line, done_line

from ollama_sdk.overlay import AbortError, DecodeError, IncompleteStreamError, OllamaError, ResponseError
from ollama_sdk.overlay._answers.accumulate import Accumulator
from ollama_sdk.overlay.testing import Line, Never, OllamaServer, Send

LETTERS = "abcdefghij" * 20


def in_one_read(*lines: bytes | Line) -> Send:
    """Lines that arrive at once."""
    return Send(b"".join(line.content() if isinstance(line, Line) else line for line in lines))


def open_stream(api: Api, server: OllamaServer, *lines: bytes | Line) -> Pieces:
    """A stream of chat whose lines come at once, and which stays open after them."""
    server.reply("POST", "/api/chat", in_one_read(*lines), Never(), headers=NDJSON)
    return api.chat_stream()


def whole_stream(api: Api, server: OllamaServer, *lines: bytes | Line, **end: Any) -> Pieces:
    """A stream of chat whose lines come at once, with the last one, which may have fields, and the end of the body."""
    server.reply("POST", "/api/chat", in_one_read(*lines, done_line(**end)), headers=NDJSON)
    return api.chat_stream()


CALL = {"function": {"name": "f", "arguments": {}}}
any_form = pytest.mark.parametrize("form", ["text", "logprobs", "tool calls"])


def letters(form: str = "text") -> list[Line]:
    """A line for each letter."""
    if form == "tool calls":
        messages = [{"role": "assistant", "content": letter, "tool_calls": [CALL]} for letter in LETTERS]
        return [Line({"model": "m", "message": message, "done": False}) for message in messages]
    fields = {"logprobs": [{"token": "a", "logprob": -1.0}]} if form == "logprobs" else {}
    return [chat_line(letter, **fields) for letter in LETTERS]


def content(stream: Pieces) -> str:
    """The text of what has arrived."""
    partial = stream.stream.partial
    return partial.message.content if partial else ""  # type: ignore[union-attr]  # not of a conversation with tools


@any_form
@both_transports
def test_partial_holds_what_was_given(api: Api, server: OllamaServer, form: str):
    stream = whole_stream(api, server, *letters(form), eval_count=9)

    contents = [content(stream) for _ in stream]

    assert contents == [LETTERS[: at + 1] for at in range(len(LETTERS))] + [LETTERS]
    whole = stream.final()
    assert whole.eval_count == 9
    assert len(whole.logprobs or whole.message.tool_calls or LETTERS) == len(LETTERS)


def test_partial_has_the_other_values_of_the_piece_that_was_given_last(api: Api, server: OllamaServer):
    times = [f"2026-01-01T00:00:00.{at:03}000+00:00" for at in range(len(LETTERS))]
    stream = open_stream(api, server, *(chat_line("a", created_at=time) for time in times))

    for time in times:
        assert stream.next()["created_at"].isoformat(timespec="microseconds") == time
        assert stream.stream.partial["created_at"].isoformat(timespec="microseconds") == time  # type: ignore[index]  # a chat


@any_form
@pytest.mark.parametrize("read", [0, 1, 2, 70, 130, len(LETTERS)])
def test_an_abort_between_two_pieces_takes_back_those_that_were_not_given(
    api: Api, server: OllamaServer, form: str, read: int
):
    stream = open_stream(api, server, *letters(form))
    for _ in range(read):
        stream.next()
    stream.stream.abort()

    pieces, error = stream.collect()

    assert pieces == []
    assert isinstance(error, AbortError)
    assert content(stream) == LETTERS[:read]


@any_form
@pytest.mark.parametrize("read", [1, 2, 70, 130])
def test_a_close_between_two_pieces_takes_back_those_that_were_not_given(
    api: Api, server: OllamaServer, form: str, read: int
):
    stream = open_stream(api, server, *letters(form))
    iterator = iter(stream)
    for _ in range(read):
        next(iterator)
    stream.close()

    with pytest.raises(IncompleteStreamError):
        next(iterator)
    assert content(stream) == LETTERS[:read]


BAD: list[tuple[bytes, type[OllamaError]]] = [
    (b'{"error":"out of memory"}\n', ResponseError),
    (b"{]\n", DecodeError),
    (b"3\n", DecodeError),
    (b"null\n", DecodeError),
    (chat_line("").content().replace(b'""', b"7"), DecodeError),
    (chat_line("").content().replace(b'""', b"[]"), DecodeError),
    (chat_line("a", logprobs=[{}, 7]).content(), DecodeError),
    (
        Line({"message": {"content": "a", "tool_calls": [CALL, {"function": "f"}]}, "done": False}).content(),
        DecodeError,
    ),
]


@any_form
@pytest.mark.parametrize(("line", "kind"), BAD)
@pytest.mark.parametrize("before", [1, 2, 70])
def test_a_bad_line_is_told_after_all_that_came_before_it(
    api: Api, server: OllamaServer, form: str, line: bytes, kind: type[OllamaError], before: int
):
    stream = open_stream(api, server, *letters(form)[:before], line, *letters(form))

    pieces, error = stream.collect()

    assert "".join(piece.message.content for piece in pieces) == LETTERS[:before]
    assert type(error) is kind
    assert error.partial.message.content == LETTERS[:before]  # type: ignore[union-attr]  # both kinds have it


@any_form
def test_an_error_that_is_null_in_every_line_costs_nothing(
    api: Api, server: OllamaServer, form: str, monkeypatch: pytest.MonkeyPatch
):
    made: list[object] = []
    result = Accumulator.result
    monkeypatch.setattr(Accumulator, "result", lambda self: made.append(self) or result(self))
    lines = [line.content().replace(b"{", b'{"error":null,', 1) for line in letters(form)]

    assert whole_stream(api, server, *lines).final().message.content == LETTERS
    assert len(made) == 1


def odd(index: int) -> bytes:
    """A line that is not like its neighbours."""
    kinds: list[dict[str, Any]] = [
        {"thinking": "t"},
        {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
        {"role": None},
    ]
    message = {"role": "assistant", "content": "-", **kinds[index % 3]}
    return Line({"model": "m", "message": message, "done": False}).content()


@pytest.mark.parametrize("every", [1, 2, 3, 7, 65])
def test_lines_of_other_forms_in_between_keep_their_place(api: Api, server: OllamaServer, every: int):
    lines = [odd(at) if at % every == 0 else chat_line(LETTERS[at]) for at in range(len(LETTERS))]
    stream = whole_stream(api, server, *lines)
    expected = "".join("-" if at % every == 0 else LETTERS[at] for at in range(len(LETTERS)))

    pieces = list(stream)

    assert "".join(piece.message.content for piece in pieces) == expected
    assert stream.final().message.content == expected
    assert stream.final().message.thinking == "t" * len(range(0, len(LETTERS), math.lcm(3, every)))


@pytest.mark.parametrize("between", [b"\n", b" \t\r\n", b"\r\n\n  \n"])
def test_white_space_in_between_is_no_line(api: Api, server: OllamaServer, between: bytes):
    lines = [part for line in letters() for part in (line, between)]

    assert whole_stream(api, server, *lines).final().message.content == LETTERS


def test_lines_that_msgspec_does_not_take_are_read_in_their_place(api: Api, server: OllamaServer):
    lone = chat_line("?").content().replace(b"?", rb"\ud83d")
    lines = [lone if at % 3 == 0 else chat_line(LETTERS[at]) for at in range(len(LETTERS))]
    stream = whole_stream(api, server, *lines)

    expected = "".join("\ud83d" if at % 3 == 0 else LETTERS[at] for at in range(len(LETTERS)))
    assert "".join(piece.message.content for piece in stream) == expected
    assert stream.final().message.content == expected


def deep_call(depth: int) -> bytes:
    """A line with a tool call whose arguments are nested as deeply."""
    arguments = b'{"a":' * depth + b"1" + b"}" * depth
    call = b'{"function":{"name":"f","arguments":%b}}' % arguments
    return b'{"message":{"role":"assistant","content":"a","tool_calls":[%b]},"done":false}\n' % call


@both_transports
def test_deeply_nested_arguments_are_in_the_whole(api: Api, server: OllamaServer):
    stream = whole_stream(api, server, deep_call(500), deep_call(500))
    assert len(list(stream)) == 3
    whole = stream.final()
    assert whole.message.content == "aa"
    arguments = [call.function.arguments for call in whole.message.tool_calls]
    for _ in range(500):
        arguments = [inner["a"] for inner in arguments]
    assert arguments == [1, 1]


def test_deeply_nested_arguments_are_in_what_a_broken_stream_brought(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", in_one_read(deep_call(500)), headers=NDJSON)
    with pytest.raises(IncompleteStreamError) as caught:
        api.chat_stream().final()
    assert caught.value.partial.message.tool_calls[0].function.arguments["a"]["a"]  # type: ignore[union-attr]


@both_transports
def test_arguments_that_are_nested_too_deeply_are_a_decode_error(api: Api, server: OllamaServer):
    stream = whole_stream(api, server, chat_line("before"), deep_call(100_000))
    with pytest.raises(DecodeError, match="is not JSON") as caught:
        list(stream)
    assert caught.value.partial.message.content == "before"  # type: ignore[union-attr]


CALLS = [{"function": {"name": "f", "arguments": {"a": 1}}}]
LOGPROBS = [{"token": "a", "logprob": -0.5}]


@pytest.mark.parametrize(
    ("usual", "unusual", "expected"),
    [
        ({"role": "assistant"}, {"tool_calls": CALLS}, {"tool_calls": CALLS}),
        ({"tool_calls": None}, {"tool_calls": CALLS}, {"tool_calls": CALLS}),
        ({"thinking": ""}, {"thinking": "hm"}, {"thinking": "hm"}),
        ({"role": "assistant"}, {"thinking": "hm"}, {"thinking": "hm"}),
    ],
    ids=["instead of another field", "instead of null", "text instead of none", "text instead of another field"],
)
@pytest.mark.parametrize("at", [1, 2, 70])
def test_what_a_message_has_for_once_is_in_the_whole(
    api: Api, server: OllamaServer, usual: dict[str, Any], unusual: dict[str, Any], expected: dict[str, Any], at: int
):
    messages = [{"content": letter, **(unusual if index == at else usual)} for index, letter in enumerate(LETTERS)]
    lines = [Line({"model": "m", "message": message, "done": False}) for message in messages]

    whole = whole_stream(api, server, *lines).final()

    assert whole.message.to_dict() == {"role": "assistant", "content": LETTERS, **expected}


def test_content_that_comes_with_the_end_of_the_thinking_is_in_the_whole(api: Api, server: OllamaServer):
    thinking = [chat_line("", message={"role": "assistant", "content": "", "thinking": letter}) for letter in LETTERS]
    both = chat_line("", message={"role": "assistant", "content": "So", "thinking": "!"})

    whole = whole_stream(api, server, *thinking, both, chat_line(".")).final()

    assert whole.message.to_dict() == {"role": "assistant", "content": "So.", "thinking": f"{LETTERS}!"}


def test_response_that_comes_with_the_end_of_the_thinking_is_in_the_whole(api: Api, server: OllamaServer):
    thinking = [Line({"model": "m", "response": "", "thinking": letter, "done": False}) for letter in LETTERS]
    both = Line({"model": "m", "response": "So", "thinking": "!", "done": False})
    last = Line({"model": "m", "response": ".", "done": True})
    server.reply("POST", "/api/generate", *thinking, both, last)

    whole = api.generate("m", "?", stream=True).final()

    assert (whole.response, whole.thinking) == ("So.", f"{LETTERS}!")


@pytest.mark.parametrize("usual", [{"logprobs": None}, {"remote_host": "h"}])
@pytest.mark.parametrize("at", [1, 2, 70])
def test_what_a_piece_has_for_once_is_in_the_whole(api: Api, server: OllamaServer, usual: dict[str, Any], at: int):
    lines = [
        chat_line(letter, **({"logprobs": LOGPROBS} if index == at else usual)) for index, letter in enumerate(LETTERS)
    ]

    whole = whole_stream(api, server, *lines).final()

    assert whole.message.content == LETTERS
    assert [logprob.to_dict() for logprob in whole.logprobs] == LOGPROBS
