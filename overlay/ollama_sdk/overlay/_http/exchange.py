"""One request in the blocking pool: its place in the queue, its connection, and the way to wake whoever waits.

Everything here has to work from a signal handler and from a garbage collector's finaliser, which both run between
two instructions of code that may hold any lock. So no lock is ever waited for; `threading.Lock` objects serve as
flags and as something to sleep on.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from ollama_sdk.overlay._http.pool import BaseExchange, Origin

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.sync_connection import Connection


class Exchange(BaseExchange["Connection"]):
    """One request, from entering the pool until its response is read or given up."""

    __slots__ = ("_assigned", "_finished", "_guard", "_poke")

    def __init__(self, origin: Origin) -> None:
        """Make an exchange that no pool knows yet."""
        super().__init__(origin)
        self._finished = False
        self._guard = threading.Lock()  # held while a wake is at work, and for ever when the exchange has ended
        self._assigned = threading.Lock()  # released to wake the thread that waits for a connection
        self._assigned.acquire()
        # Not `self.rouse`: a method of our own would make a reference cycle of every exchange.
        self._poke: Callable[[], object] | None = self._assigned.release

    def wait_for_connection(self, timeout: float | None) -> Connection:
        """Wait until the pool has assigned a connection.

        Args:
            timeout: Seconds, or None to wait for as long as it takes.
        """
        if self.connection is None and not self.sleep(timeout):
            raise httpx.PoolTimeout("no connection of the pool became free in time")
        self.check()
        assert self.connection is not None
        return self.connection

    def aim(self, poke: Callable[[], object] | None) -> None:
        """Say what ends the wait that follows.

        Args:
            poke: Called by `wake`, from any thread, at most once.
        """
        self._poke = poke
        self.check()

    def wake(self) -> None:
        """End whatever this exchange is waiting for. Does nothing once it has ended."""
        # Without waiting: a guard that is held means that another wake does the work, or that the exchange has
        # ended and its connection may be serving somebody else.
        if self.woken or not self._guard.acquire(blocking=False):
            return
        try:
            self.woken = True
            # A forked child shares its parent's sockets, and shutting one down would cut the parent off.
            if self._poke is not None and os.getpid() == self._pid:
                with suppress(OSError, RuntimeError):  # not connected any more; nobody waits any more
                    self._poke()
        finally:
            self._guard.release()

    def finish(self) -> bool:
        """The exchange has ended, well or not; from now on `wake` does nothing.

        Returns:
            Whether the connection is untouched by a wake and may be used again.
        """
        if not self._finished:
            # The limit matters only when this runs in a finaliser on top of a `wake` of the same thread.
            self._finished = self._guard.acquire(timeout=1.0)
        return self._finished and not self.woken

    def sleep(self, timeout: float | None) -> bool:
        """Wait until `rouse` is called, or was since the last wait.

        Args:
            timeout: Seconds, or None for as long as it takes.

        Returns:
            Whether it was called in time.
        """
        return self._assigned.acquire(timeout=-1 if timeout is None else max(timeout, 0.0))

    def rouse(self) -> None:
        """End a `sleep`."""
        with suppress(RuntimeError):  # already released
            self._assigned.release()
