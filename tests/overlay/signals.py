"""Signals to the main thread while it blocks."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from overlay.callers import PATIENCE, background


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the collector from running in the block.

    Python drops what is raised while it calls a finalizer, so that an interrupt would be lost if the collector called
    one of an older object just then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def wait_until_waiting(thread: int, ended: threading.Event) -> None:
    """Wait until a thread stays at one instruction, which is one that waits, or until an event is set."""
    before = None
    while not ended.wait(0.01):
        frame = sys._current_frames()[thread]
        if (here := (id(frame), frame.f_lasti)) == before:
            return
        before = here


@contextmanager
def signalled(number: int, condition: Callable[[], bool]) -> Iterator[None]:
    """Send the main thread, in which the block runs, a signal once a condition holds and the thread waits.

    A signal that comes just before a thread blocks in the operating system is handled only when that returns. So
    others follow, which do nothing but interrupt the waiting, until the block has ended.
    """
    if sys.platform == "win32":
        pytest.skip("signals cannot be sent to a thread")
    main = threading.main_thread().ident
    assert main is not None
    identity: int = main
    ended = threading.Event()
    before = signal.signal(signal.SIGUSR2, lambda number, frame: None)

    def send() -> None:
        assert condition()
        wait_until_waiting(identity, ended)
        signal.pthread_kill(identity, number)
        while not ended.wait(0.02):
            signal.pthread_kill(identity, signal.SIGUSR2)

    with without_collections():
        sending = background(send)
        try:
            yield
        finally:
            ended.set()
            sending.result(PATIENCE)
            signal.signal(signal.SIGUSR2, before)


def _line(frame: FrameType | None) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""


@contextmanager
def interrupted(
    modules: tuple[str, ...],
    lines: int,
    *,
    once: Callable[[], object] = lambda: True,
    passed: Container[str] = (),
) -> Iterator[list[str]]:
    """Raise KeyboardInterrupt in the block, as Ctrl-C does, once it has run so many lines of modules of ours.

    Args:
        modules: The names of their files.
        lines: How many lines are run before.
        once: Lines count from when this is true.
        passed: Places where it does not come: lines, each with the one that calls its function.

    Yields:
        A list which is empty until the interrupt has come, and then has the place.
    """
    left = lines
    came: list[str] = []

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if event == "line" and frame.f_code.co_filename.endswith(modules) and once():
            left -= 1
            if left < 0 and (place := f"{_line(frame)} from {_line(frame.f_back)}") not in passed:
                sys.settrace(None)
                came.append(place)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    with without_collections():
        sys.settrace(trace)
        try:
            yield came
        finally:
            sys.settrace(before)
