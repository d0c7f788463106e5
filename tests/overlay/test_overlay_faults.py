"""Streams and whole answers that go wrong: each fault, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest
from overlay.callers import Api, background
from overlay.scripts import NDJSON, TEXT, assert_usable, both_transports, chat_line

from ollama_sdk.overlay import (
    ConnectError,
    DecodeError,
    IncompleteStreamError,
    OllamaError,
    ResponseError,
    ServerBusyError,
)
from ollama_sdk.overlay.testing import FAULTS, Cut, Line, OllamaServer, Reply, Send, answer_lines

# Faults: what each comes to. `partial` is what the error has kept of the text; None for an error without any.

Expected = tuple[type[OllamaError] | None, str | None]
TWO_PIECES = "The sky is blue — "
FAULT_TABLE: dict[str, tuple[Expected, Expected]] = {
    # name: (streamed, not streamed)
    "cut_before_headers": ((ConnectError, None), (ConnectError, None)),
    "reset_before_headers": ((ConnectError, None), (ConnectError, None)),
    "cut_after_headers": ((IncompleteStreamError, None), (IncompleteStreamError, None)),
    "cut_mid_line": ((IncompleteStreamError, "The sky"), (IncompleteStreamError, None)),
    "cut_mid_character": ((IncompleteStreamError, "The sky"), (IncompleteStreamError, None)),
    "reset_mid_stream": ((IncompleteStreamError, TWO_PIECES), (IncompleteStreamError, None)),
    "short_body": ((IncompleteStreamError, None), (IncompleteStreamError, None)),
    "missing_done": ((IncompleteStreamError, TWO_PIECES), (DecodeError, None)),
    "error_line": ((ResponseError, TWO_PIECES), (DecodeError, None)),
    "not_json_line": ((DecodeError, TWO_PIECES), (DecodeError, None)),
    "html_error_page": ((ResponseError, None), (ResponseError, None)),
    "html_with_200": ((DecodeError, None), (DecodeError, None)),
    "empty_body_200": ((DecodeError, None), (DecodeError, None)),
    "redirect_302": ((ResponseError, None), (ResponseError, None)),
    "status_503_with_retry_after": ((ServerBusyError, None), (ServerBusyError, None)),
    "redirect_307": ((None, TEXT), (DecodeError, None)),
    "slow_drip": ((None, TEXT), (DecodeError, None)),
    "gzip_stream": ((None, TEXT), (DecodeError, None)),
    "wrong_content_type": ((None, TEXT), (DecodeError, None)),
    "blank_lines": ((None, TEXT), (DecodeError, None)),
    "ten_megabyte_line": ((None, "x" * 10_000_000), (DecodeError, None)),
}
"""A fault that is a healthy stream is none for `stream=True`; asked for one JSON object, lines are not one."""


def test_every_fault_is_in_the_table():
    assert set(FAULT_TABLE) == set(FAULTS)


@both_transports
@pytest.mark.parametrize("name", FAULT_TABLE)
def test_a_fault_of_a_stream_ends_as_the_table_says(api: Api, server: OllamaServer, name: str):
    expected, text = FAULT_TABLE[name][0]
    server.fault("POST", "/api/chat", name)

    if expected is None:
        assert api.chat_stream().final().message.content == text
        return
    with pytest.raises(expected) as caught:
        api.chat_stream().final()

    assert type(caught.value) is expected
    assert str(caught.value)
    partial = getattr(caught.value, "partial", None)
    assert (partial.message.content if partial else None) == text


@both_transports
@pytest.mark.parametrize("name", FAULT_TABLE)
def test_a_fault_of_a_whole_answer_ends_as_the_table_says(api: Api, server: OllamaServer, name: str):
    expected, _ = FAULT_TABLE[name][1]
    server.fault("POST", "/api/chat", name)

    with pytest.raises(expected or OllamaError) as caught:
        api.chat_whole()

    assert type(caught.value) is expected
    assert str(caught.value)


@both_transports
@pytest.mark.parametrize("name", FAULT_TABLE)
def test_a_client_is_usable_after_a_fault(api: Api, server: OllamaServer, name: str):
    server.fault("POST", "/api/chat", name)
    background(lambda: api.chat_stream().collect()).exception(10)

    assert_usable(api, server)


@both_transports
def test_an_error_line_has_the_words_of_the_server_and_what_came_before(api: Api, server: OllamaServer):
    server.fault("POST", "/api/chat", "error_line")

    pieces, error = api.chat_stream().collect()

    assert [piece.message.content for piece in pieces] == ["The sky", " is blue — "]
    assert isinstance(error, ResponseError)
    assert error.status_code == 200
    assert error.error == "llama runner process has terminated"
    assert "llama runner process has terminated" in str(error)


def test_an_error_in_place_of_the_first_line_is_a_response_error(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Line({"error": "no room"}))

    with pytest.raises(ResponseError, match="no room"):
        api.chat_stream().final()
    with pytest.raises(ResponseError, match="no room"):
        api.chat_whole()


@both_transports
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>busy</html>", DecodeError),
        (b"<html>\nbusy\n</html>\n", DecodeError),
        (b"Ollama is running", DecodeError),
        (b"null\n", DecodeError),
        (b"[1]\n", DecodeError),
        (b"5", DecodeError),
        (b'"text"', DecodeError),
        (b"\xff\xfe{}\n", DecodeError),
        (b"data: {}\n\n", DecodeError),
        (b'{"message":{"content":"a"}', IncompleteStreamError),
        (b"{", IncompleteStreamError),
        (b"", DecodeError),
        (b"\n\n", DecodeError),
    ],
)
def test_a_body_that_is_no_answer_is_told_apart_from_one_that_was_cut(
    api: Api, server: OllamaServer, body: bytes, expected: type[OllamaError]
):
    server.reply("POST", "/api/chat", Send(body), headers={"Content-Type": "text/html"})

    with pytest.raises(expected):
        api.chat_stream().final()


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "application/octet-stream", ""])
def test_a_right_body_under_a_wrong_content_type_is_accepted(api: Api, server: OllamaServer, content_type: str):
    lines = [Line(line) for line in answer_lines("/api/chat")]
    server.queue("POST", "/api/chat", *lines, headers={"Content-Type": content_type})
    server.queue("POST", "/api/chat", lines[-1], headers={"Content-Type": content_type})

    assert api.chat_stream().final().message.content == TEXT
    assert api.chat_whole().done


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_cut_between_lines_raises_incomplete_stream(api: Api, server: OllamaServer, framing: Any):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Cut(), framing=framing, headers=NDJSON))

    _, error = api.chat_stream().collect()

    assert isinstance(error, IncompleteStreamError)
    assert error.partial is not None
    assert error.partial.message.content == "a"


def test_a_response_without_the_fields_it_should_have_is_read(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Line({"message": {"content": "a"}}), Line({"done": True}))

    whole = api.chat_stream().final()

    assert (whole.message.content, whole.model, whole.created_at, whole.eval_count) == ("a", None, None, None)


def test_nulls_and_unknown_fields_in_pieces_do_no_harm(api: Api, server: OllamaServer):
    odd = {"message": {"role": None, "content": None, "tool_calls": None, "images": None}, "created_at": None, "new": 1}
    server.reply("POST", "/api/chat", Line(odd), chat_line("a"), Line({"message": None, "done": True}))

    whole = api.chat_stream().final()

    assert whole.message.content == "a"
    assert whole.additional_properties == {"new": 1}
