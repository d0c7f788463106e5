"""Pieces of a stream -> one whole answer: pure, shared by both kinds of stream."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any, Generic, TypeVar

from ollama_sdk.generated.types import Model

M = TypeVar("M", bound=Model)


class Accumulator(Generic[M]):
    """Collects the pieces of an answer, in little more memory than its text takes.

    Texts that the API description marks with x-stream-join are joined, lists extended, objects merged, and of
    anything else the last value stays.

    Args:
        model: The class of the pieces and of the whole.
    """

    def __init__(self, model: type[M]) -> None:
        """Start with nothing."""
        self._model = model
        self._whole: dict[str, Any] = {}
        self._nested = "message" if "message" in model.field_names() else None
        joined = _message_class().stream_join if self._nested else model.stream_join
        self._joined = joined
        self._texts: dict[str, StringIO] = {}
        # The form of the pieces that make up most of a stream, for which one write does all: how many keys the piece
        # and its message have, and the key of the text. Other pieces are merged key by key.
        self._sizes = (-1, -1)
        self._key = ""
        self._write: Callable[[str], object] = str
        self._last: dict[str, Any] | None = None

    def add(self, piece: dict[str, Any]) -> None:
        """Take the next piece, a decoded line that nobody has changed."""
        inner = piece.get("message") if self._nested else piece
        if type(inner) is dict and (len(piece), len(inner)) == self._sizes:
            text = inner.get(self._key)
            if type(text) is str:
                self._write(text)
                self._last = piece
                return
        self._merge_piece(piece, inner)

    def _merge_piece(self, piece: dict[str, Any], inner: object) -> None:
        self._settle()
        plain = _merge(self._whole, piece, frozenset() if self._nested else self._joined, self._texts, self._joined)
        texts = [key for key in self._joined if type(inner) is dict and inner.get(key)]
        if plain and type(inner) is dict and len(texts) == 1:
            self._key = texts[0]
            self._sizes = len(piece), len(inner)
            self._write = self._texts[self._key].write
        else:
            self._sizes = (-1, -1)

    def _settle(self) -> None:
        """Bring in the values of the last piece whose text alone was taken."""
        last, self._last = self._last, None
        if last is not None:
            for key, value in last.items():
                if type(value) in _SCALARS and (self._nested or key not in self._joined):
                    self._whole[key] = value

    def result(self) -> M | None:
        """The answer as far as it has come, or None when nothing has."""
        self._settle()
        if not self._whole:
            return None
        whole = _copied(self._whole)
        target = whole.get("message") if self._nested else whole
        if isinstance(target, dict):
            target.update({key: text.getvalue() for key, text in self._texts.items()})
        return self._model.from_dict(whole)


_SCALARS = frozenset({str, int, float, bool, type(None)})


def _message_class() -> type[Model]:
    from ollama_sdk.generated.models.message import Message

    return Message


def _merge(
    whole: dict[str, Any],
    piece: dict[str, Any],
    joined: frozenset[str],
    texts: dict[str, StringIO],
    joined_below: frozenset[str],
) -> bool:
    """Merge a piece and tell whether it had nothing but scalars, and texts to join."""
    plain = True
    for key, value in piece.items():
        if key in joined and isinstance(value, str):
            texts.setdefault(key, StringIO()).write(value)
            whole.setdefault(key, "")  # its place among the keys
        elif isinstance(value, dict):
            below = whole.get(key)
            if not isinstance(below, dict):
                below = whole[key] = {}
            joined_there = joined_below if key == "message" else frozenset[str]()
            plain = _merge(below, value, joined_there, texts, frozenset()) and plain
        elif isinstance(value, list):
            plain = False
            below = whole.get(key)
            if isinstance(below, list):
                below.extend(_copied(value))
            else:
                whole[key] = _copied(value)
        elif value is not None or key not in whole:
            whole[key] = value
    return plain


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
