"""JSON by orjson where it is installed, else by the standard library, with the same results."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any, Final

from ollama_sdk.generated.types import Model

try:
    import orjson
except ImportError:  # PyPy, Pyodide, odd platforms
    orjson = None  # type: ignore[assignment]  # where a module was, for what is tested below

_read: Final = json.JSONDecoder().raw_decode
_NULL: Final = re.compile(rb"(?:^|[\[:,])null")


_shallow_dict = Model.shallow_dict  # once: it is looked up for each message of a conversation


def _standard(value: object) -> object:
    """What a value that is no JSON by itself is written as."""
    if isinstance(value, Model):
        return _shallow_dict(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset | range):
        return list(value)
    # What orjson knows by itself.
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    from dataclasses import fields, is_dataclass  # 10 milliseconds, with inspect
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value) if field.name[0] != "_"}
    raise TypeError(f"{type(value).__name__} is not JSON serializable")


def loads(data: bytes | memoryview) -> Any:
    """Decode one JSON value.

    Raises:
        ValueError: The data is not JSON.
    """
    if orjson is not None:
        try:
            return orjson.loads(data)
        except ValueError:
            pass  # orjson refuses lone surrogates and NaN, which the standard library reads
    try:
        # json.loads is not given bytes: it would take what is not UTF-8 for UTF-16 or UTF-32. Nor is it given a text
        # with nothing around its value: it would take twice as long, half of that to look for white space.
        text = str(data, "utf-8", "surrogatepass")
        try:
            value, end = _read(text)
            if end == len(text):
                return value
        except ValueError:
            pass  # white space or a byte order mark before the value, or no JSON
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def loads_each(lines: list[bytes]) -> list[Any]:
    """Decode lines, up to the first one that is not JSON."""
    decode = loads if orjson is None else orjson.loads
    try:
        return list(map(decode, lines))
    except ValueError:
        values: list[Any] = []
    for line in lines:
        try:
            values.append(loads(line))
        except ValueError:
            break
    return values


def dumps(value: object) -> bytes:
    """Encode a value; models are written as what was set in them.

    Raises:
        ValueError: The value holds something that is not JSON, such as NaN.
        TypeError: The value holds an object of an unknown type.
    """
    if orjson is not None:
        try:
            data = orjson.dumps(value, default=_standard)
            if b"null" not in data or _NULL.search(data) is None:
                return data
            # A null may have been NaN, or infinite, for orjson: that is refused below.
        except TypeError as error:
            # orjson refuses big integers, other keys than str and lone surrogates; the rest fails again below. Not so
            # Ctrl-C, or what else a signal handler raises: if it comes in `_standard`, orjson makes a TypeError of it.
            # The cause of a lone surrogate is a UnicodeEncodeError in orjson 3.10 and 3.11, and none in newer ones.
            if not isinstance(error.__cause__, TypeError | UnicodeEncodeError | None):
                raise error.__cause__ from None
    text = json.dumps(value, default=_standard, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
        return json.dumps(value, default=_standard, separators=(",", ":"), allow_nan=False).encode()
