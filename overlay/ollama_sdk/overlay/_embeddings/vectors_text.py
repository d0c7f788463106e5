"""Vectors as JSON text, which is decoded when they are first read."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._errors import DecodeError, shortened


@frozen(repr=False)
class TextPart:
    """The text of a JSON array of vectors: the part of a body from `start` to `end`, which is not copied."""

    body: bytes
    start: int
    end: int

    def __repr__(self) -> str:
        return self.body[self.start : min(self.start + 100, self.end)].decode("ascii", "replace")

    def __len__(self) -> int:
        """Return how many vectors it has, if it has nothing else."""
        return count_arrays(self.body, self.start, self.end) - 1

    def __iter__(self) -> Iterator[list[float]]:
        """Iterate over the vectors as lists of floats; raise DecodeError if they are not JSON."""
        try:
            value = _json.loads(memoryview(self.body)[self.start : self.end])
        except ValueError as error:
            raise unusable(f"it is not JSON: {error}", self.body[self.start : self.end]) from error
        assert isinstance(value, list)  # the text begins with a bracket
        return iter(value)


Part = TextPart | list[list[float]]


class VectorsText:
    """The vectors of an answer, or of the answers to several batches in order, as JSON text.

    Attributes:
        parts: The texts; lists of vectors where a text had to be decoded.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = parts

    @property
    def is_long(self) -> bool:
        """Whether the text is longer than a `repr` should be."""
        return any(not isinstance(part, TextPart) or part.end - part.start > 1000 for part in self.parts)

    def __repr__(self) -> str:
        """Return how the first text begins, and how many vectors there are, without decoding them."""
        head = str(self.parts[0])[:100].rpartition(",")[0]
        return f"{head}, … {sum(map(len, self.parts))} vectors]"

    def lists(self) -> list[list[float]]:
        """Return the vectors as lists of floats, which take eight times the memory of float32."""
        return [vector for part in self.parts for vector in part]


def count_arrays(text: bytes, start: int, end: int) -> int:
    """Return how many arrays begin within a part of a JSON text without strings.

    `find` for each takes a tenth of the time of `count`, which compares byte by byte.
    """
    count = 0
    while (found := text.find(b"[", start, end)) >= 0:
        start = found + 1
        count += 1
    return count


def add_vector(numbers: array[float], vector: Any) -> array[float]:
    """Add a vector and return the numbers; raise DecodeError unless it is a list of numbers."""
    try:
        numbers.fromlist(vector)
        return numbers
    except (TypeError, OverflowError) as error:
        raise unusable(f"a vector is {shortened(repr(vector).encode())}, not a list of numbers") from error


def unusable(why: str, body: bytes = b"") -> DecodeError:
    """Return the error for an answer that has something else than vectors."""
    return DecodeError(f"the answer of POST /api/embed cannot be read: {why}", status_code=200, error=why, body=body)
