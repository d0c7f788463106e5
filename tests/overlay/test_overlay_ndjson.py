"""The line decoder: whole lines out of bytes, wherever these were cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_sdk.overlay._answers.ndjson import LineDecoder, LineTooLongError


def decode(pieces: list[bytes]) -> list[bytes]:
    decoder = LineDecoder()
    lines = [line.strip() for piece in pieces for line in decoder.feed(piece)]
    rest = decoder.rest()
    return [line for line in (*lines, rest) if line]


@given(st.binary(), st.lists(st.integers(0, 200)))
def test_bytes_give_the_same_lines_wherever_they_are_cut(data: bytes, cuts: list[int]):
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    pieces = [data[start:end] for start, end in pairwise(places)]

    assert decode(pieces) == [line.strip() for line in data.split(b"\n") if line.strip()]


@given(st.lists(st.text().map(lambda text: text.replace("\n", "").encode()).filter(bytes.strip)))
def test_no_line_is_lost_or_doubled_when_every_byte_comes_alone(lines: list[bytes]):
    data = b"".join(line + b"\n" for line in lines)

    assert decode([data[at : at + 1] for at in range(len(data))]) == [line.strip() for line in lines]


def test_a_line_is_given_as_soon_as_its_line_feed_has_come():
    decoder = LineDecoder()

    assert list(decoder.feed(b'{"a"')) == []
    assert list(decoder.feed(b":1}\n{")) == [b'{"a":1}']


def test_only_a_line_feed_ends_a_line():
    separators = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"

    assert list(LineDecoder().feed(f'{{"a":"{separators}"}}\n'.encode())) == [f'{{"a":"{separators}"}}'.encode()]


def test_blank_lines_are_left_out():
    assert list(LineDecoder().feed(b'\n\r\n{"a":1}\r\n\n{"b":2}\n\n')) == [b'{"a":1}\r', b'{"b":2}']


def test_a_last_line_without_a_line_feed_is_the_rest():
    decoder = LineDecoder()

    assert list(decoder.feed(b"1\n2")) == [b"1"]
    assert decoder.rest() == b"2"


def test_white_space_at_the_end_is_no_rest():
    decoder = LineDecoder()
    decoder.feed(b"1\n \r\t")

    assert decoder.rest() == b""


def test_a_line_longer_than_the_limit_is_refused_however_it_was_cut():
    whole, cut = LineDecoder(max_line_bytes=10), LineDecoder(max_line_bytes=10)
    cut.feed(b"12345")

    with pytest.raises(LineTooLongError, match="10 bytes"):
        whole.feed(b"12345678901")
    with pytest.raises(LineTooLongError, match="10 bytes"):
        cut.feed(b"678901")


def test_a_line_longer_than_the_limit_is_refused_when_its_end_comes_with_it():
    with pytest.raises(LineTooLongError, match="10 bytes"):
        LineDecoder(max_line_bytes=10).feed(b"12345678901\n")


def test_many_lines_shorter_than_the_limit_pass_it_together():
    assert len(LineDecoder(max_line_bytes=10).feed(b"12345678\n" * 100)) == 100


def test_the_lines_before_one_that_is_too_long_are_not_lost():
    for data in (b"1\n\n22\n12345678901", b"1\n22\n12345678901\n3\n"):
        with pytest.raises(LineTooLongError) as caught:
            LineDecoder(max_line_bytes=10).feed(data)
        assert caught.value.lines == [b"1", b"22"]
