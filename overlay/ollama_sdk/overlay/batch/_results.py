"""The result of a row, the errors of batches, and which of them are retried, and after how long."""

from __future__ import annotations

import random
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from ollama_sdk.overlay import (
    ConnectError,
    IncompleteStreamError,
    OllamaError,
    OllamaTimeoutError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerBusyError,
)

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

_MOST_SHOWN = 500  # characters
_LONGEST_WAIT = 60.0
_LONGEST_REST = 30.0
_REQUEST_TIMEOUT, _TOO_EARLY, _TOO_MANY_REQUESTS = 408, 425, 429
_NOT_ABOUT_THE_ROW = (401, 403, 404, _REQUEST_TIMEOUT, _TOO_EARLY, _TOO_MANY_REQUESTS)


def _shown(value: object) -> str:
    """A value as the `repr` of a result shows it: a notebook writes that, and an answer may be long."""
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


@frozen(eq=False)  # a value may be an array of numpy, which has no truth value
class Result(Generic[ItemT, ValueT]):
    """The result of one row.

    Attributes:
        id: What names the row in a checkpoint: the id that was given, a hash of its request, or its index.
        index: The number of the row, from 0.
        item: What the row was made from.
        value: The text of a chat or a generation; the parsed object when the request has a `format`; the vector of an
            embedding, or the list of them; or what the function returned. None when the row failed.
        error: Why the row failed; None when it did not.
        response: The whole answer to a request. None for a function, and for a row that comes from a checkpoint.
        host: The base URL of the host that the last attempt went to; None when nothing was sent.
        attempts: How often the row was sent.
        seconds: How long the last attempt took.
        prompt_tokens: Tokens that the model read.
        tokens: Tokens that the model wrote.
        restored: Whether the row was finished by an earlier run and comes from the checkpoint.
    """

    id: str
    index: int
    item: ItemT = field(repr=False)
    value: ValueT | None = field(default=None, repr=_shown)
    error: OllamaError | None = field(default=None, repr=_shown)
    response: Any = field(default=None, repr=False)
    host: str | None = None
    attempts: int = 0
    seconds: float = 0.0
    prompt_tokens: int = 0
    tokens: int = 0
    restored: bool = False

    @property
    def ok(self) -> bool:
        """Whether the row succeeded."""
        return self.error is None


class RowError(RequestError):
    """The row cannot become a request, and nothing was sent: a missing field, a bad argument, the id of another row."""


class WorkError(OllamaError):
    """The function that was given as `work` raised something that is no error of the SDK; see `__cause__`.

    Or the value of the row has NaN or Infinity, which a checkpoint cannot keep.
    """


class CheckpointError(RequestError):
    """The checkpoint cannot be used: it is of another job or of no job, in use, unreadable, or cannot be written."""


def may_retry(error: OllamaError) -> bool:
    """Whether another attempt of the same row may succeed."""
    if isinstance(error, ResponseError):
        return not 300 <= error.status_code < 500 or error.status_code in (
            _REQUEST_TIMEOUT,
            _TOO_EARLY,
            _TOO_MANY_REQUESTS,
        )
    if isinstance(error, OllamaTimeoutError):
        return error.phase != "deadline"  # what the caller allows one attempt to take
    return isinstance(error, ConnectError | IncompleteStreamError)


def is_final(error: OllamaError) -> bool:
    """Whether the row itself is at fault, so that a later run need not try it again."""
    if isinstance(error, ResponseError):
        return 400 <= error.status_code < 500 and error.status_code not in _NOT_ABOUT_THE_ROW
    return isinstance(error, RowError)


def is_of_host(error: OllamaError | None) -> bool:
    """Whether an error says that its host is away or has too much to do."""
    if isinstance(error, ResponseError):
        return isinstance(error, RateLimitError | ServerBusyError) or error.status_code in (502, 504)
    if isinstance(error, OllamaTimeoutError):
        return error.phase != "deadline"
    return isinstance(error, ConnectError | IncompleteStreamError)


def wait_before_retry(attempts: int, error: OllamaError) -> float:
    """Seconds to wait before the next attempt of a row: the server's Retry-After, else a growing time with jitter.

    Args:
        attempts: How many attempts have failed, from 1.
        error: What the last one failed with.
    """
    asked = retry_after(error)
    return _jittered(min(0.25 * 2.0**attempts, 8.0)) if asked is None else asked


def rest_after_failure(failures: int) -> float:
    """Seconds to leave a host alone after so many failures in a row, from 1."""
    return _jittered(min(0.1 * 2.0 ** min(failures - 1, 20), _LONGEST_REST))


def retry_after(error: OllamaError) -> float | None:
    """The seconds that a server asks to wait, at most a minute; None when it asks for nothing."""
    if not isinstance(error, ResponseError):
        return None
    try:
        return min(max(0.0, float(error.headers["retry-after"])), _LONGEST_WAIT)
    except (KeyError, ValueError):  # a date, which clocks that differ make useless here
        return None


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, not a secret
