"""How a field reads: the value of the wire as the official client shows it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from attrs import Attribute, frozen

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay.compat._models.values import ByteSize, scalar_kind

FACES: Final[dict[str, type[Any]]] = {}
"""The classes of this room by the generated model that each one extends, and by its `type` where that counts."""


@frozen
class FieldInfo:
    """What `model_fields` tells of a field, in the words of pydantic.

    Attributes:
        annotation: The type, as it is written in the generated model.
        default: What it reads when it is not set.
        alias: The name on the wire, when that is another one.
        key: The name on the wire.
        kind: The kind of scalar that the field takes, or the kind of the nested model; None for anything.
        model: The generated model that is nested in it.
        required: Whether a model cannot be made without it.
    """

    annotation: object
    default: object
    alias: str | None
    key: str
    kind: str | None
    model: str | None
    required: bool

    @property
    def is_read(self) -> bool:
        """Whether a property of the generated model reads it as it is to be read."""
        return self.kind == "datetime" or (self.kind not in _CONVERSIONS and self.kind not in ("model", "raw"))

    def is_required(self) -> bool:
        """Whether a model cannot be made without the field."""
        return self.required


class Signature:
    """For `inspect.signature` and help(): what a class takes, by its fields."""

    def __get__(self, instance: object, owner: Any) -> inspect.Signature:
        fields: dict[str, FieldInfo] = owner.model_fields
        return inspect.Signature(
            [
                inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=inspect.Parameter.empty if field.required else field.default,
                    annotation=field.annotation,
                )
                for name, field in fields.items()
            ]
        )


def field_info(
    name: str,
    key: str,
    attribute: Attribute[Any] | None,
    *,
    annotation: object,
    kind: str | None,
    default: object,
    required: bool,
    before: FieldInfo | None,
) -> FieldInfo:
    """Describe a field.

    Args:
        name: The name that the official client has for it.
        key: The name on the wire.
        attribute: The field of the generated model, if that has it.
        annotation: Its type, where the generated model does not have it.
        kind: A kind that replaces that of the generated model: "raw", "size" or "images".
        default: What it reads when it is not set, or the property that reads it.
        required: Whether a model cannot be made without it.
        before: The same field of the class before, which is as here where nothing else is said.
    """
    if attribute is None and before is not None and kind is None and default is None:
        return before
    metadata: Mapping[str, Any] = {} if attribute is None else attribute.metadata
    annotation = annotation if attribute is None else attribute.type
    if before is not None:
        kind = kind or ("raw" if before.kind == "raw" else None)
        default = before.default if default is None else default
        required = required or before.required
    return FieldInfo(
        annotation,
        default=None if isinstance(default, property) else default,
        alias=None if key == name else key,
        key=key,
        kind=kind or metadata.get("kind") or scalar_kind(annotation),
        model=metadata.get("model"),
        required=required,
    )


def reader(name: str, field: FieldInfo) -> property | None:
    """Return the property that reads a field, or None when an attribute of the instance does."""
    if field.kind == "model":
        return _model_reader(field.key, field.model or "")
    if field.kind in _CONVERSIONS:
        return _converted(field.key, _CONVERSIONS[field.kind], field.model or "")
    if field.kind == "raw" or field.key != name:
        return property(lambda model: model.__dict__.get(field.key, field.default))
    return None


def _model_reader(key: str, model: str) -> property:
    """What `_converted` does with `to_face`, for the fields that each piece of a stream has."""
    face: type[Any] | None = None

    def read(self: Model) -> Any:
        nonlocal face
        data = self.__dict__
        value = data.get(key)
        if value is None or type(value) is face:
            return value
        if face is None:
            face = FACES.get(model)
        if face is None:
            value = to_face(value, model)
        elif isinstance(value, Model):
            if not isinstance(value, face):
                value = face.from_dict(value.__dict__)
        elif isinstance(value, Mapping):
            value = face.from_dict(value)
        if face and isinstance(value, face) and "images" in value.__dict__:  # the message of an answer
            value.__dict__["images"] = received_images(value.__dict__["images"])
        data[key] = value
        return value

    return property(read)


def _converted(key: str, convert: Callable[[Any, str], Any], model: str) -> property:
    """A property that converts the value when it is first read, and keeps what it made."""

    def read(self: Model) -> Any:
        value = self.__dict__.get(key)
        if value is None or type(value) in _DONE:
            return value
        self.__dict__[key] = value = convert(value, model)
        return value

    return property(read)


def to_face(value: Any, model: str) -> Any:
    """Return a nested model as one of the class that is here for the generated one, as a dict where there is none."""
    if type(value) is not dict and not isinstance(value, Model | Mapping):
        return value
    face = FACES.get(model) or FACES.get(f"{model} {value.get('type')}")
    if face is None:
        return value.to_dict() if isinstance(value, Model) else value
    if isinstance(value, face):
        return value
    return face.from_dict(value.__dict__ if isinstance(value, Model) else value)


def _many(value: Any, model: str) -> Any:
    return _Converted(to_face(item, model) for item in value) if isinstance(value, list | tuple) else value


def _map(value: Any, model: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    return _ConvertedMap((key, to_face(item, model)) for key, item in value.items())


def _size(value: Any, model: str) -> Any:
    return ByteSize(value) if type(value) is int else value


def _images(value: Any, model: str) -> Any:
    if not isinstance(value, list | tuple):
        return value
    image = FACES["Image"]
    return _Converted(item if isinstance(item, image) else image(value=item) for item in value)


def received_images(images: Any) -> Any:
    """Return images that came in an answer, whose text is never opened as a file."""
    if not isinstance(images, list | tuple):
        return images
    image = FACES["Image"]
    return _Converted(
        item if isinstance(item, image) else image.from_dict({"value": item, "received": True}) for item in images
    )


class _Converted(list[Any]):
    """A list whose elements have been converted."""

    __slots__ = ()


class _ConvertedMap(dict[str, Any]):
    """A dict whose values have been converted."""

    __slots__ = ()


_DONE: Final = frozenset({_Converted, _ConvertedMap, ByteSize})
_CONVERSIONS: Final[dict[str | None, Callable[[Any, str], Any]]] = {
    "models": _many,
    "model_map": _map,
    "size": _size,
    "images": _images,
}
