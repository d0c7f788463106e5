"""How long to wait before something is tried again: as the clients wait, and longer for a host that stays away."""

from __future__ import annotations

import random

from ollama_sdk.overlay import OllamaError, ResponseError

_LONGEST_WAIT = 60.0
_LONGEST_REST = 30.0


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
