"""Pieces of a stream -> one whole answer: pure, shared by both kinds of stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _json

M = TypeVar("M", bound=Model)


class Accumulator(Generic[M]):
    """Collects the pieces of an answer, in little more memory than its text takes.

    Texts that the API description marks with x-stream-join are joined, lists extended, objects merged, and of
    anything else the last value stays. Where there are no such texts, as in the progress of a pull, the pieces are
    states rather than parts, and the last one is the whole.

    Args:
        model: The class of the pieces and of the whole.

    Attributes:
        add_plain: Takes a decoded line that has the form of the one before it, which most lines of a stream have, and
            tells whether it did; other lines, and the last one, are left to `add`.
    """

    def __init__(self, model: type[M]) -> None:
        """Start with nothing."""
        self.add_plain: Callable[[Any], bool] = _add_nothing
        self._model = model
        self._whole: dict[str, Any] = {}
        self._nested = "message" if "message" in model.field_names() else None
        self._joined = _message_class().stream_join if self._nested else model.stream_join
        self._texts: dict[str, list[str]] = {}
        self._unmerged: list[bytes] = []  # lines that came after all that was merged
        self._last: list[dict[str, Any]] = [{}]  # the last plain piece: only its text was taken

    def add(self, piece: dict[str, Any], line: bytes) -> None:
        """Take the next piece, a decoded line that nobody has changed, and the line itself."""
        if not self._joined:
            self._whole = dict(piece)
            return
        self.add_plain = _add_nothing
        inner: Any = piece.get("message") if self._nested else piece
        keys = [key for key in self._joined if type(inner) is dict and inner.get(key)]
        if (self._unmerged and not keys) or not _has_scalars_only(piece, inner):
            # Tool calls, logprobs: merged when somebody asks for the whole. The line takes less memory than its values,
            # and the values are the caller's to change.
            self._settle_last()
            self._unmerged.append(line)
            return
        self._settle()
        self._merge(piece)
        if len(keys) == 1:
            self.add_plain = self._plain_adder(piece, inner, keys[0])

    def compact(self) -> None:
        """Join what has come, now and then, so that memory holds text rather than a great many pieces of it."""
        for texts in self._texts.values():
            if len(texts) > _MANY_TEXTS:
                texts[:] = ["".join(texts)]

    def _plain_adder(self, example: dict[str, Any], inner: Any, key: str) -> Callable[[Any], bool]:
        """What takes pieces of the form of an example: the same number of fields, one text, the same mark of the end.

        Closures, since this runs for each line of a stream.
        """
        size, inner_size, nested, last = len(example), len(inner), self._nested, self._last
        end_key = (self._model.stream_end or ("", None))[0]
        end_value = example.get(end_key, self)
        append = self._texts[key].append

        def add_plain(piece: Any) -> bool:
            try:
                text = piece[key]
                if len(piece) != size or piece[end_key] != end_value or type(text) is not str:
                    return False
            except (KeyError, TypeError, IndexError):
                return False
            append(text)
            last[0] = piece
            return True

        def add_plain_nested(piece: Any) -> bool:
            try:
                below = piece[nested]
                text = below[key]
                if (
                    len(piece) != size
                    or len(below) != inner_size
                    or piece[end_key] != end_value
                    or type(text) is not str
                ):
                    return False
            except (KeyError, TypeError, IndexError):
                return False
            append(text)
            last[0] = piece
            return True

        return add_plain_nested if nested else add_plain

    def _settle(self) -> None:
        """Bring in all that was put off."""
        self._settle_last()
        lines, self._unmerged = self._unmerged, []
        for line in lines:
            self._merge(_json.loads(line))

    def _merge(self, piece: dict[str, Any]) -> None:
        _merge(self._whole, piece, frozenset() if self._nested else self._joined, self._texts, self._joined)

    def _settle_last(self) -> None:
        """Bring in the values of the last piece whose text alone was taken."""
        for key, value in self._last[0].items():
            if type(value) in _SCALARS and (self._nested or key not in self._joined):
                self._whole[key] = value
        self._last[0] = {}

    def result(self) -> M | None:
        """The answer as far as it has come, or None when nothing has."""
        self._settle()
        if not self._whole:
            return None
        whole = _copied(self._whole)
        target = whole.get("message") if self._nested else whole
        if isinstance(target, dict):
            target.update({key: "".join(texts) for key, texts in self._texts.items()})
        return self._model.from_dict(whole)


_MANY_TEXTS = 4096


def _add_nothing(piece: Any) -> bool:
    return False


_SCALARS = frozenset({str, int, float, bool, type(None)})


def _has_scalars_only(piece: dict[str, Any], inner: Any) -> bool:
    others = set(map(type, piece.values())) - _SCALARS
    if inner is piece or type(inner) is not dict:
        return not others
    return (
        others == {dict}
        and sum(type(value) is dict for value in piece.values()) == 1
        and (set(map(type, inner.values())) <= _SCALARS)
    )


def _message_class() -> type[Model]:
    from ollama_sdk.generated.models.message import Message

    return Message


def _merge(
    whole: dict[str, Any],
    piece: dict[str, Any],
    joined: frozenset[str],
    texts: dict[str, list[str]],
    joined_below: frozenset[str],
) -> None:
    """Merge a piece, whose lists and objects become the whole's."""
    for key, value in piece.items():
        if key in joined and isinstance(value, str):
            texts.setdefault(key, []).append(value)
            whole.setdefault(key, "")  # its place among the keys
        elif isinstance(value, dict):
            below = whole.get(key)
            if not isinstance(below, dict):
                below = whole[key] = {}
            joined_there = joined_below if key == "message" else frozenset[str]()
            _merge(below, value, joined_there, texts, frozenset())
        elif isinstance(value, list):
            below = whole.get(key)
            if isinstance(below, list):
                below.extend(value)
            else:
                whole[key] = value
        elif value is not None or key not in whole:
            whole[key] = value


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
