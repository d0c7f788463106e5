"""Fields of a body in the form that Ollama takes: `keep_alive` and `options`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import inf, isfinite
from typing import Any

from ollama_sdk.generated import models
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._checks import OTHER_OPTIONS, check_kind, closest
from ollama_sdk.overlay._errors import RequestError

_LONGEST = 9e9
"""Seconds that the server can count, in nanoseconds of 64 bits; more means for ever."""
_PLAIN = (str, bool, type(None))


def encode_keep_alive(value: Any) -> Any:
    """Return how long a model stays loaded: a number of seconds, or text that the server reads; else RequestError."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    elif isinstance(value, str):
        try:
            value = float(value)  # the server wants a unit in text
        except ValueError:
            return value
    seconds = _plain_number(value)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds != seconds:  # nan
        raise RequestError(
            "keep_alive must be a number of seconds, text with a unit such as '10m', or a timedelta, "
            f"not {value if isinstance(value, int | float) else type(value).__name__}"
        )
    if not 0 <= seconds <= _LONGEST:
        return -1  # for ever
    return int(seconds) if seconds == int(seconds) else seconds


def encode_options(options: Any, argument: str = "options") -> Any:
    """Return options with values that JSON has; raise RequestError for one that is misspelt or cannot be sent."""
    check_kind(argument, options, (Mapping, models.Options))
    known = models.Options._field_names()
    encoded = {}
    for name, value in options.items():
        where = f"{argument}[{name!r}]"
        if name not in known and isinstance(name, str) and (meant := OTHER_OPTIONS.get(name) or closest(name, known)):
            raise RequestError(f"{where} is no option of Ollama; did you mean {meant!r}?")
        encoded[name] = [value] if name == "stop" and isinstance(value, str) else _value(where, value)
    return encoded


def _value(where: str, value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    number = _plain_number(value)
    if isinstance(number, float) and not isfinite(number):
        raise RequestError(f"{where} is {number}, which JSON cannot express")
    try:
        _json.dumps(number)
    except (TypeError, ValueError) as error:
        raise RequestError(f"{where}: the request cannot be written as JSON: {error}") from error
    return number


def _plain_number(value: Any) -> Any:
    """Return a number of another type, such as Decimal or numpy's, as an int or a float; an array as a list."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, int | float):
        return value
    from decimal import Decimal  # 1 millisecond, with numbers
    from numbers import Rational

    try:
        return float(value) if isinstance(value, Decimal | Rational) else value
    except OverflowError:  # of a Fraction
        return inf
