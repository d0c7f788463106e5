"""Accumulates the pieces of a stream into one whole answer; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from operator import length_hint
from typing import Any, Generic, TypeVar, cast

from attrs import AttrsInstance, fields

from ollama_sdk.generated.types import Model, _new, _set_dict
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper

M = TypeVar("M", bound=Model)
_Builder = Callable[[list[Any]], tuple[list[M], list[str]]]
"""Returns the models of decoded lines, and their texts, up to the first line of another form."""
_MANY_TEXTS = 4096
_NOTHING: list[Any] = []  # never changed
_SCALARS = frozenset({str, int, float, bool, type(None)})


class Accumulator(Generic[M]):
    """Collects the pieces of an answer, in little more memory than its text takes.

    Texts that the API description marks with x-stream-join are joined, lists extended, objects merged, and of
    anything else the last value stays. Where there are no such texts, as in the progress of a pull, the pieces are
    states rather than parts, and the last one is the whole.

    Most lines of a stream differ from the line before in one text and the time alone. So `add` merges a line of any
    form, and makes a `builder` for the lines of that form; `take` lets it make the models of those that follow, of
    which only the texts are kept.
    """

    def __init__(self, model: type[M]) -> None:
        self.builder: _Builder[M] | None = None  # for lines of the form of the last line added; None for rare forms
        self.ahead: Iterator[M] = iter(())  # the models to yield next; those that were yielded count
        self._model = model
        self._whole: dict[str, Any] = {}
        self._nested: str | None = None  # the key of the object whose texts are joined; None: those of the piece itself
        self._inner_model: type[Model] = model
        if "message" in model._field_names():
            from ollama_sdk.generated.models.message import Message

            self._nested, self._inner_model = "message", Message
        self._nonscalar: Any = None  # the field of the last piece that is no scalar (tool calls, logprobs), or None
        self._joined = self._inner_model._stream_join
        self._texts: dict[str, list[str]] = {}
        self._unmerged: list[bytes] = []  # lines that are merged when the whole is asked for
        self._taken: list[M] = []  # the models that `ahead` was made of
        self._taken_texts: list[str] = []  # their texts
        self._taken_key = ""  # the field that these texts are from
        self._last: M | None = None  # the last model that was yielded before those

    def take(self, pieces: list[Any], lines: list[bytes], at: int) -> int:
        """Take pieces up to the first whose form differs from the piece before; most pieces of a stream are alike.

        Args:
            pieces: Decoded lines. Those that are taken become models in `ahead`.
            lines: The lines, of which the pieces were decoded from the one `at` on.
            at: See `lines`.

        Returns:
            How many were taken, from the first on. The caller gives the next one to `add`.
        """
        models, texts = self.builder(pieces) if self.builder is not None else ([], [])
        if models:
            # Ctrl-C may come between any two statements: a model that was not yielded may then count, but no model is
            # lost or counted twice.
            if self._nonscalar is None:
                so_far = self._texts[self._taken_key]
                if len(so_far) > _MANY_TEXTS:
                    self._compact()
                so_far.append("".join(texts))
            else:
                self._unmerged += lines[at : at + len(models)]
            self._taken, self._taken_texts, self.ahead = models, texts, iter(models)
        return len(models)

    def all_yielded(self) -> None:
        """Keep the last model of `ahead` alone, all of which were yielded.

        The lists would be freed one line later, which takes longer while many streams wait for theirs: until then they
        have left the caches of the processor.
        """
        self._last, self._taken, self._taken_texts = self._taken[-1], _NOTHING, _NOTHING

    def add(self, piece: dict[str, Any], line: bytes, *, is_last: bool) -> None:
        """Add a piece, given as the unchanged fields of its model and the line that they were decoded from."""
        if not self._joined:
            self._whole = dict(piece)
            return
        if self.builder is not None:
            self._merge_scalars()
            self._last, self._taken, self._taken_texts, self.builder = None, [], [], None
        message: Model | None = piece.get(self._nested) if self._nested else None
        inner = message.__dict__ if message is not None else {} if self._nested else piece
        if type(inner.get(self._nonscalar)) in _SCALARS and type(piece.get(self._nonscalar)) in _SCALARS:
            self._nonscalar = _nonscalar_key(inner) or _nonscalar_key(piece, but=self._nested)
        keys = [key for key in self._joined if inner.get(key)] if self._nonscalar is None else []
        if self._nonscalar is not None or ((is_last or self._unmerged) and not keys):
            # Tool calls, logprobs and the counts of a last line without text are merged when the whole is asked for.
            # The line takes less memory than its values, which the caller may change.
            self._unmerged.append(line)
            if self._nonscalar is not None:
                self.builder = self._nonscalar_builder(piece, inner, self._nonscalar)
            return
        self._merge_yielded()
        self._compact()
        self._merge(piece if message is None else {**piece, "message": inner})
        if len(keys) == 1:
            self._taken_key = keys[0]
            model: Any = self._model  # a class can be hashed, unlike its models
            time = next((field for field in _time_fields(model) if field in piece), None)
            own = (keys[0], time, self._nested)
            outer, same = [tuple(item for item in part.items() if item[0] not in own) for part in (piece, inner)]
            self.builder = _text_builder(
                model, cast("Any", self._inner_model), self._nested, keys[0], time, outer, same
            )

    def stop(self) -> None:
        """Yield no more: the models that are still in `ahead` do not count."""
        yielded = self._yielded()
        if yielded < len(self._taken):
            if self._nonscalar is None:
                self._texts[self._taken_key][:] = [self._text(self._taken_key)]
            else:
                del self._unmerged[yielded - len(self._taken) :]
            del self._taken[yielded:], self._taken_texts[yielded:]

    def result(self) -> M | None:
        """Return the answer accumulated so far, or None before the first piece."""
        self._merge_yielded()
        if not self._whole:
            return None
        whole = _copied(self._whole)
        target = whole.get("message") if self._nested else whole
        if isinstance(target, dict):
            target.update({key: self._text(key) for key in self._texts})
        return self._model.from_dict(whole)

    def _nonscalar_builder(self, example: dict[str, Any], inner: dict[str, Any], key: str) -> _Builder[M]:
        """Return a builder for lines whose one non-scalar field (tool calls, logprobs) is that of the example."""
        nested, shape = self._nested if key in inner else None, shaper(self._model)
        end_key = (self._model._stream_end or ("", None))[0]
        end_value = example.get(end_key, self)  # self equals no value

        def build(pieces: list[Any]) -> tuple[list[M], list[str]]:
            models: list[M] = []
            try:
                for piece in pieces:
                    values = piece[nested] if nested else piece
                    if type(values[key]) in _SCALARS or piece[end_key] != end_value or piece.get("error") is not None:
                        break
                    models.append(shape(piece))
            except (ShapeError, KeyError, TypeError):
                pass  # a piece of another form, or wrong
            return models, []

        return build

    def _compact(self) -> None:
        """Join the texts when they are many, since a string takes less memory than its pieces."""
        for texts in self._texts.values():
            if len(texts) > _MANY_TEXTS:
                texts[:] = ["".join(texts)]

    def _merge_yielded(self) -> None:
        """Merge everything that was yielded and not merged yet."""
        self._merge_scalars()
        yielded = len(self._unmerged) - (0 if self._nonscalar is None else length_hint(self.ahead))
        lines, self._unmerged = self._unmerged[:yielded], self._unmerged[yielded:]
        for line in lines:
            self._merge(_json.loads(line))

    def _merge(self, piece: dict[str, Any]) -> None:
        """Merge a piece into the whole, which takes over its lists, and add its joined texts to `_texts`.

        Not recursive, since a model may nest the arguments of a tool call deeply.
        """
        pending = [(self._whole, piece, self._nested is None)]
        while pending:
            whole, part, joins = pending.pop()
            for key, value in part.items():
                if joins and key in self._joined and isinstance(value, str):
                    self._texts.setdefault(key, []).append(value)
                    whole.setdefault(key, "")  # its place among the keys
                elif type(value) in _SCALARS:  # most are
                    if value is not None or key not in whole:
                        whole[key] = value
                elif isinstance(value, dict):
                    below = whole.get(key)
                    if not isinstance(below, dict):
                        below = whole[key] = {}
                    pending.append((below, value, key == self._nested and whole is self._whole))
                elif isinstance(value, list) and isinstance(whole.get(key), list):
                    whole[key].extend(value)
                else:
                    whole[key] = value

    def _merge_scalars(self) -> None:
        """Merge the scalars of the last yielded model; before, only its text was taken."""
        if self._nonscalar is not None:
            return
        yielded = self._yielded()
        last = self._taken[yielded - 1] if yielded else self._last
        if last is not None:
            for key, value in last.__dict__.items():
                if value is not None and type(value) in _SCALARS and (self._nested or key not in self._joined):
                    self._whole[key] = value

    def _text(self, key: str) -> str:
        """Return a text as far as its pieces were yielded."""
        text = "".join(self._texts[key])
        return text.removesuffix("".join(self._taken_texts[self._yielded() :])) if key == self._taken_key else text

    def _yielded(self) -> int:
        """Return how many of the models in `_taken` were yielded."""
        return len(self._taken) - length_hint(self.ahead)


def _nonscalar_key(fields: dict[str, Any], *, but: str | None = None) -> str | None:
    """Return the name of the first field that is no scalar, or None."""
    for key, value in fields.items():
        if type(value) not in _SCALARS and key != but:
            return key
    return None


@lru_cache(maxsize=64)  # one for all streams that are alike: what a stream has of its own leaves the caches meanwhile
def _text_builder(
    model: type[M],
    inner_model: type[Model],
    nested: str | None,
    key: str,
    time: str | None,
    outer: tuple[tuple[str, Any], ...],
    inner: tuple[tuple[str, Any], ...],
) -> _Builder[M]:
    """Return a builder of models for pieces that have these scalars, and differ in their time and one text alone.

    It is a closure, since it runs for each line of a stream. Threads may share it: a piece that is compared while
    another thread sets its own text may count as one of another form, which takes longer, and gives the same.
    """
    inner_like = dict(inner)
    like = {**dict(outer), nested: inner_like} if nested else inner_like

    def build(pieces: list[Any]) -> tuple[list[M], list[str]]:
        models: list[M] = []
        texts: list[str] = []
        try:
            for piece in pieces:
                values = piece[nested] if nested else piece
                inner_like[key] = text = values[key]
                if time:
                    like[time] = piece[time]
                if piece != like or type(text) is not str:
                    break
                texts.append(text)
                if nested:
                    piece[nested] = message = _new(inner_model)
                    _set_dict(message, values)
                chunk = _new(model)
                _set_dict(chunk, piece)
                models.append(chunk)
        except (KeyError, TypeError, IndexError):
            pass  # a piece of another form
        finally:
            inner_like[key] = ""  # as this outlives the stream
        return models, texts

    return build


@cache
def _time_fields(model: type[Model]) -> list[str]:
    attributes = fields(cast("type[AttrsInstance]", model))
    return [attribute.name for attribute in attributes if attribute.metadata.get("kind") == "datetime"]


def _copied(value: dict[str, Any]) -> dict[str, Any]:
    copy = value.copy()
    pending: list[Any] = [copy]
    while pending:
        part = pending.pop()
        for key, item in part.items() if isinstance(part, dict) else enumerate(part):
            if isinstance(item, dict | list):
                part[key] = inner = item.copy()
                pending.append(inner)
    return copy
