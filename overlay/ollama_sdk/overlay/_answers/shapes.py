"""Make models of a decoded answer, after a check of the JSON types that programs rely on.

An object, a list, and text that a stream joins must have that type, be null, or be absent. Numbers, times and names are
not checked, since a newer server may write them in another way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from attrs import AttrsInstance, fields

from ollama_sdk.generated.types import Model, _Models, _new, _set_dict

M = TypeVar("M", bound=Model)
Step = Callable[[Any], Any]
"""Checks an object or a list, and returns it with models for its objects."""
Part = tuple[str, type, Step | None]
"""A field to check: its name on the wire, its type, and the step for its value."""

_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}
"""The types of JSON values. A value of another type is ours, such as vectors that are still to be decoded."""


class ShapeError(Exception):
    """A field has the wrong JSON type; `str(error)` completes the sentence "the answer …"."""

    def __init__(self, what: str, *path: str) -> None:
        super().__init__(what)
        self.what = what
        self.path = [*path]

    def __str__(self) -> str:
        return self.what.format(".".join(self.path))


def shaper(model: type[M]) -> Callable[[dict[str, Any]], M]:
    """Return the function that checks a decoded object and makes a model of it and of the objects in it.

    The model takes over the decoded object. The elements of its own lists become models when they are first read, as
    there may be thousands. The function raises ShapeError when a field has the wrong JSON type; it is made once for
    each class.
    """
    step = _shapers.get(model)
    if step is None:
        # No lock: two threads at once make the same function twice, which does no harm.
        step = _shapers[model] = _object_step(model, _parts(model, {}, lambda *_: _checked_elements))
    return step


_shapers: dict[type[Model], Step] = {}


def _nested_step(model: type[Model], made: dict[type[Model], Step]) -> Step:
    step = made.get(model)
    if step is None:
        parts: list[Part] = []
        step = made[model] = _object_step(model, parts)
        parts += _parts(model, made, _list_step)  # after it is in `made`, as a class may contain itself
    return step


def _parts(
    model: type[Model],
    made: dict[type[Model], Step],
    list_step: Callable[[type[Model], dict[type[Model], Step]], Step],
) -> list[Part]:
    from ollama_sdk.generated import models

    parts: list[Part] = []
    for attribute in fields(cast("type[AttrsInstance]", model)):
        key = attribute.metadata.get("wire", attribute.name)
        kind = attribute.metadata.get("kind")
        if kind == "model":
            parts.append((key, dict, _nested_step(getattr(models, attribute.metadata["model"]), made)))
        elif kind == "models":
            parts.append((key, list, list_step(getattr(models, attribute.metadata["model"]), made)))
        elif str(attribute.type).startswith("list["):
            parts.append((key, list, None))
        elif key in model._stream_join:
            parts.append((key, str, None))
    return parts


# The steps are closures, since they run for each line of a stream.


def _object_step(model: type[Model], parts: list[Part]) -> Step:
    def step(value: dict[str, Any]) -> Any:
        get = value.get
        for key, kind, inner in parts:
            item = get(key)
            if item is None:
                continue
            if type(item) is not kind:
                if type(item) in _NAMES:
                    raise ShapeError(f"has {_NAMES[type(item)]} as {{}}, which is to be {_NAMES[kind]}", key)
            elif inner is not None:
                try:
                    value[key] = inner(item)
                except ShapeError as error:
                    error.path.insert(0, key)
                    raise
        made = _new(model)
        _set_dict(made, value)
        return made

    return step


def _list_step(model: type[Model], made: dict[type[Model], Step]) -> Step:
    element_step = _nested_step(model, made)

    def step(items: list[Any]) -> list[Any]:
        return _Models([element_step(item) if type(item) is dict else _check_null(item) for item in items])

    return step


def _checked_elements(items: list[Any]) -> list[Any]:
    if not _OBJECTS.issuperset(map(type, items)):
        for item in items:
            if type(item) is not dict:
                _check_null(item)
    return items


_OBJECTS = frozenset({dict, type(None)})


def _check_null(item: Any) -> Any:
    if item is not None:
        raise ShapeError(f"has {_NAMES[type(item)]} in {{}}, a list of objects")
    return item
