"""Splits newline-delimited JSON, as its bytes arrive, into whole lines; no I/O, no JSON."""

from __future__ import annotations

from io import BytesIO
from itertools import takewhile

MAX_LINE_BYTES = 256 << 20
"""The longest line that is accepted by default, in bytes: 256 MiB, more than any answer of a model."""


_CARRIAGE_RETURN = ord("\r")  # `b"\r" in data` would first raise a TypeError inside, as that is no number


class LineTooLongError(Exception):
    """A line is longer than the limit; `lines` are the whole ones before it that have not been returned."""

    def __init__(self, message: str, lines: list[bytes]) -> None:
        super().__init__(message)
        self.lines = lines


class LineDecoder:
    r"""Splits bytes into lines at `\n` only, wherever reads have cut them.

    Example:
        >>> decoder = LineDecoder()
        >>> list(decoder.feed(b'{"a":1}\n\n{"b"'))
        [b'{"a":1}']
        >>> list(decoder.feed(b':2}'))
        []
        >>> decoder.rest()
        b'{"b":2}'
    """

    __slots__ = ("_limit", "_size", "_start")

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._limit = max_line_bytes
        self._start = BytesIO()  # of the incomplete line; joining a list of its pieces would have it in memory twice
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that the next bytes complete, without blank ones; LineTooLongError if one is too long."""
        longest = self._size + len(data)  # no line that ends or starts here is longer
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._size:
            self._start.write(lines[0])
            lines[0] = self._start.getvalue()
            self._start = BytesIO()
            self._size = 0
        if rest:
            self._start.write(rest)
            self._size += len(rest)
        if longest > self._limit:
            before = list(takewhile(lambda line: len(line) <= self._limit, lines))
            if len(before) < len(lines) or self._size > self._limit:
                whole = [line for line in before if line and not line.isspace()]
                raise LineTooLongError(f"a line is longer than {self._limit} bytes", whole)
        if not all(lines) or _CARRIAGE_RETURN in data:
            return [line for line in lines if line and not line.isspace()]
        return lines

    def rest(self) -> bytes:
        """Return what came after the last line feed, without white space around it."""
        return self._start.getvalue().strip()
