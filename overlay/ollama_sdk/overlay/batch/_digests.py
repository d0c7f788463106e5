"""Hashes of what is asked, the same in every process: they name rows in a checkpoint."""

from __future__ import annotations

import inspect
import json
from functools import partial
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, get_origin

from ollama_sdk.overlay.batch._templates import fields_of_item


def digest_of(value: object) -> str:
    """A hash of a value, the same in every process.

    Raises:
        TypeError: It holds something that has no form of its own, such as an object that is known by its address only.
    """
    text = json.dumps(value, sort_keys=True, default=_plain, separators=(",", ":"))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _plain(value: Any) -> Any:
    if hasattr(value, "tobytes"):  # of numpy, or an image of Pillow
        value = value.tobytes()
    if isinstance(value, bytes | bytearray):
        return blake2b(value, digest_size=12).hexdigest()
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    fields = fields_of_item(value)
    if fields is not None:
        return dict(fields)
    if inspect.isroutine(value):  # a tool
        return name_of(value)
    if isinstance(value, type) or get_origin(value) is not None:  # a format
        return repr(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def name_of(function: Any) -> str:
    """The name of a function, with that of its module; of an object that is called, the name of its class."""
    while isinstance(function, partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"
