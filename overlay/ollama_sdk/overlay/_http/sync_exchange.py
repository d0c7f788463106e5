"""The exchange of the blocking pool: one request, its connection, and the function that ends its current wait.

`interrupt` and `finish` may be called by a signal handler or a finalizer, which run between two instructions of code
that may hold any lock. So nothing here blocks on a lock: `threading.Lock` objects serve as flags, and as signals that
the waiting thread sleeps on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.pool import BaseExchange, Origin
from ollama_sdk.overlay._runtime import release

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.sync_connection import Connection


class Exchange(BaseExchange["Connection"]):
    """One request, from entering the pool until its response is read or given up."""

    __slots__ = ("_assigned", "_finished", "_guard", "_interrupt")

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._finished = False
        self._guard = threading.Lock()  # held during an interrupt, and for ever when the exchange has ended
        self._assigned = threading.Lock()  # released to notify the thread that waits for a connection
        self._assigned.acquire()
        # Not `self.notify`: a method of our own would make a reference cycle of every exchange.
        self._interrupt: Callable[[], object] | None = self._assigned.release

    def wait_for_connection(self, timeout: float | None) -> Connection:
        """Wait for a connection of the pool, and return it; raise httpx.PoolTimeout after `timeout` seconds."""
        if self.connection is None and not self.wait(timeout):
            raise httpx.PoolTimeout("no connection of the pool became free in time")
        self.check()
        assert self.connection is not None
        return self.connection

    def set_interrupt(self, function: Callable[[], object] | None) -> None:
        """Set the function that ends the wait that follows, or None; raise httpx.ReadError if it was called before.

        It is called by `interrupt`, from any thread, at most once.
        """
        self._interrupt = function
        self.check()

    def interrupt(self) -> None:
        # Without waiting: a guard that is held means that another thread interrupts, or that the exchange has ended
        # and its connection may be serving another one.
        if self.interrupted or not self._guard.acquire(blocking=False):
            return
        try:
            self.interrupted = True
            # A forked child shares its parent's sockets, and shutting one down would cut the parent off.
            if self._interrupt is not None and os.getpid() == self._pid:
                with suppress(OSError, RuntimeError):  # not connected any more; the wait is over
                    self._interrupt()
        finally:
            self._guard.release()

    def finish(self) -> bool:
        """End the exchange, so that `interrupt` does nothing any more; return whether it was not interrupted before."""
        if not self._finished:
            # The limit matters only when this runs in a finalizer on top of an `interrupt` of the same thread.
            self._finished = self._guard.acquire(timeout=1.0)
        return self._finished and not self.interrupted

    def wait(self, timeout: float | None) -> bool:
        """Wait for `notify`, or return at once if it was called since the last wait; False after `timeout` seconds."""
        return self._assigned.acquire(timeout=-1 if timeout is None else max(timeout, 0.0))

    def notify(self) -> None:
        """End a `wait`, or the next one."""
        release(self._assigned)
