"""Limits in time that span more than one wait: the deadline of a call, and the longest pause of a stream."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from math import inf

from ollama_sdk.overlay._errors import OllamaError
from ollama_sdk.overlay._runtime import call_later, release

_NEAR = 0.3
"""Seconds that the thread may sleep on without an alarm, in case that the next call sets one: starting it takes longer
than a small call."""


class Alarm:
    """Calls a function at a time, unless it is postponed or cancelled before."""

    __slots__ = ("_alarms", "_pid", "_ring", "at")

    def __init__(self, ring: Callable[[], object], at: float) -> None:
        """Make an alarm that is not set yet: the thread of `Alarms` calls `ring` at `at` (`time.monotonic()`)."""
        self._ring = ring
        self._pid = os.getpid()
        self._alarms: Alarms | None = None
        self.at = at

    def due(self, now: float) -> float:
        """Return the time of the next check; the alarm rings if it is not later than `now`."""
        return self.at

    def ring(self) -> None:
        """Call the function, unless the alarm belongs to the process that this one was forked from."""
        if os.getpid() == self._pid:
            self._ring()

    def set(self, alarms: Alarms) -> None:
        self._alarms = alarms
        alarms.add(self)

    def hasten(self) -> None:
        """Let the thread of `Alarms` ring the alarm, which was set, at once."""
        self.at = 0.0
        if self._alarms is not None:
            self._alarms.add(self)

    def cancel(self) -> None:
        if self._alarms is not None:
            self._alarms.cancel(self)


class StallAlarm(Alarm):
    """Rings when a stream waits for the next line for too long. The time that its consumer takes does not count.

    With `only_changes`, a line that equals a recent one is not new: the server repeats its lines of progress while it
    waits itself.
    """

    __slots__ = ("_is_new", "_limit", "_paused", "_recent")

    def __init__(self, ring: Callable[[], object], limit: float, *, only_changes: bool) -> None:
        """Make an alarm that measures from the first wait on."""
        super().__init__(ring, time.monotonic() + limit)
        self._limit = limit
        self._paused = True
        self._is_new = True
        # Several, since the lines of files that are fetched at the same time alternate.
        self._recent: deque[bytes] | None = deque(maxlen=16) if only_changes else None

    def due(self, now: float) -> float:
        """Return the time at which the current wait is too long, or that of the next check between two waits."""
        return now + self._limit if self._paused else self.at

    def wait_begins(self) -> None:
        """Start to measure the wait for the next bytes."""
        if self._is_new:
            self.at = time.monotonic() + self._limit
        self._paused = False

    def wait_ends(self, data: bytes) -> None:
        """Stop measuring: the next bytes have arrived."""
        self._paused = True
        self._is_new = b"\n" in data and self._has_new_line(data)

    def _has_new_line(self, data: bytes) -> bool:
        recent = self._recent
        if recent is None:
            return not data.isspace()
        fresh = [line for line in data.split(b"\n") if line and line not in recent]
        recent.extend(fresh)
        return bool(fresh)


class Alarms:
    """The alarms of a client's calls, and the one thread that waits for them.

    The thread runs while there are any, or a moment longer.

    A call may end in a finalizer or a signal handler, between any two instructions of the code below. So nothing waits
    for a lock: sets and dictionaries are changed in single steps of the interpreter, and the thread sleeps on a lock
    that any other code may release.
    """

    def __init__(self) -> None:
        self._alarms: set[Alarm] = set()
        self._sleepers: dict[int, threading.Lock] = {}  # by process, as a forked child has no thread of its parent
        self._next_check = inf

    def add(self, alarm: Alarm) -> None:
        """Start an alarm, and the thread if there is none."""
        self._alarms.add(alarm)
        running = self._sleepers.get(os.getpid())
        if running is not None:
            if alarm.at < self._next_check:
                release(running)
            return
        sleeper = threading.Lock()
        sleeper.acquire()
        try:
            threading.Thread(target=self._run, args=(sleeper,), name="ollama-sdk-limits", daemon=True).start()
        except RuntimeError as error:  # no more threads
            self.cancel(alarm)  # which ends the thread that another call may have started meanwhile
            raise OllamaError(f"cannot start the thread that watches deadline= and stall_timeout=: {error}") from error

    def cancel(self, alarm: Alarm) -> None:
        """Stop an alarm, and the thread if it was the last one: at once, or at its next check if that is near."""
        self._alarms.discard(alarm)
        running = self._sleepers.get(os.getpid())
        if running is not None and not self._alarms and self._next_check > time.monotonic() + _NEAR:
            release(running)

    def _run(self, sleeper: threading.Lock) -> None:
        while True:
            running = self._sleepers.setdefault(os.getpid(), sleeper)
            if running is not sleeper:  # a call on another thread was faster
                release(running)  # it may not have seen the alarm that this thread was started for
                return
            self._ring_all(sleeper)
            self._sleepers.pop(os.getpid(), None)
            if not self._alarms:  # else one was added after the last check, but before the line above
                return

    def _ring_all(self, sleeper: threading.Lock) -> None:
        """Ring each alarm when its time is up, until there are no more."""
        while self._alarms:
            self._next_check = inf  # so that an alarm that is added from here on ends the sleep below
            first = self._ring_due()
            if self._alarms:
                self._next_check = first
                sleeper.acquire(timeout=min(max(first - time.monotonic(), 0.0), threading.TIMEOUT_MAX))

    def _ring_due(self) -> float:
        """Ring the alarms whose time is up, and return the time of the next check."""
        now = time.monotonic()
        first = inf
        for alarm in self._alarms.copy():  # in one step, also without the GIL; `tuple` takes many
            due = alarm.due(now)
            if due <= now:
                self._alarms.discard(alarm)
                alarm.ring()
            else:
                first = min(first, due)
        return first


class LoopAlarms(Alarms):
    """The alarms where there are no threads: a timer of the browser's event loop, which always runs."""

    def __init__(self) -> None:
        super().__init__()
        self._stop: Callable[[], None] = lambda: None

    def add(self, alarm: Alarm) -> None:
        self._alarms.add(alarm)
        self._check_at(alarm.at)

    def cancel(self, alarm: Alarm) -> None:
        self._alarms.discard(alarm)
        if not self._alarms:
            self._stop()
            self._next_check = inf

    def _check_at(self, at: float) -> None:
        if at < self._next_check:
            self._stop()
            self._next_check = at
            self._stop = call_later(self._check, at - time.monotonic())

    def _check(self) -> None:
        self._next_check = inf
        self._check_at(self._ring_due())
