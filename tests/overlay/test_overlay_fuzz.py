"""Anything at all from outside: bytes as lines, as bodies and as HTTP, text as hosts and headers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from overlay.callers import Api, LoopThread

from ollama_sdk.overlay import AsyncOllama, Ollama, OllamaError, RequestError
from ollama_sdk.overlay._answers.ndjson import LineDecoder, LineTooLongError
from ollama_sdk.overlay._config import parse_host
from ollama_sdk.overlay._sending.attempts import LONGEST_WAIT, retry_wait
from ollama_sdk.overlay.testing import OllamaServer, Raw, Reply, Send, answer_lines

PATH = "/api/chat"


@pytest.fixture(scope="module")
def fuzz_server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture(scope="module", params=["sync", "async"])
def fuzz_api(request: pytest.FixtureRequest, fuzz_server: OllamaServer, loop_thread: LoopThread) -> Iterator[Api]:
    kind = Ollama if request.param == "sync" else AsyncOllama
    api: Api = Api(kind(fuzz_server.url, max_retries=0, timeout=60), loop_thread)
    yield api
    api.close()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(ends)]


# Pieces of which odd bodies are made: whole lines, halves of them, and bytes that are none.
healthy = st.sampled_from(answer_lines(PATH)).map(lambda line: json.dumps(line, ensure_ascii=False).encode() + b"\n")
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
odd_answer = st.fixed_dictionaries(
    {}, optional={"message": values, "done": values, "error": values, "logprobs": values, "created_at": values}
) | st.fixed_dictionaries({"message": st.fixed_dictionaries({}, optional={"content": values, "tool_calls": values})})
odd = (values | odd_answer).map(lambda value: json.dumps(value).encode() + b"\n")
bodies = st.lists(healthy | odd | st.binary(max_size=40) | st.sampled_from([b"\n", b"\r\n", b"\xef\xbb\xbf"])).map(
    b"".join
)
cuts = st.lists(st.integers(0, 10_000), max_size=8)


# Lines


@given(st.lists(st.binary(max_size=30)).map(b"\n".join), cuts, st.integers(1, 20))
def test_a_decoder_with_a_limit_loses_and_doubles_no_line_before_one_that_is_too_long(
    data: bytes, places: list[int], limit: int
):
    decoder = LineDecoder(max_line_bytes=limit)
    lines: list[bytes] = []
    too_long = False
    try:
        for piece in cut(data, places):
            lines += decoder.feed(piece)
    except LineTooLongError as error:
        lines += error.lines
        too_long = True

    whole = data.split(b"\n")
    first_long = next((index for index, line in enumerate(whole) if len(line) > limit), len(whole) - 1)
    assert too_long is (len(whole[first_long]) > limit)
    assert [line.strip() for line in lines if line.strip()] == [
        line.strip() for line in whole[:first_long] if line.strip()
    ]


# Bodies, through the whole client


@given(st.lists(st.text(max_size=10)), cuts)
def test_no_piece_of_a_healthy_stream_is_lost_doubled_or_changed(
    fuzz_api: Api, fuzz_server: OllamaServer, texts: list[str], places: list[int]
):
    lines = answer_lines(PATH, texts)
    data = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
    fuzz_server.reply("POST", PATH, *map(Send, cut(data, places)))

    pieces, error = fuzz_api.chat_stream().collect()

    assert error is None
    assert [piece.message.content for piece in pieces] == [*texts, ""]


@given(bodies, cuts, st.booleans())
@example(b"[" * 100_000, [], True)
@example(b'{"message":{"content":"a"}}\n{"message":"a"}\n', [], True)
def test_any_body_is_a_whole_answer_or_an_error_of_the_tree(
    fuzz_api: Api, fuzz_server: OllamaServer, data: bytes, places: list[int], stream: bool
):
    fuzz_server.reply("POST", PATH, Reply(*map(Send, cut(data, places)), headers={"Content-Type": "application/json"}))
    try:
        result = fuzz_api.chat_stream() if stream else fuzz_api.chat_whole()
        pieces = list(result) if stream else []
        whole = result.final() if stream else result
    except OllamaError as error:
        assert str(error)  # noqa: PT017  # not all inputs raise
        return
    assert repr(whole)
    assert isinstance(whole.to_dict(), dict)
    if stream:
        assert any(piece.done is True for piece in pieces)
        texts = [(piece.message and piece.message.content) or "" for piece in pieces]
        assert "".join(texts) == ((whole.message and whole.message.content) or "")


@given(st.binary(max_size=60), st.sampled_from([400, 401, 404, 429, 503, 500, 302]), st.text(max_size=20))
def test_any_error_answer_is_told(fuzz_api: Api, fuzz_server: OllamaServer, data: bytes, status: int, text: str):
    headers = {"Retry-After": quote(text), "Location": quote(text)}
    fuzz_server.reply("POST", PATH, Reply(Send(data), status=status, headers=headers))

    with pytest.raises(OllamaError, match=str(status)):
        fuzz_api.chat_whole()


@given(
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
    st.binary(max_size=60) | st.text("0123456789abcdef\r\n{}", max_size=60).map(str.encode),
    st.booleans(),
)
def test_any_bytes_in_place_of_http_are_an_error_of_the_tree(
    fuzz_api: Api, fuzz_server: OllamaServer, head: bytes, data: bytes, stream: bool
):
    fuzz_server.reply("POST", PATH, Reply(Raw(head + data)))

    with pytest.raises(OllamaError):  # noqa: PT012  # the call, or the reading of its stream
        result = fuzz_api.chat_stream() if stream else fuzz_api.chat_whole()
        result.final()


# Hosts and headers


@given(st.text(max_size=30), st.text("abc.-:[]0123456789/%", max_size=30))
def test_a_password_in_a_host_is_never_part_of_what_is_shown(password: str, rest: str):
    secret = f"s3cret{quote(password, safe='')}"
    try:
        host = parse_host(f"http://me:{secret}@{rest}")
    except RequestError as error:
        assert "s3cret" not in str(error)  # noqa: PT017  # not all inputs raise
        return
    assert "@" not in host.base_url.partition("//")[2].partition("/")[0]
    assert "s3cret" not in host.base_url + repr(host)
    assert parse_host(host.base_url).base_url == host.base_url


@given(st.text(max_size=30) | st.floats().map(str) | st.datetimes().map(lambda at: at.strftime("%a, %d %b %Y %T GMT")))
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("1 Jan 10000 00:00:00 GMT")
def test_any_retry_after_is_a_wait_or_none_at_all(text: str):
    wait: Any = retry_wait(1, text)

    assert wait is None or 0 <= wait <= LONGEST_WAIT
