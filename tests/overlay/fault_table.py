"""The fault matrix: every way in which an answer can go wrong, and what the caller gets, as one table.

Each row is played to a chat that is streamed and to one that is not, by both clients, on our transport and on httpx's.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ollama_sdk.overlay import (
    AuthenticationError,
    ConnectError,
    DecodeError,
    IncompleteStreamError,
    NotFoundError,
    OllamaError,
    PermissionDeniedError,
    RateLimitError,
    ResponseError,
    ServerBusyError,
)
from ollama_sdk.overlay.testing import FAULTS, Cut, Json, Line, Raw, Received, Reply, Reset, Send, answer, answer_lines

PATH = "/api/chat"
NDJSON = {"Content-Type": "application/x-ndjson"}
TEXT = "The sky is blue — mostly 🌍."
"""What a healthy answer says."""
TWO_PIECES = "The sky is blue — "
Expected = tuple[type[OllamaError] | None, str | None]
"""The error or None; then the text of the whole answer, or what the error kept of a stream, None for nothing."""
Answer = Reply | Callable[[Received], Reply]
FINE: Expected = (None, TEXT)


@dataclass(frozen=True)
class Row:
    """One fault.

    Attributes:
        streamed: What the caller of a stream gets.
        whole: What the caller of an answer that is not streamed gets.
        reply: What the server answers, told whether it is to stream; None stands for the fault of `FAULTS`.
        says: A piece of the error's message.
        settings: Settings of the client.
    """

    streamed: Expected
    whole: Expected
    reply: Callable[[bool], Answer] | None = None
    says: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def healthy(stream: bool) -> bytes:
    """The body of an answer to which nothing happened."""
    return b"".join(step.content() for step in answer(PATH, stream=stream).steps)


def body(data: bytes, **headers: str) -> Callable[[bool], Reply]:
    """An answer of these bytes, streamed or not."""
    return lambda stream: Reply(Send(data), headers={"Content-Type": "application/json", **_names(headers)})


def changed(change: Callable[[bytes], bytes], **headers: str) -> Callable[[bool], Reply]:
    """A healthy answer whose bytes were changed on the way."""
    return lambda stream: Reply(Send(change(healthy(stream))), headers={**NDJSON, **_names(headers)})


def shape(value: Any, after: bytes = b"") -> Callable[[bool], Reply]:
    """An answer of one value."""
    return body(after + json.dumps(value).encode() + b"\n")


def second_line(value: Any) -> Callable[[bool], Reply]:
    """A stream whose second line is a value."""
    return lambda stream: Reply(Line(answer_lines(PATH)[0]), Line(value), Line(answer_lines(PATH)[-1]))


def redirect(status: int, location: str = "/healthy") -> Callable[[bool], Answer]:
    return lambda stream: Reply(status=status, headers={"Location": location})


def redirect_elsewhere(status: int) -> Callable[[bool], Answer]:
    """To another origin, which is the same server under another name."""

    def reply(received: Received) -> Reply:
        port = received.headers["host"].rpartition(":")[2]
        return Reply(status=status, headers={"Location": f"http://localhost:{port}/healthy"})

    return lambda stream: reply


def status(code: int, **headers: str) -> Callable[[bool], Reply]:
    return lambda stream: Reply(Json({"error": "no"}), status=code, headers=_names(headers) or None)


def raw(before: bytes = b"", *, version: bytes = b"HTTP/1.1", code: bytes = b"200 OK") -> Callable[[bool], Reply]:
    """A healthy answer in bytes of its own, which the connection's end completes."""
    return lambda stream: Reply(Raw(before + version + b" " + code + b"\r\n\r\n" + healthy(stream)))


def raw_head(lines: bytes) -> Callable[[bool], Reply]:
    """A healthy answer with header lines as they are, in which `%d` stands for its size."""

    def reply(stream: bool) -> Reply:
        data = healthy(stream)
        return Reply(Raw(b"HTTP/1.1 200 OK\r\n" + lines.replace(b"%d", b"%d" % len(data)) + b"\r\n" + data))

    return reply


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _bad_chunk(stream: bool) -> Reply:
    line = healthy(True).partition(b"\n")[0] + b"\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return Reply(Raw(head + b"%x\r\n%b\r\nzz\r\n" % (len(line), line)))


