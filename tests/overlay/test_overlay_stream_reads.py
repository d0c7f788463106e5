"""Streams whose lines come many in one read: each counts only when it is given, whatever is next to it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from overlay.callers import Api, Pieces
from overlay.scripts import NDJSON, both_transports, chat_line, done_line

from ollama_sdk.overlay import AbortError, DecodeError, IncompleteStreamError, OllamaError, ResponseError
from ollama_sdk.overlay.testing import Line, Never, OllamaServer, Send

LETTERS = "abcdefghij" * 20


def open_stream(api: Api, server: OllamaServer, *lines: bytes | Line) -> Pieces:
    """A stream of chat whose lines come at once, and go on after them if the last one is not the end."""
    data = b"".join(line.content() if isinstance(line, Line) else line for line in lines)
    server.reply("POST", "/api/chat", Send(data), Never(), headers=NDJSON)
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
    stream = open_stream(api, server, *letters(form), done_line(eval_count=9))

    contents = [content(stream) for _ in stream]

    assert contents == [LETTERS[: at + 1] for at in range(len(LETTERS))] + [LETTERS]
    whole = stream.final()
    assert whole.eval_count == 9
    assert len(whole.logprobs or whole.message.tool_calls or LETTERS) == len(LETTERS)


def test_partial_has_the_other_values_of_the_piece_that_was_given_last(api: Api, server: OllamaServer):
    stream = open_stream(api, server, *(chat_line(letter, remote_host=letter) for letter in LETTERS))

    for letter in LETTERS:
        assert stream.next().remote_host == letter
        assert stream.stream.partial.remote_host == letter  # type: ignore[union-attr]  # a chat


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
    stream = open_stream(api, server, *lines, done_line())
    expected = "".join("-" if at % every == 0 else LETTERS[at] for at in range(len(LETTERS)))

    pieces = list(stream)

    assert "".join(piece.message.content for piece in pieces) == expected
    assert stream.final().message.content == expected
    assert stream.final().message.thinking == "t" * len(range(0, len(LETTERS), math.lcm(3, every)))


@pytest.mark.parametrize("between", [b"\n", b" \t\r\n", b"\r\n\n  \n"])
def test_white_space_in_between_is_no_line(api: Api, server: OllamaServer, between: bytes):
    lines = [part for line in letters() for part in (line, between)]

    assert open_stream(api, server, *lines, done_line()).final().message.content == LETTERS


def test_lines_that_orjson_does_not_take_are_read_in_their_place(api: Api, server: OllamaServer):
    lone = chat_line("?").content().replace(b"?", rb"\ud83d")
    lines = [lone if at % 3 == 0 else chat_line(LETTERS[at]) for at in range(len(LETTERS))]
    stream = open_stream(api, server, *lines, done_line())

    expected = "".join("\ud83d" if at % 3 == 0 else LETTERS[at] for at in range(len(LETTERS)))
    assert "".join(piece.message.content for piece in stream) == expected
    assert stream.final().message.content == expected
