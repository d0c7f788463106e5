"""Streams and whole answers that go wrong: each fault, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from overlay.callers import Api
from overlay.fault_table import FAULT_TABLE, PATH, Row
from overlay.scripts import NDJSON, assert_usable, both_transports, chat_line, streamed_or_not

from ollama_sdk.overlay import DecodeError, IncompleteStreamError, OllamaError, ResponseError
from ollama_sdk.overlay.testing import Cut, Line, OllamaServer, Reply, Send, answer

# The matrix


@pytest.fixture(params=FAULT_TABLE)
def row(request: pytest.FixtureRequest, server: OllamaServer) -> Callable[[bool], Row]:
    """Plays a row of the table to a chat that is streamed or not."""
    name: str = request.param
    row = FAULT_TABLE[name]

    def play(stream: bool) -> Row:
        if row.reply is None:
            server.fault("POST", PATH, name)
        else:
            server.reply("POST", PATH, row.reply(stream))
            server.reply("*", "/healthy", answer(PATH, stream=stream))
        return row

    return play


@both_transports
@streamed_or_not
def test_a_fault_ends_as_the_table_says_and_the_client_goes_on(
    make_api: Callable[..., Api], server: OllamaServer, row: Callable[[bool], Row], stream: bool
):
    fault = row(stream)
    expected, text = fault.streamed if stream else fault.whole
    api = make_api(max_retries=0, **fault.settings)

    def call() -> Any:
        return api.chat_stream().final() if stream else api.chat_whole()

    if expected is None:
        message = call().message
        assert (message.content if message else None) == text
    else:
        with pytest.raises(OllamaError) as caught:
            call()
        error = caught.value
        assert type(error) is expected
        assert fault.says in str(error)
        assert str(error)
        partial = getattr(error, "partial", None)
        assert text is ... or (partial.message.content if partial else None) == text
    assert {request.method for request in server.requests} == {"POST"}
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
