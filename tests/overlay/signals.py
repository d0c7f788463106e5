"""Signals to the main thread while it blocks."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from overlay.callers import PATIENCE, background


@contextmanager
def signalled(number: int, condition: Callable[[], bool]) -> Iterator[None]:
    """Send the main thread, in which the block runs, a signal once a condition holds.

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
        signal.pthread_kill(identity, number)
        while not ended.wait(0.02):
            signal.pthread_kill(identity, signal.SIGUSR2)

    sending = background(send)
    try:
        yield
    finally:
        ended.set()
        sending.result(PATIENCE)
        signal.signal(signal.SIGUSR2, before)
