"""Whether an answer has the shape that the API promises, as far as programs take it for granted.

A field that is an object, a list, or text that a stream joins must be that, or null, or not there. Numbers, times and
names are left as the server says them, since a new server may say them in another way.
"""

from __future__ import annotations

from typing import Any, cast

from attrs import AttrsInstance, fields

from ollama_sdk.generated.types import Model

_NAMES: dict[type, str] = {dict: "an object", list: "a list", str: "text", bool: "a truth value"}


def wrong_shape(model: type[Model], value: dict[str, Any], *, below: str = "") -> str | None:
    """What is wrong with a decoded object, in words that go on from "the answer"; None when nothing is."""
    shape = _shapes.get(model)
    if shape is None:
        shape = _shapes[model] = _shape_of(model)
    for key, kind, nested in shape:
        item: Any = value.get(key)
        if item is None:
            continue
        if type(item) is not kind:
            if type(item) in _JSON:  # else it is something of our own, still to be decoded
                return f"has {_NAMES.get(type(item), 'a number')} as {below}{key}, which is to be {_NAMES[kind]}"
        elif nested is not None:
            elements = [item] if kind is dict else cast("list[Any]", item)
            for element in elements:
                if type(element) is not dict and element is not None:
                    return f"has {_NAMES.get(type(element), 'a number')} in {below}{key}, a list of objects"
                # The elements of a list of thousands, such as that of all models, are not looked into.
                if element is not None and (below or kind is dict):
                    wrong = wrong_shape(nested, element, below=f"{below}{key}.")
                    if wrong is not None:
                        return wrong
    return None


_JSON = frozenset({dict, list, str, int, float, bool})

Shape = list[tuple[str, type, type[Model] | None]]
"""The fields that are looked at: name on the wire, the type to have, and the class of what is in it."""
_shapes: dict[type[Model], Shape] = {}


def _shape_of(model: type[Model]) -> Shape:
    from ollama_sdk.generated import models

    shape: Shape = []
    for attribute in fields(cast("type[AttrsInstance]", model)):
        key = attribute.metadata.get("wire", attribute.name)
        kind = attribute.metadata.get("kind")
        if kind in ("model", "models"):
            nested = cast("type[Model]", getattr(models, attribute.metadata["model"]))
            shape.append((key, dict if kind == "model" else list, nested))
        elif str(attribute.type).startswith("list["):
            shape.append((key, list, None))
        elif key in model.stream_join:
            shape.append((key, str, None))
    return shape
