"""From a decoded answer to its models, if it has the shape that programs take for granted.

A field that is an object, a list, or text that a stream joins must be that, or null, or not there. Numbers, times and
names are left as the server says them, since a new server may say them in another way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from attrs import AttrsInstance, fields

from ollama_sdk.generated.types import Model, _Models, _new, _set_dict

M = TypeVar("M", bound=Model)
Step = Callable[[Any, Any, Any], None]
"""Looks at a value and makes models of its objects; takes its container, its key or index there, and the value."""
Part = tuple[str, type, Step | None]
"""A field that is looked at: its name on the wire, the type to have, and what looks at the value then."""

_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
}
"""The types that a JSON value has. Any other is something of our own, still to be decoded."""


class ShapeError(Exception):
    """An answer is not made as it should be. As text: what is wrong, in words that go on from "the answer"."""

    def __init__(self, what: str, *path: str) -> None:
        super().__init__(what)
        self.what = what
        self.path = [*path]

    def __str__(self) -> str:
        return self.what.format(".".join(self.path))


def shaped(model: type[M], value: dict[str, Any]) -> M:
    """The model of a decoded object, and of the objects in it: they belong to the models from here on.

    The elements of its own lists become models when they are read, as there may be thousands, such as all models.

    Raises:
        ShapeError: A part of the object has another type than it should.
    """
    step = _whole.get(model)
    if step is None:
        step = _whole[model] = _object_step(model, _parts(model, lambda _: _check_elements))
    holder: list[Any] = [None]
    step(holder, 0, value)
    made: M = holder[0]
    return made


_whole: dict[type[Model], Step] = {}
_nested: dict[type[Model], Step] = {}


def _nested_step(model: type[Model]) -> Step:
    step = _nested.get(model)
    if step is None:
        parts: list[Part] = []
        step = _nested[model] = _object_step(model, parts)
        parts += _parts(model, _list_step)  # later, as an object may have others of its class in it
    return step


def _parts(model: type[Model], list_step: Callable[[type[Model]], Step]) -> list[Part]:
    from ollama_sdk.generated import models

    parts: list[Part] = []
    for attribute in fields(cast("type[AttrsInstance]", model)):
        key = attribute.metadata.get("wire", attribute.name)
        kind = attribute.metadata.get("kind")
        if kind == "model":
            parts.append((key, dict, _nested_step(getattr(models, attribute.metadata["model"]))))
        elif kind == "models":
            parts.append((key, list, list_step(getattr(models, attribute.metadata["model"]))))
        elif str(attribute.type).startswith("list["):
            parts.append((key, list, None))
        elif key in model.stream_join:
            parts.append((key, str, None))
    return parts


# Closures, since they run for each line of a stream.


def _object_step(model: type[Model], parts: list[Part]) -> Step:
    def step(holder: Any, at: Any, value: dict[str, Any]) -> None:
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
                    inner(value, key, item)
                except ShapeError as error:
                    error.path.insert(0, key)
                    raise
        made = holder[at] = _new(model)
        _set_dict(made, value)

    return step


def _list_step(model: type[Model]) -> Step:
    element_step = _nested_step(model)

    def step(holder: Any, at: Any, items: list[Any]) -> None:
        for index, item in enumerate(items):
            if type(item) is dict:
                element_step(items, index, item)
            elif item is not None:
                raise _no_object(item)
        holder[at] = _Models(items)

    return step


def _check_elements(holder: Any, at: Any, items: list[Any]) -> None:
    if not _OBJECTS.issuperset(map(type, items)):
        raise _no_object(next(item for item in items if type(item) not in _OBJECTS))


_OBJECTS = frozenset({dict, type(None)})


def _no_object(item: object) -> ShapeError:
    return ShapeError(f"has {_NAMES[type(item)]} in {{}}, a list of objects")
