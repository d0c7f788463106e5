"""Calls in flight, and how `abort()` ends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ollama_sdk.overlay._calls.alarms import Alarm, Alarms, make_alarms
from ollama_sdk.overlay._errors import AbortError, OllamaTimeoutError

if TYPE_CHECKING:
    from ollama_sdk.generated.types import Model


class Call:
    """One call, from its start until its answer was read or closed.

    Code that waits for it calls `set_interrupt` first, with a function that ends the wait. There are no locks, so that
    `abort` is safe in a signal handler: `abort` sets the flag before it reads the function, `set_interrupt` sets the
    function before it reads the flag.

    Attributes:
        aborted: Whether the call has to end with an error: it was aborted, or a limit in time ran out.
        alarms: The alarms of these limits.
    """

    __slots__ = ("__weakref__", "_expired", "_interrupt", "aborted", "alarms")

    def __init__(self) -> None:
        self.aborted = False
        self.alarms: list[Alarm] = []
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
        if self._expired is None:
            return AbortError(f"{where} was aborted", partial=partial)
        phase, limit = self._expired
        if phase == "deadline":
            message = f"{where} took longer than {limit:g} seconds in all; deadline= sets the limit"
        else:
            message = f"{where} brought nothing new for {limit:g} seconds; stall_timeout= sets the limit"
        return OllamaTimeoutError(message, phase=phase, limit=limit, partial=partial)

    def set_alarm(self, alarm: Alarm, alarms: Alarms) -> None:
        """Start an alarm that ends with the call."""
        self.alarms.append(alarm)
        alarm.set(alarms)

    def finish(self) -> None:
        """Cancel the alarms of the call, which is over."""
        for alarm in self.alarms:
            alarm.cancel()


class Calls:
    """The calls in flight of a client and of the copies that share its connections."""

    def __init__(self) -> None:
        self.alarms = make_alarms()
        self._calls: set[Call] = set()

    def start(self) -> Call:
        """Return a new call, which is in flight until `end`."""
        call = Call()
        self._calls.add(call)
        return call

    @contextmanager
    def group(self) -> Iterator[CallGroup]:
        """Enter a group of calls: it is aborted with these calls, and can be aborted by itself."""
        group = CallGroup()
        group.alarms = self.alarms
        call = self.start()
        call.set_interrupt(group.abort)
        try:
            yield group
        finally:
            self.end(call)

    def end(self, call: Call) -> None:
        """Remove a call, which is over."""
        self._calls.discard(call)
        call.finish()

    def abort(self) -> None:
        """Abort all calls that are in flight now."""
        calls = tuple(self._calls)  # copied in one step of the interpreter
        for call in calls:
            call.aborted = True  # all first: one that ends may free the connection that another waits for
        for call in calls:
            call.abort()

    def __len__(self) -> int:
        """Return how many calls are in flight."""
        return len(self._calls)


class CallGroup(Calls):
    """The requests and functions of one call of the user; after an abort, new calls of the group are aborted, too."""

    def __init__(self) -> None:
        super().__init__()
        self._aborted = False

    def start(self) -> Call:
        """Return a new call, which is aborted if the group was."""
        call = super().start()
        if self._aborted:  # read after the call was added, so that an abort in between is not missed
            call.abort()
        return call

    def abort(self) -> None:
        """Abort all calls, and those that start later."""
        self._aborted = True
        super().abort()

    def check(self) -> None:
        """Raise AbortError if the group was aborted."""
        if self._aborted:
            raise AbortError("the call was aborted")
