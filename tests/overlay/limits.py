"""Tests of time limits, on machines that may stand still for longer than the limit."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from overlay.callers import PATIENCE

from ollama_sdk.overlay import OllamaTimeoutError
from ollama_sdk.overlay.testing import OllamaServer

LIMITS = (0.1, 1.0, 10.0)
"""Seconds: the first is short, since the test lasts as long; no machine stands still for the last."""


class TooSlowError(Exception):
    """The limit ran out before what the test is about could happen."""


def with_a_limit(test: Callable[..., None]) -> Callable[..., None]:
    """Call a test with `limit`, in seconds, and once more with a longer one when the machine was too slow for it.

    It must say itself what has to happen within the limit, with `in_time`.
    """

    @functools.wraps(test)
    def run(*args: Any, **fixtures: Any) -> None:
        for limit in LIMITS[:-1]:
            try:
                return test(*args, limit=limit, **fixtures)
            except TooSlowError:
                for fixture in fixtures.values():
                    if isinstance(fixture, OllamaServer):
                        fixture.clear()
        return test(*args, limit=LIMITS[-1], **fixtures)

    signature = inspect.signature(test)
    wanted = [parameter for name, parameter in signature.parameters.items() if name != "limit"]
    run.__signature__ = signature.replace(parameters=wanted)  # type: ignore[attr-defined]  # what pytest reads
    return run


@contextmanager
def in_time() -> Iterator[None]:
    """What happens in the block has to, before the limit runs out."""
    try:
        yield
    except (OllamaTimeoutError, AssertionError) as error:
        raise TooSlowError from error


def assert_no_alarm_is_left() -> None:
    """The thread that waits for limits ends with the last of them."""
    for thread in threading.enumerate():
        if thread.name == "ollama-sdk-limits":
            thread.join(PATIENCE)
            assert not thread.is_alive()