def _cut_gzip(stream: bool) -> Reply:
    packed = gzip.compress(healthy(stream))
    return Reply(Send(packed[: len(packed) // 2]), Cut(), headers={**NDJSON, "Content-Encoding": "gzip"})


def _long_line(stream: bool) -> Reply:
    if not stream:
        return answer(PATH, stream=False)
    lines = [Line(line) for line in answer_lines(PATH)]
    return Reply(*lines[:2], Send(b'{"message":{"content":"' + b"x" * 100_000), Cut(), headers=NDJSON)


LINES_ARE_NOT_ONE = (DecodeError, None)
"""What a stream is to a caller who asked for one object."""

FAULT_TABLE: dict[str, Row] = {
    # Of the connection.
    "cut_before_headers": Row((ConnectError, None), (ConnectError, None), says="closed the connection before"),
    "reset_before_headers": Row((ConnectError, None), (ConnectError, None)),
    "cut_in_headers": Row(
        (IncompleteStreamError, None),
        (IncompleteStreamError, None),
        lambda stream: Reply(Raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), Cut()),
        says="had begun",
    ),
    "reset_in_headers": Row(
        (IncompleteStreamError, None),
        (IncompleteStreamError, None),
        lambda stream: Reply(Raw(b"HTTP/1.1 200 OK\r\nContent-Ty"), Reset()),
        says="had begun",
    ),
    "cut_after_continue": Row(
        (IncompleteStreamError, None),
        (IncompleteStreamError, None),
        lambda stream: Reply(Raw(b"HTTP/1.1 100 Continue\r\n\r\n"), Cut()),
        says="had begun",
    ),
    "cut_after_headers": Row((IncompleteStreamError, None), (IncompleteStreamError, None)),
    "cut_mid_line": Row((IncompleteStreamError, "The sky"), (IncompleteStreamError, None)),
    "cut_mid_character": Row((IncompleteStreamError, "The sky"), (IncompleteStreamError, None)),
    "reset_mid_stream": Row((IncompleteStreamError, TWO_PIECES), (IncompleteStreamError, None)),
    "reset_mid_whole": Row(
        (IncompleteStreamError, None),
        (IncompleteStreamError, None),
        lambda stream: Reply(Send(b'{"mess'), Reset(), headers={**NDJSON, "Content-Length": "99"}),
    ),
    "short_body": Row((IncompleteStreamError, None), (IncompleteStreamError, None)),
    "missing_done": Row((IncompleteStreamError, TWO_PIECES), LINES_ARE_NOT_ONE),
    "done_is_false": Row(
        (IncompleteStreamError, "a"), (IncompleteStreamError, "a"), shape({"message": {"content": "a"}, "done": False})
    ),
    "rendered_prompt": Row(
        (None, "a"),
        (None, "a"),
        shape({"message": {"content": "a"}, "done": False, "_debug_info": {"rendered_template": "Hi!"}}),
    ),
    "bad_chunk": Row((IncompleteStreamError, "The sky"), (IncompleteStreamError, None), _bad_chunk, says="HTTP/1.1"),
    "slow_drip": Row(FINE, LINES_ARE_NOT_ONE),
    # Of HTTP.
    "early_hints": Row(FINE, FINE, raw(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")),
    "two_continues": Row(FINE, FINE, raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 2)),
    "bare_line_feeds": Row(
        FINE, FINE, lambda stream: Reply(Raw(b"HTTP/1.1 200 OK\nContent-Type: application/json\n\n" + healthy(stream)))
    ),
    "spaces_after_a_chunk_size": Row(
        FINE,
        FINE,
        lambda stream: Reply(
            Raw(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"%x  \r\n%b\r\n0\r\n\r\n" % (len(healthy(stream)), healthy(stream))
            )
        ),
    ),
    "folded_header": Row(FINE, FINE, raw_head(b"X-Note: one\r\n  two\r\n\tthree\r\nContent-Length: %d\r\n")),
    "content_length_twice": Row(FINE, FINE, raw_head(b"Content-Length: %d\r\nX: y\r\ncontent-length: %d\r\n")),
    "content_length_as_a_list": Row(FINE, FINE, raw_head(b"Content-Length: %d, %d\r\n")),
    "content_length_beside_chunks": Row(
        FINE,
        FINE,
        lambda stream: Reply(
            Raw(
                b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n"
                + b"%x\r\n%b\r\n0\r\n\r\n" % (len(healthy(stream)), healthy(stream))
            )
        ),
    ),
    "content_lengths_that_differ": Row(
        (ConnectError, None),
        (ConnectError, None),
        raw_head(b"Content-Length: %d\r\nContent-Length: 5\r\n"),
        says="HTTP/1.1 that can be read",
    ),
    "http_1_0": Row(FINE, FINE, raw(version=b"HTTP/1.0")),
    "not_http": Row((ConnectError, None), (ConnectError, None), lambda stream: Reply(Raw(b"SSH-2.0-x\r\n"), Cut())),
    "bad_header_line": Row(
        (ConnectError, None),
        (ConnectError, None),
        lambda stream: Reply(Raw(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), Cut()),
        says="HTTP/1.1 that can be read",
    ),
    "no_content_204": Row((DecodeError, None), (DecodeError, None), lambda stream: Reply(status=204), says="empty"),
    # Of the server.
    "error_line": Row((ResponseError, TWO_PIECES), LINES_ARE_NOT_ONE),
    "error_under_200": Row((ResponseError, None), (ResponseError, None), shape({"error": "no room"}), says="no room"),
    "error_null_under_200": Row(
        (None, "a"), (None, "a"), shape({"error": None, "message": {"content": "a"}, "done": True})
    ),
    "error_nested_too_deeply": Row(
        (ResponseError, None),
        (ResponseError, None),
        lambda stream: Reply(Send(b'{"error":' * 200_000), status=500),
        says='{"error":{"error":',
    ),
    "status_400": Row((ResponseError, None), (ResponseError, None), status(400), says="no"),
    "status_401": Row((AuthenticationError, None), (AuthenticationError, None), status(401), says="api_key="),
    "status_403": Row((PermissionDeniedError, None), (PermissionDeniedError, None), status(403)),
    "status_404": Row((NotFoundError, None), (NotFoundError, None), status(404), says="client.list()"),
    "status_429": Row((RateLimitError, None), (RateLimitError, None), status(429, Retry_After="7"), says="7"),
    "status_500": Row((ResponseError, None), (ResponseError, None), status(500)),
    "status_503_with_retry_after": Row((ServerBusyError, None), (ServerBusyError, None)),
    "status_599": Row((ResponseError, None), (ResponseError, None), status(599), says="599"),
    # Redirects: a POST stays a POST or is not repeated.
    "redirect_301": Row((ResponseError, None), (ResponseError, None), redirect(301), says="301"),
    "redirect_302": Row((ResponseError, None), (ResponseError, None), says="302"),
    "redirect_303": Row((ResponseError, None), (ResponseError, None), redirect(303), says="303"),
    "redirect_307": Row(FINE, LINES_ARE_NOT_ONE),
    "redirect_307_to_the_like": Row(FINE, FINE, redirect(307)),
    "redirect_308": Row(FINE, FINE, redirect(308)),
    "redirect_301_elsewhere": Row((ResponseError, None), (ResponseError, None), redirect_elsewhere(301)),
    "redirect_302_elsewhere": Row((ResponseError, None), (ResponseError, None), redirect_elsewhere(302)),
    "redirect_303_elsewhere": Row((ResponseError, None), (ResponseError, None), redirect_elsewhere(303)),
    "redirect_307_elsewhere": Row(FINE, FINE, redirect_elsewhere(307)),
    "redirect_308_elsewhere": Row(FINE, FINE, redirect_elsewhere(308)),
    "redirect_in_a_circle": Row((ResponseError, None), (ResponseError, None), redirect(307, PATH), says="307"),
    "redirect_without_location": Row(
        (ResponseError, None), (ResponseError, None), lambda stream: Reply(status=307), says="307"
    ),
    # Bodies that are none of Ollama's.
    "html_error_page": Row((ResponseError, None), (ResponseError, None), says="502 Bad Gateway"),
    "html_with_200": Row((DecodeError, None), (DecodeError, None), says="not JSON"),
    "empty_body_200": Row((DecodeError, None), (DecodeError, None), says="empty body"),
    "blank_body": Row((DecodeError, None), (DecodeError, None), body(b"\r\n\n")),
    "not_json_line": Row((DecodeError, TWO_PIECES), LINES_ARE_NOT_ONE, says="not JSON"),
    "server_sent_events": Row((DecodeError, None), (DecodeError, None), changed(lambda data: b"data: " + data)),
    "nested_too_deeply": Row((DecodeError, None), (DecodeError, None), body(b"[" * 200_000 + b"\n")),
    "tool_arguments_nested_too_deeply": Row(
        (DecodeError, None), (DecodeError, None), body(b'{"message":{"tool_calls":[' + b'{"a":' * 200_000 + b"\n")
    ),
    "number_with_too_many_digits": Row(
        (DecodeError, None), (DecodeError, None), body(b'{"eval_count":%b}\n' % (b"9" * 9999))
    ),
    "blank_lines": Row(FINE, LINES_ARE_NOT_ONE),
    "carriage_returns": Row(FINE, FINE, changed(lambda data: data.replace(b"\n", b"\r\n"))),
    "ten_megabyte_line": Row((None, "x" * 10_000_000), LINES_ARE_NOT_ONE),
    "line_beyond_the_limit": Row((DecodeError, TWO_PIECES), FINE, _long_line, settings={"max_line_bytes": 10_000}),
    # Character sets: JSON is UTF-8, whatever the headers say.
    "wrong_content_type": Row(FINE, LINES_ARE_NOT_ONE),
    "no_content_type": Row(FINE, FINE, lambda stream: Reply(Send(healthy(stream)), headers={"Content-Type": ""})),
    "called_utf_16": Row(FINE, FINE, changed(bytes, Content_Type="application/json; charset=utf-16")),
    "byte_order_mark": Row(FINE, FINE, changed(lambda data: b"\xef\xbb\xbf" + data)),
    "utf_16": Row((DecodeError, None), (DecodeError, None), changed(lambda data: data.decode().encode("utf-16-le"))),
    "latin_1": Row(
        (DecodeError, "The sky"), (DecodeError, None), changed(lambda data: data.replace("—".encode(), b"\xe9"))
    ),
    # Compression.
    "gzip_stream": Row(FINE, LINES_ARE_NOT_ONE),
    "gzip": Row(FINE, FINE, changed(gzip.compress, Content_Encoding="gzip")),
    "gzip_of_several_members": Row(
        FINE, FINE, changed(lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]), Content_Encoding="gzip")
    ),
    "deflate": Row(FINE, FINE, changed(zlib.compress, Content_Encoding="deflate")),
    "encoding_called_identity": Row(FINE, FINE, changed(bytes, Content_Encoding="identity")),
    "gzip_that_is_none": Row(
        (DecodeError, None), (DecodeError, None), changed(bytes, Content_Encoding="gzip"), says="decompressed"
    ),
    "gzip_that_is_cut": Row((IncompleteStreamError, ...), (IncompleteStreamError, None), _cut_gzip),  # type: ignore[arg-type]  # whatever was unpacked
    "unknown_encoding": Row((DecodeError, None), (DecodeError, None), changed(gzip.compress, Content_Encoding="x-new")),
    # Shapes. What programs take for granted is checked; the rest is left as it came.
    "array": Row((DecodeError, None), (DecodeError, None), shape([{"done": True}]), says="not a JSON object"),
    "number": Row((DecodeError, None), (DecodeError, None), shape(5), says="not a JSON object"),
    "text": Row((DecodeError, None), (DecodeError, None), shape("a"), says="not a JSON object"),
    "null": Row((DecodeError, None), (DecodeError, None), shape(None), says="not a JSON object"),
    "message_is_text": Row(
        (DecodeError, None), (DecodeError, None), shape({"message": "a", "done": True}), says="text as message"
    ),
    "message_is_a_list": Row(
        (DecodeError, None), (DecodeError, None), shape({"message": [1], "done": True}), says="a list as message"
    ),
    "content_is_a_number": Row(
        (DecodeError, None),
        (DecodeError, None),
        shape({"message": {"content": 5}, "done": True}),
        says="message.content",
    ),
    "content_is_a_number_in_a_line_without_an_end": Row(
        (DecodeError, None),
        (DecodeError, None),
        body(b'{"message":{"content":5},"done":true}'),
        says="message.content",
    ),
    "content_is_an_object": Row(
        (DecodeError, None), (DecodeError, None), shape({"message": {"content": {}}, "done": True}), says="an object as"
    ),
    "tool_calls_is_text": Row(
        (DecodeError, None),
        (DecodeError, None),
        shape({"message": {"tool_calls": "a"}, "done": True}),
        says="tool_calls",
    ),
    "tool_call_is_a_number": Row(
        (DecodeError, None),
        (DecodeError, None),
        shape({"message": {"tool_calls": [5]}, "done": True}),
        says="tool_calls",
    ),
    "tool_function_is_text": Row(
        (DecodeError, None),
        (DecodeError, None),
        shape({"message": {"tool_calls": [{"function": "f"}]}, "done": True}),
        says="message.tool_calls.function",
    ),
    "logprobs_is_a_truth_value": Row(
        (DecodeError, None),
        (DecodeError, None),
        shape({"logprobs": True, "done": True}),
        says="a truth value as logprobs",
    ),
    "second_message_is_a_number": Row(
        (DecodeError, "The sky"), LINES_ARE_NOT_ONE, second_line({"message": 5}), says=""
    ),
    "second_content_is_a_list": Row(
        (DecodeError, "The sky"), LINES_ARE_NOT_ONE, second_line({"message": {"content": ["a"]}}), says=""
    ),
    "nulls": Row(
        (None, None),
        (None, None),
        shape({"message": {"content": None, "tool_calls": None}, "logprobs": None, "done": True}),
    ),
    "no_message": Row((None, None), (None, None), shape({"done": True})),
    "count_is_text": Row(
        (None, "a"), (None, "a"), shape({"message": {"content": "a"}, "eval_count": "many", "done": True})
    ),
    "time_is_no_time": Row(
        (None, "a"), (None, "a"), shape({"message": {"content": "a"}, "created_at": "soon", "done": True})
    ),
    "unknown_fields": Row(
        (None, "a"), (None, "a"), shape({"message": {"content": "a", "b": 1}, "c": [2], "done": True})
    ),
}
"""Every fault. Without `reply` it is the one of the same name in `FAULTS`, all of which are here."""

assert set(FAULTS) <= set(FAULT_TABLE)
