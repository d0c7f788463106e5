"""Accumulates the pieces of a stream into one whole answer; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import length_hint
from typing import Any, Generic, TypeVar, cast

from attrs import AttrsInstance, fields

from ollama_sdk.generated.types import Model, _new, _set_dict
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper

M = TypeVar("M", bound=Model)
_Form = Callable[[list[Any]], tuple[list[M], list[str]]]


class Accumulator(Generic[M]):
    """Collects the pieces of an answer, in little more memory than its text takes.

    Texts that the API description marks with x-stream-join are joined, lists extended, objects merged, and of
    anything else the last value stays. Where there are no such texts, as in the progress of a pull, the pieces are
    states rather than parts, and the last one is the whole.

    Args:
        model: The class of the pieces and of the whole.

    Attributes:
        form: Returns the models of decoded lines, and their texts, up to the first line whose form differs from that
            of the last line added; None when that line has no such form.
        ahead: The models to yield next. A model counts as part of the answer once it was yielded.
    """

    def __init__(self, model: type[M]) -> None:
        """Start with nothing."""
        self.form: _Form[M] | None = None
        self.ahead: Iterator[M] = iter(())
        self._model = model
        self._whole: dict[str, Any] = {}
        self._nested = "message" if "message" in model.field_names() else None
        self._rich: Any = None  # the field of the last piece that is no scalar (tool calls, logprobs), or None
        self._joined = _message_class().stream_join if self._nested else model.stream_join
        self._texts: dict[str, list[str]] = {}
        self._unmerged: list[bytes] = []  # lines that are merged when the whole is asked for
        self._taken: list[M] = []  # the models that `ahead` was made of
        self._taken_texts: list[str] = []  # their texts
        self._taken_key = ""  # the field that these texts are from
        self._before: list[M] = []  # the models that `ahead` was made of before that

    def take(self, pieces: list[Any], lines: list[bytes]) -> int:
        """Take pieces up to the first whose form differs from the piece before; most pieces of a stream are alike.

        Args:
            pieces: Decoded lines. Those that are taken become models in `ahead`.
            lines: The lines that they were decoded from.

        Returns:
            How many were taken, from the first on. The caller gives the next one to `add`.
        """
        models, texts = self.form(pieces) if self.form is not None else ([], [])
        if models:
            # Ctrl-C may come between any two statements: a model that was not yielded may then count, but no model is
            # lost or counted twice.
            if self._rich is None:
                self._compact()
                self._texts[self._taken_key].append("".join(texts))
            else:
                self._unmerged += lines[: len(models)]
            self._before, self._taken, self._taken_texts, self.ahead = self._taken, models, texts, iter(models)
        return len(models)

    def add(self, piece: dict[str, Any], line: bytes) -> None:
        """Add a piece, given as the unchanged fields of its model and the line that they were decoded from."""
        if not self._joined:
            self._whole = dict(piece)
            return
        if self.form is not None:
            self._settle_taken()
            self._before, self._taken, self._taken_texts, self.form = [], [], [], None
        message: Model | None = piece.get(self._nested) if self._nested else None
        inner = message.__dict__ if message is not None else {} if self._nested else piece
        if type(inner.get(self._rich)) in _SCALARS and type(piece.get(self._rich)) in _SCALARS:
            self._rich = _rich_key(inner) or _rich_key(piece, but=self._nested)
        keys = [key for key in self._joined if inner.get(key)] if self._rich is None else []
        if self._rich is not None or (self._unmerged and not keys):
            # Tool calls and logprobs are merged when the whole is asked for. The line takes less memory than its
            # values, which the caller may change.
            self._unmerged.append(line)
            if self._rich is not None:
                self.form = self._rich_form(piece, inner, self._rich)
            return
        self._settle()
        self._compact()
        self._merge(piece if message is None else {**piece, "message": inner})
        if len(keys) == 1:
            self._taken_key = keys[0]
            self.form = self._form(piece, inner, keys[0])

    def stop(self) -> None:
        """Yield no more: the models that are still in `ahead` do not count."""
        given = self._given()
        if given < len(self._taken):
            if self._rich is None:
                self._texts[self._taken_key][:] = [self._text(self._taken_key)]
            else:
                del self._unmerged[given - len(self._taken) :]
            del self._taken[given:], self._taken_texts[given:]

    def result(self) -> M | None:
        """Return the answer accumulated so far, or None before the first piece."""
        self._settle()
        if not self._whole:
            return None
        whole = _copied(self._whole)
        target = whole.get("message") if self._nested else whole
        if isinstance(target, dict):
            target.update({key: self._text(key) for key in self._texts})
        return self._model.from_dict(whole)

    def _form(self, example: dict[str, Any], inner: dict[str, Any], key: str) -> _Form[M]:
        """Return a builder of models for pieces that differ from an example in their time and one text alone.

        It is a closure, since it runs for each line of a stream.
        """
        nested, model, inner_model = self._nested or key, self._model, _message_class()
        new, set_dict = _new, _set_dict
        like_below = dict(inner)
        like = {**example, nested: like_below} if self._nested else like_below
        times_of_model = _times(model)  # type: ignore[arg-type]  # a class can be hashed, unlike its models
        time = next((field for field in times_of_model if field in example), nested)
        times = {} if time == nested else like

        def form(pieces: list[Any]) -> tuple[list[M], list[str]]:
            models: list[M] = []
            texts: list[str] = []
            try:
                for piece in pieces:
                    like[key] = text = piece[key]
                    times[time] = piece[time]
                    if piece != like or type(text) is not str:
                        break
                    texts.append(text)
                    chunk = new(model)
                    set_dict(chunk, piece)
                    models.append(chunk)
            except (KeyError, TypeError, IndexError):
                pass  # a piece of another form
            return models, texts

        def form_nested(pieces: list[Any]) -> tuple[list[M], list[str]]:
            models: list[M] = []
            texts: list[str] = []
            try:
                for piece in pieces:
                    below = piece[nested]
                    like_below[key] = text = below[key]
                    times[time] = piece[time]
                    if piece != like or type(text) is not str:
                        break
                    texts.append(text)
                    piece[nested] = message = new(inner_model)
                    set_dict(message, below)
                    chunk = new(model)
                    set_dict(chunk, piece)
                    models.append(chunk)
            except (KeyError, TypeError, IndexError):
                pass  # a piece of another form
            return models, texts

        return form_nested if self._nested else form

    def _rich_form(self, example: dict[str, Any], inner: dict[str, Any], rich: str) -> _Form[M]:
        """Return a builder for lines whose one non-scalar field (tool calls, logprobs) is that of the example."""
        nested, shape = self._nested if rich in inner else None, shaper(self._model)
        end_key = (self._model.stream_end or ("", None))[0]
        end_value = example.get(end_key, self)

        def form(pieces: list[Any]) -> tuple[list[M], list[str]]:
            models: list[M] = []
            try:
                for piece in pieces:
                    fields = piece if nested is None else piece[nested]
                    if type(fields[rich]) in _SCALARS or piece[end_key] != end_value or "error" in piece:
                        break
                    models.append(shape(piece))
            except (ShapeError, KeyError, TypeError):
                pass  # a piece of another form, or wrong
            return models, []

        return form

    def _compact(self) -> None:
        """Join the texts when they are many, since a string takes less memory than its pieces."""
        for texts in self._texts.values():
            if len(texts) > _MANY_TEXTS:
                texts[:] = ["".join(texts)]

    def _settle(self) -> None:
        """Merge everything that was yielded and not merged yet."""
        self._settle_taken()
        given = len(self._unmerged) - (0 if self._rich is None else length_hint(self.ahead))
        lines, self._unmerged = self._unmerged[:given], self._unmerged[given:]
        for line in lines:
            self._merge(_json.loads(line))

    def _merge(self, piece: dict[str, Any]) -> None:
        _merge(self._whole, piece, self._nested, self._joined, self._texts)

    def _settle_taken(self) -> None:
        """Merge the scalars of the last yielded piece, of which only the text was taken."""
        if self._rich is not None:
            return
        given = self._taken[: self._given()] or self._before
        if given:
            for key, value in given[-1].__dict__.items():
                if value is not None and type(value) in _SCALARS and (self._nested or key not in self._joined):
                    self._whole[key] = value

    def _text(self, key: str) -> str:
        """Return a text as far as its pieces were yielded."""
        text = "".join(self._texts[key])
        return text.removesuffix("".join(self._taken_texts[self._given() :])) if key == self._taken_key else text

    def _given(self) -> int:
        """Return how many of the models in `_taken` were yielded."""
        return len(self._taken) - length_hint(self.ahead)


_MANY_TEXTS = 4096
_SCALARS = frozenset({str, int, float, bool, type(None)})


def _rich_key(fields: dict[str, Any], *, but: str | None = None) -> str | None:
    """Return the name of the first field that is no scalar, or None."""
    return next((key for key, value in fields.items() if type(value) not in _SCALARS and key != but), None)


@cache
def _times(model: type[Model]) -> list[str]:
    """Return the names of the fields that are datetimes."""
    attributes = fields(cast("type[AttrsInstance]", model))
    return [attribute.name for attribute in attributes if attribute.metadata.get("kind") == "datetime"]


def _message_class() -> type[Model]:
    from ollama_sdk.generated.models.message import Message

    return Message


# The two functions below are not recursive, since a model may nest the arguments of a tool call deeply.


def _merge(
    top: dict[str, Any], piece: dict[str, Any], nested: str | None, joined: frozenset[str], texts: dict[str, list[str]]
) -> None:
    """Merge a piece into the whole, which takes over its lists, and add its joined texts to `texts`.

    `nested` is the key of the object whose texts are joined; None for those of the piece itself.
    """
    pending = [(top, piece, nested is None)]
    while pending:
        whole, part, joins = pending.pop()
        for key, value in part.items():
            if joins and key in joined and isinstance(value, str):
                texts.setdefault(key, []).append(value)
                whole.setdefault(key, "")  # its place among the keys
            elif isinstance(value, dict):
                below = whole.get(key)
                if not isinstance(below, dict):
                    below = whole[key] = {}
                pending.append((below, value, key == nested and whole is top))
            elif isinstance(value, list):
                below = whole.get(key)
                if isinstance(below, list):
                    below.extend(value)
                else:
                    whole[key] = value
            elif value is not None or key not in whole:
                whole[key] = value


def _copied(value: dict[str, Any]) -> dict[str, Any]:
    """Return a deep copy of a JSON object."""
    copy = value.copy()
    pending: list[Any] = [copy]
    while pending:
        part = pending.pop()
        for key, item in part.items() if isinstance(part, dict) else enumerate(part):
            if isinstance(item, dict | list):
                part[key] = inner = item.copy()
                pending.append(inner)
    return copy
