"""Checks of arguments: names, texts, lists, whole numbers, limits in seconds."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from operator import index
from typing import Any, Final, SupportsIndex, cast

from attrs import frozen

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._errors import RequestError, one_line


def shown(value: object) -> str:
    """Return an argument of the caller, or its beginning, for a message."""
    try:
        text = repr(value)
    except Exception:  # such as the RecursionError of deep lists, and the ValueError of very large numbers
        text = f"a value of the type {type(value).__name__}"
    return one_line(text)


def check_seconds(name: str, seconds: object, alternative: str = "") -> float:
    """Return a limit as a float; raise RequestError unless it is a positive, finite number of seconds.

    `alternative` says what else may be given, for the message.
    """
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds <= sys.float_info.max:
        return float(seconds)
    raise RequestError(f"{name} must be a positive number of seconds{alternative}, not {shown(seconds)}")


def check_deadline(deadline: object) -> float:
    """Return a deadline in seconds, `math.inf` for no limit; raise RequestError unless it is a positive number."""
    is_infinite = isinstance(deadline, float) and deadline == math.inf
    return math.inf if is_infinite else check_seconds("deadline", deadline, ", or math.inf for no limit")


@frozen
class Deadline:
    """When a call must be over."""

    seconds: float  # the limit that was set; `math.inf` for none
    at: float  # the moment, in seconds of `time.monotonic()`

    @classmethod
    def of(cls, deadline: object) -> Deadline:
        """Return the deadline of a call that begins now; one of a call that has begun before stays what it is."""
        if isinstance(deadline, cls):
            return deadline
        seconds = check_deadline(deadline)
        return cls(seconds, time.monotonic() + seconds)


NO_DEADLINE = Deadline(math.inf, math.inf)

_LONGEST_WAIT = 2e6
"""Seconds, 23 days, for which a socket can wait: the system counts them in milliseconds of 31 bits."""

CONNECT_TIMEOUT = 10.0
"""Seconds that connecting may take by default; all other phases have no limit, since a model may take minutes."""

Limits = Mapping[str, float | None]
"""Seconds for each phase, as httpx.Timeout.as_dict() gives them; None for no limit."""

_PHASES = ("connect", "read", "write", "pool")


def parse_timeout(timeout: object) -> Limits:
    """Return the limits of the phases of a request from seconds for each, an httpx.Timeout, or None for the default.

    Raise RequestError for seconds that are not positive and finite.
    """
    if timeout is None:
        return {**dict.fromkeys(_PHASES), "connect": CONNECT_TIMEOUT}
    as_dict = getattr(timeout, "as_dict", None)  # which the Timeout of httpx has, and that of httpx2
    if as_dict is None:
        wait = min(check_seconds("timeout", timeout, " or an httpx.Timeout"), _LONGEST_WAIT)
        return dict.fromkeys(_PHASES, wait)
    limits: Limits = as_dict()
    return {
        phase: None if seconds is None else min(check_seconds(f"timeout: {phase}", seconds), _LONGEST_WAIT)
        for phase, seconds in limits.items()
    }


def check_whole_number(name: str, value: object, least: int) -> int:
    """Return a whole number; raise RequestError unless it is one, and `least` or more."""
    with suppress(TypeError):
        number = index(cast("SupportsIndex", value))  # also one of numpy
        if not isinstance(value, bool) and number >= least:
            return number
    raise RequestError(f"{name} must be a whole number from {least} on, not {shown(value)}")


def check_kind(name: str, value: object, kinds: type | tuple[type, ...]) -> None:
    """Raise RequestError unless a value is None or of one of the kinds."""
    if value is not None and not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise RequestError(f"{name} must be {names}, not {type(value).__name__}")


def check_text(name: str, value: object) -> None:
    """Raise RequestError unless a value is a string."""
    if not isinstance(value, str):
        raise RequestError(f"{name} must be a string, not {type(value).__name__}")


def check_not_empty(name: str, value: object) -> None:
    """Raise RequestError unless a value is a string that is not empty."""
    check_text(name, value)
    if not value:
        raise RequestError(f"{name} is empty")


def check_model(model: object, name: str = "model") -> str:
    """Return the name of a model; raise RequestError unless it is a string that is not blank."""
    if not isinstance(model, str):
        raise RequestError(f"{name} must be the name of a model, such as 'llama3.2', not {type(model).__name__}")
    if not model.strip():
        raise RequestError(f"{name} is empty; give the name of a model, such as 'llama3.2' (client.list() shows them)")
    return model


def check_stream(stream: object) -> bool:
    """Return whether to stream; raise RequestError unless it is True, False or None."""
    check_kind("stream", stream, bool)
    return bool(stream)


def as_list(name: str, values: object) -> list[Any]:
    """Return the values of an argument as a list; raise RequestError for text, a mapping, a table, or no iterable."""
    try:
        is_one = isinstance(values, str | bytes | Mapping | Model) or hasattr(values, "columns")  # of a DataFrame
        found = None if is_one else iter(cast("Iterable[Any]", values))
    except TypeError:  # also for an array without dimensions
        found = None
    if found is None:
        example = "; write [{'role': 'user', 'content': 'Hello!'}]" if name == "messages" else ""
        raise RequestError(f"{name} must be a list, not {type(values).__name__}{example}")
    return list(found)


OTHER_OPTIONS: Final = {
    **dict.fromkeys(("max_tokens", "max_new_tokens", "max_completion_tokens", "n_predict"), "num_predict"),
    **dict.fromkeys(("n_ctx", "context_length", "context_size", "max_context"), "num_ctx"),
    **dict.fromkeys(("stop_sequences", "stop_words"), "stop"),
    **dict.fromkeys(("n_gpu_layers", "gpu_layers"), "num_gpu"),
    **dict.fromkeys(("n_threads", "threads"), "num_thread"),
    **dict.fromkeys(("repetition_penalty",), "repeat_penalty"),
}
"""Options as other libraries call them, and as Ollama does."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the one of the known names that a misspelt one is meant to be, or None when none is like it.

    Example:
        >>> closest("numPredict", ["num_predict", "num_ctx"]), closest("tempratur", ["temperature"])
        ('num_predict', 'temperature')
    """
    from difflib import get_close_matches  # for mistakes alone

    plain = {_letters(each): each for each in known}
    found = get_close_matches(_letters(name), plain, n=1, cutoff=0.8)
    return plain[found[0]] if found else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
