"""What a function returned, as text for the model; no I/O."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections import UserString
from collections.abc import Collection
from contextlib import suppress
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import timedelta
from typing import Any, TypeAlias

import attrs

from ollama_sdk.generated.models.message import Message
from ollama_sdk.overlay import _json

_ADDRESS = re.compile(r"<.* at 0x[0-9a-fA-F]+>", re.DOTALL)


Result: TypeAlias = str | Message
"""What the model is told: text, or a message of the role "tool" with text and images."""


def result_text(result: object) -> Result:
    """Return what a function returned as text for the model: text as it is, anything else as JSON of `to_json`.

    A message of the role "tool" is returned as it is: it may have images.

    Raises:
        TypeError: Something in it has no text of its own, or contains itself: it cannot be told.
    """
    if isinstance(result, str):
        return str.__str__(result)
    if isinstance(result, Message) and result.role == "tool":
        return result
    try:
        return to_json(result)
    except ValueError as error:
        raise TypeError(f"{type(result).__name__} cannot be told to the model: {error}") from error


def to_json(value: object) -> str:
    """Return a value as JSON text.

    Models, dataclasses, attrs and pydantic objects are objects, what numpy and pandas make is numbers, lists and
    objects, and anything else that has a text of its own is that text. NaN is the text "nan".
    """
    return _json.dumps(value, _step).decode()


def _step(value: Any) -> object:
    """Return what an object of a type that JSON does not have is written as; its parts may be of any type."""
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return b2a_base64(value, newline=False).decode()
    cls = type(value)
    if hasattr(cls, "__pydantic_core_schema__") and hasattr(cls, "model_dump"):
        try:
            return value.model_dump(mode="json")
        except ValueError:  # a field of a type that pydantic does not write, such as an array
            return value.model_dump()
    if is_dataclass(cls) or attrs.has(cls):
        fields: tuple[Any, ...] = dataclass_fields(cls) if is_dataclass(cls) else attrs.fields(cls)
        return {field.name: getattr(value, field.name) for field in fields if field.name[0] != "_"}
    if hasattr(cls, "__struct_fields__"):
        import msgspec

        return msgspec.to_builtins(value, str_keys=True, enc_hook=_step)
    if getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m"):
        return value.astype(str).tolist()  # dates of numpy, of which tolist() alone makes numbers
    with suppress(Exception):  # not of pandas
        if not all(axis.is_unique for axis in value.axes):  # of what has the same label, to_dict() keeps the last alone
            return (value if hasattr(value, "columns") else value.to_frame()).to_dict("tight")
    for name in ("to_dict", "tolist"):  # of pandas, and of numpy
        with suppress(Exception):  # another method of that name, which does not do this, or is not there
            made: object = getattr(value, name)()
            if type(made) is not cls:  # numpy.longdouble has no other type
                return made
    if isinstance(value, Collection) and not isinstance(value, tuple | UserString):  # a tuple is a key here
        return list(value)
    if not isinstance(value, float | tuple) and (
        (cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__) or _ADDRESS.fullmatch(str(value))
    ):
        raise TypeError(
            f"{cls.__name__} cannot be told to the model: it has no text of its own; let the function return text, or "
            "what can be written as JSON"
        )
    return str(value)


def _duration(value: timedelta) -> str:
    """Return a duration in the form of ISO 8601, such as P1DT3600.5S."""
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    seconds = f"{value.seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    days = f"{value.days}D" if value.days or seconds == "0" else ""
    return f"{sign}P{days}" + (f"T{seconds}S" if seconds != "0" else "")
