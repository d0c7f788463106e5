"""Calls in flight, and how `abort()` ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Protocol

from ollama_sdk.overlay._calls.alarms import Alarm, Alarms, LoopAlarms
from ollama_sdk.overlay._checks import NO_DEADLINE, Deadline
from ollama_sdk.overlay._errors import AbortError, OllamaTimeoutError
from ollama_sdk.overlay._runtime import HAS_THREADS

if TYPE_CHECKING:
    from ollama_sdk.generated.types import Model


class Observation(Protocol):
    """Follows one call for telemetry; see `_sending/observer.py`."""

    def handed_over(self) -> None:
        """Note that the caller has the stream, and continues with other work."""

    def arrived(self, count: int) -> None:
        """Note how many lines of the stream have arrived."""

    def ended(self, answer: object, failure: BaseException | None) -> None:
        """Note that the call is over. A stream that failed or was left passes the part that had arrived."""

    def dropped(self, answer: object) -> None:
        """Do as `ended` does, in a finalizer, which must not wait for any lock."""


class Call:
    """One call, from its start until its answer was read or closed.

    Code that waits for it calls `set_interrupt` first, with a function that ends the wait. There are no locks, so that
    `abort` is safe in a signal handler: `abort` sets the flag before it reads the function, `set_interrupt` sets the
    function before it reads the flag.
    """

    __slots__ = ("__weakref__", "_alarms", "_expired", "_interrupt", "aborted", "observation", "parent")

    def __init__(self) -> None:
        self.aborted = False  # or a limit in time ran out: the call has to end with an error
        self.parent: Call | None = None  # the call of the user that this one is a part of
        self.observation: Observation | None = None  # for telemetry, until the end was reported to it
        self._alarms: list[Alarm] = []  # that end with the call
        self._expired: tuple[str, float] | None = None
        self._interrupt: Callable[[], object] | None = None

    def set_interrupt(self, function: Callable[[], object] | None) -> Callable[[], object] | None:
        """Set the function that ends the next wait, and return the one that was set before.

        It is called at once if the call was aborted. Any thread or signal handler may call it, any number of times.
        None means that the wait is over.
        """
        before, self._interrupt = self._interrupt, function
        if self.aborted and function is not None:
            function()
        return before

    def interrupt(self) -> None:
        """End the current wait, if there is one, without ending the call."""
        function = self._interrupt
        if function is not None:
            function()

    def abort(self) -> None:
        """End the call: the wait in progress, and every later one, ends with an error."""
        self.aborted = True
        self.interrupt()

    def expire(self, phase: str, limit: float) -> None:
        """End the call because it, or a wait of it, took longer than a limit in seconds."""
        if not self.aborted:
            self._expired = (phase, limit)
        self.abort()

    def error(self, where: str, partial: Model | None = None) -> AbortError | OllamaTimeoutError:
        """Return the error of a call that was aborted or expired; `partial` is what a stream had received."""
        call: Call | None = self
        while call is not None and call._expired is None:
            call = call.parent
        if call is None or call._expired is None:
            return AbortError(f"{where} was aborted", partial=partial)
        phase, limit = call._expired
        if phase == "deadline":
            message = f"{where} took longer than {limit:g} seconds in all; deadline= sets the limit"
        else:
            message = f"{where} brought nothing new for {limit:g} seconds; stall_timeout= sets the limit"
        return OllamaTimeoutError(message, phase=phase, limit=limit, partial=partial)

    def set_alarm(self, alarm: Alarm, alarms: Alarms) -> None:
        """Start an alarm that ends with the call."""
        self._alarms.append(alarm)
        alarm.set(alarms)

    def observe_end(self, answer: object, failure: BaseException | None = None) -> None:
        """Report to telemetry how the call has ended, once."""
        observation, self.observation = self.observation, None
        if observation is not None:
            observation.ended(answer, failure)

    def cancel_alarms(self) -> None:
        for alarm in self._alarms:
            alarm.cancel()


class Calls:
    """The calls in flight of a client and of the copies that share its connections."""

    def __init__(self, alarms: Alarms | None = None) -> None:
        self.alarms = alarms or (Alarms() if HAS_THREADS else LoopAlarms())
        self._calls: set[Call] = set()

    def start(self, deadline: Deadline = NO_DEADLINE) -> Call:
        """Return a new call, which is in flight until `end`, and expires at the deadline."""
        call = Call()
        self._start(call, deadline)
        return call

    def _start(self, call: Call, deadline: Deadline) -> None:
        self._calls.add(call)
        if deadline.at < inf:
            try:
                call.set_alarm(Alarm(partial(call.expire, "deadline", deadline.seconds), deadline.at), self.alarms)
            except BaseException:
                self.end(call)
                raise

    @contextmanager
    def group(self, deadline: object = None) -> Iterator[CallGroup]:
        """Enter a group of calls: it is aborted with these calls or by itself, and expires at the deadline, if any."""
        group = CallGroup(self.alarms)
        self._start(group.parent, NO_DEADLINE if deadline is None else Deadline.of(deadline))
        try:
            yield group
        finally:
            self.end(group.parent)
            group.parent.set_interrupt(None)  # else a reference cycle

    def end(self, call: Call) -> None:
        self._calls.discard(call)
        call.cancel_alarms()

    def abort(self) -> None:
        calls = self._calls.copy()  # in one step, also without the GIL; `tuple` takes many
        for call in calls:
            call.aborted = True  # all first: one that ends may free the connection that another waits for
        for call in calls:
            call.abort()

    def __len__(self) -> int:
        return len(self._calls)


class CallGroup(Calls):
    """The requests and functions of one call of the user; after an abort, new calls of the group are aborted, too."""

    def __init__(self, alarms: Alarms | None = None) -> None:
        super().__init__(alarms)
        self.parent = Call()  # the call of the user
        self.parent.set_interrupt(super().abort)

    def _start(self, call: Call, deadline: Deadline) -> None:
        super()._start(call, deadline)
        call.parent = self.parent
        if self.parent.aborted:  # read after the call was added, so that an abort in between is not missed
            call.abort()

    def abort(self) -> None:
        """Abort all calls, and those that start later."""
        self.parent.aborted = True
        super().abort()

    def check(self) -> None:
        """Raise the error of the group if it was aborted or a limit ran out."""
        if self.parent.aborted:
            raise self.parent.error("the call")
