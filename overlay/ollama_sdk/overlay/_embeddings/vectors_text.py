"""Embeddings as the text of their JSON, read when they are first asked for."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._errors import DecodeError, shortened


@frozen
class TextPart:
    """The text of a JSON array of vectors, where it stands in the body of an answer: it is not copied out of it."""

    body: bytes
    start: int
    end: int

    def view(self) -> memoryview:
        """The text."""
        return memoryview(self.body)[self.start : self.end]

    def count(self) -> int:
        """How many vectors it has, if it has nothing else."""
        return brackets(self.body, self.start, self.end) - 1

    def decoded(self) -> list[list[float]]:
        """The vectors as lists of floats.

        Raises:
            DecodeError: It is not JSON.
        """
        try:
            value = _json.loads(self.view())
        except ValueError as error:
            raise unusable(f"it is not JSON: {error}", self.body[self.start : self.end]) from error
        assert isinstance(value, list)  # the text begins with a bracket
        return value


Part = TextPart | list[list[float]]


def lists_of(part: Part) -> list[list[float]]:
    """The vectors of a part as lists of floats, which take eight times the memory of float32."""
    return part.decoded() if isinstance(part, TextPart) else part


class VectorsText:
    """The vectors of an answer, or of the answers to several batches in order, as JSON text.

    Attributes:
        parts: The texts; lists of vectors where one had to be decoded.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Part]) -> None:
        """Keep the text."""
        self.parts = parts

    def lists(self) -> list[list[float]]:
        """The vectors as lists of floats."""
        vectors: list[list[float]] = []
        for part in self.parts:
            vectors += lists_of(part)
        return vectors


def brackets(text: bytes, start: int, end: int) -> int:
    """How many arrays begin within a part of a JSON text without strings.

    One search for each takes a tenth of the time of `count`, which looks at each byte by itself.
    """
    count = 0
    while (found := text.find(b"[", start, end)) >= 0:
        start = found + 1
        count += 1
    return count


def extend(numbers: array[float], vector: Any) -> None:
    """Add a vector.

    Raises:
        DecodeError: It is not a list of numbers.
    """
    try:
        numbers.fromlist(vector)
    except (TypeError, OverflowError) as error:
        raise unusable(f"a vector is {shortened(repr(vector).encode())}, not a list of numbers") from error


def unusable(why: str, body: bytes = b"") -> DecodeError:
    """The error for what is not vectors."""
    return DecodeError(f"the answer of POST /api/embed cannot be read: {why}", status_code=200, error=why, body=body)
