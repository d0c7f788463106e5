"""The parser against h11: the same bytes, cut anywhere, give the same response or are refused by both.

In two things the parser differs from h11, as its module says, and the oracle here follows the parser: blank lines
before a status line are passed over, and the value of Transfer-Encoding is kept as sent, where h11 lower-cases it.
"""

from __future__ import annotations

from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("httptools", reason="httptools is not to be had on every platform")

from ollama_sdk.overlay._http.response_parser import ResponseParser

Outcome = tuple[int, list[tuple[bytes, bytes]], bytes] | None
twice_as_many = settings(max_examples=2 * settings().max_examples)
"""Examples are quick to try here, and those that a parser takes by mistake are rare among them."""


def by_h11(method: str, data: bytes) -> Outcome:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data.lstrip(b"\r\n"))
    connection.receive_data(b"")
    status, headers, body = 0, [], b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
                headers = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, headers, body
            elif isinstance(event, h11.InformationalResponse):
                return by_h11(method, connection.trailing_data[0])
            else:
                return None
    except h11.RemoteProtocolError:
        return None


def by_us(method: str, pieces: list[bytes]) -> Outcome:
    parser = ResponseParser(method, 65536)
    body = b""
    for piece in pieces:
        if piece and not parser.complete and parser.error is None:
            parser.feed(piece)
        if parser.pieces:
            body += parser.take()
    parser.end_of_file()
    headers = [(name, as_in_h11(name, value)) for name, value in parser.headers]
    return (parser.status, headers, body) if parser.complete else None


def as_in_h11(name: bytes, value: bytes) -> bytes:
    return value.lower() if name.lower() == b"transfer-encoding" else value


def cut(data: bytes, positions: list[int]) -> list[bytes]:
    bounds = [0, *sorted(position % (len(data) + 1) for position in positions), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


names = st.sampled_from([b"A", b"content-type", b"X-Long-Header-Name", b"b"])
values = st.sampled_from([b"", b"x", b" x ", b"text/plain; a=b", b"\xff", b"a\tb", b"a\r\n b", b"a \n\t b\r\n c"])
plain_headers = st.lists(st.tuples(names, values), max_size=4)
bodies = st.binary(max_size=40)


@st.composite
def valid_responses(draw: st.DrawFn) -> bytes:
    """Well-formed responses of every framing, with informational ones and blank lines before them."""
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in draw(plain_headers))
    early = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"]))
    early += draw(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]))
    status = draw(st.sampled_from([b"200 OK", b"200", b"204 No Content", b"304 X", b"404 Not Found", b"599 \xc3\xa4"]))
    body = draw(bodies)
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    if framing == "length":
        repeated = draw(
            st.sampled_from([b"%d", b"%d", b"%d, %d", b"%d\r\ncontent-length: %d", b"%d\r\nB: x\r\nContent-Length:%d"])
        )
        lines += b"Content-Length: " + repeated.replace(b"%d", b"%d" % len(body)) + b"\r\n"
    elif framing == "chunked":
        lines += draw(st.sampled_from([b"", b"Content-Length: 7\r\n"]))
        lines += b"Transfer-Encoding: %b\r\n" % draw(st.sampled_from([b"chunked", b"Chunked"]))
        size = draw(st.integers(1, 10))
        parts = [body[start : start + size] for start in range(0, len(body), size)]
        trailers = draw(st.sampled_from([b"", b"T: 1\r\n", b"T: 1\r\nU:\r\n"]))
        size_line = draw(st.sampled_from([b"%x\r\n", b"%X\r\n", b"%04x\r\n", b"%x;a=b\r\n"]))
        body = b"".join(size_line % len(part) + part + b"\r\n" for part in parts) + size_line % 0 + trailers + b"\r\n"
    if status[:3] in (b"204", b"304"):
        body = b""
    return early + b"HTTP/1.1 " + status + b"\r\n" + lines + b"\r\n" + body


@twice_as_many
@given(st.sampled_from(["GET", "POST", "HEAD"]), valid_responses(), st.lists(st.integers(0, 500), max_size=6))
def test_a_valid_response_is_read_as_h11_reads_it(method: str, data: bytes, positions: list[int]) -> None:
    if method == "HEAD":
        data = data[: data.rindex(b"\r\n\r\n") + 4]
    expected = by_h11(method, data)
    assert by_us(method, cut(data, positions)) == expected


@twice_as_many
@given(valid_responses(), st.integers(0, 500), st.lists(st.integers(0, 500), max_size=6))
def test_a_response_that_was_cut_off_ends_as_with_h11(data: bytes, length: int, positions: list[int]) -> None:
    data = data[: length % (len(data) + 1)]
    assert by_us("GET", cut(data, positions)) == by_h11("GET", data)


@twice_as_many
@given(valid_responses(), st.integers(0, 500), st.binary(min_size=1, max_size=3), st.lists(st.integers(0, 500)))
def test_a_damaged_response_never_means_something_else(
    data: bytes, position: int, damage: bytes, positions: list[int]
) -> None:
    # We may refuse what h11 lets pass (a header without a value, for example), but what we accept we read alike.
    position %= len(data)
    data = data[:position] + damage + data[position + len(damage) :]
    ours = by_us("GET", cut(data, positions))
    assert ours is None or ours == by_h11("GET", data)


@twice_as_many
@given(valid_responses(), st.lists(st.integers(0, 500), max_size=6))
def test_the_cuts_make_no_difference(data: bytes, positions: list[int]) -> None:
    assert by_us("GET", cut(data, positions)) == by_us("GET", [data])


@pytest.mark.parametrize("blank", [b"\r\n", b"\n", b"\r\n\r\n"])
def test_blank_lines_before_a_status_line_are_passed_over(blank: bytes) -> None:
    data = blank + b"HTTP/1.1 103 Early\r\n\r\n" + blank + b"HTTP/1.1 304 X\r\nA: b\r\n\r\n"
    assert by_us("GET", [data]) == (304, [(b"A", b"b")], b"")


def test_the_value_of_transfer_encoding_is_kept_as_sent() -> None:
    parser = ResponseParser("GET", 65536)
    parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n")
    assert parser.complete
    assert parser.headers == [(b"Transfer-Encoding", b"Chunked")]


@pytest.mark.parametrize("data", [b"HTTP/1.1 101 Switching\r\n\r\n", b"no response\r\n\r\n"])
def test_a_refusal_is_told_alike_while_the_caller_handles_an_exception(data: bytes) -> None:
    def refusal() -> str:
        parser = ResponseParser("GET", 65536)
        parser.feed(data)
        return str(parser.error)

    alone = refusal()
    try:
        raise KeyError
    except KeyError as error:
        handled, beside = error, refusal()
    assert beside == alone
    assert handled.__traceback__ is not None
