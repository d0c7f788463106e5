"""Limits in time that span more than one wait: the deadline of a call, and the longest pause of a stream."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from math import inf

from ollama_sdk.overlay._errors import OllamaError
from ollama_sdk.overlay._runtime import release


class Alarm:
    """Calls a function when its time is up, unless it is put off or cancelled before."""

    __slots__ = ("_alarms", "_pid", "_ring", "at")

    def __init__(self, ring: Callable[[], object], at: float) -> None:
        """Make an alarm that is not set yet: `ring` is called in their thread at `at` (`time.monotonic()`)."""
        self._ring = ring
        self._pid = os.getpid()
        self._alarms: Alarms | None = None
        self.at = at

    def due(self, now: float) -> float:
        """When to look again; not later than `now` if the time is up."""
        return self.at

    def ring(self) -> None:
        """Call the function, unless the alarm is one of the process that this one was forked from."""
        if os.getpid() == self._pid:
            self._ring()

    def set(self, alarms: Alarms) -> None:
        """Let it count."""
        self._alarms = alarms
        alarms.add(self)

    def cancel(self) -> None:
        """Let it count no more."""
        if self._alarms is not None:
            self._alarms.cancel(self)


class StallAlarm(Alarm):
    """Rings when a stream has waited for too long for the next line. The time its consumer takes does not count.

    Args:
        ring: Called then.
        limit: Seconds without progress.
        only_changes: Whether a line that has been there before is none: the server repeats its lines of progress
            while it waits itself.
    """

    __slots__ = ("_is_new", "_limit", "_paused", "_recent")

    def __init__(self, ring: Callable[[], object], limit: float, *, only_changes: bool) -> None:
        """Make an alarm that counts from the first wait on."""
        super().__init__(ring, time.monotonic() + limit)
        self._limit = limit
        self._paused = True
        self._is_new = True
        # Several, as the lines of files that are fetched side by side come in turns.
        self._recent: deque[bytes] | None = deque(maxlen=16) if only_changes else None

    def due(self, now: float) -> float:
        """When to look again: when the current wait has lasted too long."""
        return now + self._limit if self._paused else self.at

    def waits(self) -> None:
        """The next bytes are waited for."""
        if self._is_new:
            self.at = time.monotonic() + self._limit
        self._paused = False

    def came(self, data: bytes) -> None:
        """Bytes have come."""
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
    """The alarms of a client's calls, and the one thread that waits for them, which lives while there are any.

    A call may end in a finaliser or a signal handler, between any two instructions of other code in here. So nothing
    waits for a lock: sets and dictionaries are changed in single steps of the interpreter, and the thread sleeps on a
    lock that anybody may release.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._alarms: set[Alarm] = set()
        self._threads: dict[int, threading.Lock] = {}  # by process, as a forked child has no thread of its parent
        self._wakes_at = inf

    def add(self, alarm: Alarm) -> None:
        """Set an alarm."""
        self._alarms.add(alarm)
        sleeper = threading.Lock()
        sleeper.acquire()
        running = self._threads.setdefault(os.getpid(), sleeper)
        if running is sleeper:
            try:
                threading.Thread(target=self._run, args=(sleeper,), name="ollama-sdk-limits", daemon=True).start()
            except RuntimeError as error:  # no more threads
                self._alarms.discard(alarm)
                self._threads.pop(os.getpid(), None)  # so that the next call tries again
                raise OllamaError(
                    f"cannot start the thread that watches deadline= and stall_timeout=: {error}"
                ) from error
        elif alarm.at < self._wakes_at:
            release(running)

    def cancel(self, alarm: Alarm) -> None:
        """The call of an alarm is over."""
        self._alarms.discard(alarm)
        running = self._threads.get(os.getpid())
        if running is not None and not self._alarms:
            release(running)

    def _run(self, sleeper: threading.Lock) -> None:
        while True:
            self._ring_until_none_is_left(sleeper)
            self._threads.pop(os.getpid(), None)
            # An alarm may have been added after the last look, by a call that saw this thread still there.
            if not self._alarms or self._threads.setdefault(os.getpid(), sleeper) is not sleeper:
                return

    def _ring_until_none_is_left(self, sleeper: threading.Lock) -> None:
        while self._alarms:
            self._wakes_at = inf  # an alarm that is added from here on ends the sleep that follows
            now = time.monotonic()
            first = inf
            for alarm in tuple(self._alarms):
                due = alarm.due(now)
                if due <= now:
                    self._alarms.discard(alarm)
                    alarm.ring()
                else:
                    first = min(first, due)
            if self._alarms:
                self._wakes_at = first
                sleeper.acquire(timeout=min(max(first - time.monotonic(), 0.0), threading.TIMEOUT_MAX))
