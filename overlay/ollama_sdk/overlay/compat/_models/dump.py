"""Models as plain data, in the way of pydantic's `model_dump`, and their JSON schemas."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Collection, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay.compat._models.fields import FACES

if TYPE_CHECKING:
    from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel

Selection = Collection[str] | Mapping[str, Any] | None
"""The names of fields, or a mapping of them to True or to the selection of what is nested."""

_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


@frozen
class How:
    """How models are dumped, nested ones too; the names are those of pydantic.

    Attributes:
        mode: "python" or "json".
        by_alias: Whether names are those on the wire.
        exclude_unset: Whether to leave out what is not set.
        exclude_defaults: Whether to leave out what is as if it were not set.
        exclude_none: Whether to leave out what is None.
        is_sent: Whether it is sent: with the names on the wire, and the fields that only the API has.
    """

    mode: str = "python"
    by_alias: bool = False
    exclude_unset: bool = False
    exclude_defaults: bool = False
    exclude_none: bool = False
    is_sent: bool = False


FOR_THE_WIRE: Final = How(exclude_none=True, is_sent=True)


def dump(model: SubscriptableBaseModel, how: How, include: Selection, exclude: Selection) -> dict[str, Any]:
    """Return a model as a dict.

    Args:
        model: The model.
        how: What holds for nested models too.
        include: The fields to have.
        exclude: The fields to leave out.
    """
    data = model.__dict__
    dumped: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if field.key not in data and (how.exclude_unset or (how.exclude_none and field.default is None)):
            continue
        if not _is_selected(name, include, exclude):
            continue
        value = getattr(model, name)
        if (value is None and how.exclude_none) or (how.exclude_defaults and value == field.default):
            continue
        if type(value) not in _SCALARS:
            value = plain(value, how, _part(include, name), _part(exclude, name))
        dumped[field.key if how.by_alias or how.is_sent else name] = value
    if how.is_sent:
        for key, name in model._more.items():
            if data.get(key) is not None:
                dumped[key] = plain(getattr(model, name), how)
    return dumped


def _is_selected(name: str, include: Selection, exclude: Selection) -> bool:
    if include is not None and name not in include:
        return False
    return exclude is None or name not in exclude or _part(exclude, name) is not None


def _part(selection: Selection, name: str) -> Selection:
    """What a selection says of what is nested in a field."""
    part = selection.get(name) if isinstance(selection, Mapping) else None
    return part if isinstance(part, Collection) else None


def plain(value: Any, how: How, include: Selection = None, exclude: Selection = None) -> Any:
    """Return a value with all that is nested in it as plain data; None in a plain dict stays."""
    if type(value) in _SCALARS:
        return value
    if hasattr(value, "dumped"):
        return value.dumped(how, include, exclude)
    if hasattr(value, "model_dump"):  # a model of pydantic
        return value.model_dump(mode=how.mode, by_alias=how.by_alias, exclude_none=how.exclude_none)
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: plain(item, how) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        # One pass in C tells that nothing is nested: vectors are long.
        flat = _SCALARS.issuperset(map(type, value))
        return list(value) if flat else [plain(item, how, include, exclude) for item in value]
    return _json_scalar(value) if how.mode == "json" else value


def _json_scalar(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.value if isinstance(value, Enum) else value


_JSON_TYPES: Final[dict[str | None, dict[str, Any]]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "size": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array", "items": {}},
    "datetime": {"type": "string", "format": "date-time"},
}


def json_schema(cls: type[SubscriptableBaseModel], outer: tuple[type, ...] = ()) -> dict[str, Any]:
    """Return the JSON schema of a class; a class that is nested in itself is any object there."""
    properties = {}
    for name, field in cls.model_fields.items():
        schema = _JSON_TYPES.get(field.kind, {})
        if field.kind in ("model", "models", "model_map"):
            face = FACES.get(field.model or "")
            nested = face is not None and face not in (*outer, cls)
            inner = json_schema(face, (*outer, cls)) if face is not None and nested else {"type": "object"}
            schema = {
                "model": inner,
                "models": {"type": "array", "items": inner},
                "model_map": {"type": "object", "additionalProperties": inner},
            }[field.kind]
        properties[name] = schema if field.required or not schema else {"anyOf": [schema, {"type": "null"}]}
        if not field.required:
            properties[name] = {**properties[name], "default": field.default}
    schema = {"title": cls.__name__, "type": "object", "properties": properties}
    required = [name for name, field in cls.model_fields.items() if field.required]
    return {**schema, "required": required} if required else schema
