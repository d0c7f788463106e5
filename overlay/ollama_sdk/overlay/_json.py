"""JSON by msgspec where it is installed, else by the standard library, with the same results.

Where the two differ:

- JSON that msgspec refuses is read by the standard library, which also reads NaN, numbers beyond the range of a float,
  lone surrogates and a byte order mark.
- Before a value is written, it is reduced to dicts, lists and scalars. msgspec would write NaN as null, bytes as
  base64, and models with all fields of their class, set or not.
- A value that is nested more deeply than Python's recursion limit allows is a ValueError.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, Final, NamedTuple

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._runtime import HAS_THREADS


class PlainList(list[Any]):
    """A list of JSON values, which `dumps` writes without a check of each item, since there may be thousands."""

    __slots__ = ()


_TOO_DEEP: Final = "it is nested too deeply"
_MOST_LEVELS: Final = 1000  # in a browser
_SCALARS: Final = frozenset({str, int, bool, type(None)})  # not float, which may be NaN
_PLAIN: Final = _SCALARS | {float, dict, list, PlainList}
_read: Final = json.JSONDecoder().raw_decode
_WHITE_SPACE: Final = re.compile(r"[ \t\n\r]+\Z").match
_shallow_dict: Final = Model._shallow_dict  # once: it is looked up for each message of a conversation


def loads(data: bytes | memoryview) -> Any:
    """Decode one JSON value; raise ValueError if the data is not JSON."""
    codec = _codec()
    try:
        try:
            return codec.decode(data)
        except (ValueError, codec.error):
            pass
        return _decode(data)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def loads_each(lines: list[bytes]) -> list[Any]:
    """Decode lines, up to the first one that is not JSON."""
    codec = _codec()
    try:
        return list(map(codec.decode, lines))
    except (ValueError, RecursionError, codec.error):
        values: list[Any] = []
    for line in lines:
        try:
            values.append(loads(line))
        except ValueError:
            break
    return values


def dumps(value: object, default: Callable[[Any], object] | None = None) -> bytes:
    """Encode a value; models are written with the fields that were set.

    Args:
        value: The value.
        default: Returns what is written for an object of an unknown type, a float that JSON does not have, or a key
            that is a list, or raises TypeError. Without it, dataclasses are written, without the fields that begin
            with an underscore, and numbers and arrays of numpy, and nothing else.

    Raises:
        ValueError: The value has something that JSON does not have, such as NaN, or is nested too deeply.
        TypeError: The value has an object of an unknown type.
    """
    try:
        plain = _plain(value, default or _default)
        try:
            return _codec().encode(plain)
        except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
            return json.dumps(plain, separators=(",", ":")).encode()
    except RecursionError as error:
        raise ValueError(f"{_TOO_DEEP}, or contains itself") from error


class _Codec(NamedTuple):
    decode: Callable[[bytes | memoryview], Any]
    encode: Callable[[object], bytes]
    error: type[Exception]
    """What `decode` raises beside ValueError."""


@cache
def _codec() -> _Codec:
    """Return the faster codec, imported at the first use, since that takes 7 milliseconds."""
    try:
        from msgspec import DecodeError  # a ValueError since msgspec 0.22 only
        from msgspec.json import Decoder, Encoder
    except ImportError:  # such as on PyPy
        return _Codec(_decode if HAS_THREADS else _checked(_decode), _encode, ValueError)
    decode = Decoder().decode
    return _Codec(decode if HAS_THREADS else _checked(decode), Encoder().encode, DecodeError)


def _checked(decode: Callable[[bytes | memoryview], Any]) -> Callable[[bytes | memoryview], Any]:
    """Return a decoder for a browser, where nesting that overflows the stack would end Python, not raise."""
    # Never going back, which for a text without an end would take hours, and for a long one gigabytes.
    token = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[][{}]', re.DOTALL)

    def decode_unless_deep(data: bytes | memoryview) -> Any:
        text = bytes(data)
        if text.count(b"[") + text.count(b"{") > _MOST_LEVELS:
            depth = 0
            for found in token.finditer(text):
                depth += found[0] in b"[{"
                depth -= found[0] in b"]}"
                if depth > _MOST_LEVELS:
                    raise RecursionError
        return decode(data)

    return decode_unless_deep


def _decode(data: bytes | memoryview) -> Any:
    # Not json.loads(data), which would read bytes that are not UTF-8 as UTF-16 or UTF-32. And raw_decode first, since
    # json.loads takes twice as long, half of that to look for white space around the value.
    text = str(data, "utf-8", "surrogatepass")
    try:
        value, end = _read(text)
        if end == len(text) or _WHITE_SPACE(text, end):
            return value
    except ValueError:
        pass  # white space or a byte order mark before the value, or no JSON
    value = None  # a large one would be in memory twice
    return json.loads(text.removeprefix("\ufeff"))


def _encode(plain: object) -> bytes:
    return json.dumps(plain, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: Any, default: Callable[[Any], object]) -> Any:
    """Return a value as dicts with text as keys, lists and scalars. A dict of scalars is returned as it is."""
    while (kind := type(value)) not in _PLAIN:
        value = _step(value, default)
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or type(item) not in _SCALARS:
                break
        else:
            return value
        plain = {}
        for key, item in value.items():  # a comprehension would halve the depth that Python 3.11 can reach
            name = key if type(key) is str else _key(key, default)
            plain[name] = item if type(item) in _SCALARS else _plain(item, default)
        return plain
    if kind is list:
        items = []
        for item in value:
            items.append(item if type(item) in _SCALARS else _plain(item, default))
        return items
    if kind is float and not isfinite(value):
        return default(value)
    return value


def _step(value: Any, default: Callable[[Any], object]) -> object:
    """Return what a value of another type is written as; its items may be of any type."""
    if isinstance(value, Model):
        return _shallow_dict(value)
    if isinstance(value, Enum):  # before the types that an enum may have as well
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list | tuple | set | frozenset | range):
        return list(value)
    # The text or the number itself, since a subclass may override __str__ and __int__.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, date | time):
        return value.isoformat()
    from uuid import UUID  # 2 milliseconds

    return str(value) if isinstance(value, UUID) else default(value)


def _key(key: object, default: Callable[[Any], object]) -> str:
    plain = _plain(key, default)
    if type(plain) in (dict, list):
        plain = default(key)
    return plain if type(plain) is str else json.dumps(plain)


def _default(value: Any) -> object:
    if hasattr(value, "dtype"):  # of numpy
        plain: object = value.tolist()
        if type(plain) is not type(value):  # longdouble has no other type
            return plain
    from dataclasses import fields, is_dataclass  # 10 milliseconds, with inspect

    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value) if field.name[0] != "_"}
    if isinstance(value, float):
        raise ValueError(f"{value} is a number that JSON does not have")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
