"""What a function returned, and JSON does not have, in the form of JSON."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

import attrs

from ollama_sdk.overlay.batch._templates import without_numpy


def json_form(value: Any) -> Any:
    """The form in which a checkpoint keeps a value; its parts may be of any type.

    Raises:
        TypeError: It has none.
    """
    if isinstance(value, Enum):
        return value.value
    if not isinstance(value, type):
        if hasattr(value, "model_dump"):  # of pydantic, and the models of the API
            return value.model_dump(mode="json")
        if is_dataclass(value):
            return {field.name: getattr(value, field.name) for field in fields(value)}
        if attrs.has(type(value)):
            return {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
        if type(plain := without_numpy(value)) is not type(value):  # numpy.longdouble has no other type
            return plain
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID | PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
