"""Calls in flight, which `abort()` ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ollama_sdk.overlay._calls.alarms import Alarm, Alarms
from ollama_sdk.overlay._errors import AbortError, OllamaTimeoutError

if TYPE_CHECKING:
    from ollama_sdk.generated.types import Model


class Call:
    """One call, from its start until its answer has been read or given up.

    Code that waits on its behalf calls `set_interrupt` first, with a function that ends the wait. There are no locks,
    so that `abort` is safe in a signal handler: `abort` sets the flag before it reads the function, `set_interrupt`
    sets the function before it reads the flag.

    Attributes:
        aborted: Whether the call has to end with an error: it was aborted, or a limit in time ran out.
        alarms: The alarms that watch these limits.
    """

    __slots__ = ("__weakref__", "_expired", "_interrupt", "aborted", "alarms")

    def __init__(self) -> None:
        """Start a call that waits for nothing yet."""
        self.aborted = False
        self.alarms: list[Alarm] = []
        self._expired: tuple[str, float] | None = None
        self._interrupt: Callable[[], object] | None = None

    def set_interrupt(self, function: Callable[[], object] | None) -> Callable[[], object] | None:
        """Set the function that ends the wait that follows; it is called at once if the call was aborted.

        Args:
            function: Called from any thread or a signal handler, any number of times. None: the wait is over.

        Returns:
            The function that was set before.
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
        """End the call since it, or a pause of it, took longer than a limit in seconds."""
        if not self.aborted:
            self._expired = (phase, limit)
        self.abort()

    def error(self, where: str, partial: Model | None = None) -> AbortError | OllamaTimeoutError:
        """Return the error of a call that was ended, with what a stream had delivered as its `partial`."""
        if self._expired is None:
            return AbortError(f"{where} was aborted", partial=partial)
        phase, limit = self._expired
        if phase == "deadline":
            message = f"{where} took longer than {limit:g} seconds in all; deadline= sets the limit"
        else:
            message = f"{where} brought nothing new for {limit:g} seconds; stall_timeout= sets the limit"
        return OllamaTimeoutError(message, phase=phase, limit=limit, partial=partial)

    def set_alarm(self, alarm: Alarm, alarms: Alarms) -> None:
        """Let an alarm count until the call is over."""
        self.alarms.append(alarm)
        alarm.set(alarms)

    def finish(self) -> None:
        """Cancel the alarms: the call is over."""
        for alarm in self.alarms:
            alarm.cancel()


class Calls:
    """The calls in flight of a client and of the copies that share its connections."""

    def __init__(self) -> None:
        """Start with none."""
        self.alarms = Alarms()
        self._calls: set[Call] = set()

    def start(self) -> Call:
        """Start a call."""
        call = Call()
        self._calls.add(call)
        return call

    @contextmanager
    def group(self) -> Iterator[CallGroup]:
        """Start calls that make up one: they are aborted together with these, and can be aborted by themselves."""
        group = CallGroup()
        group.alarms = self.alarms
        call = self.start()
        call.set_interrupt(group.abort)
        try:
            yield group
        finally:
            self.end(call)

    def end(self, call: Call) -> None:
        """Forget a call, which is over."""
        self._calls.discard(call)
        call.finish()

    def abort(self) -> None:
        """Abort all calls that are in flight now."""
        calls = tuple(self._calls)  # copied in one step of the interpreter
        for call in calls:
            call.aborted = True  # all, before one gives up the connection that another is waiting for
        for call in calls:
            call.abort()

    def __len__(self) -> int:
        """Return how many calls are in flight."""
        return len(self._calls)


class CallGroup(Calls):
    """Calls that make up one, which is over when it is aborted: later calls are aborted from their start."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self._aborted = False

    def start(self) -> Call:
        """Start a call."""
        call = super().start()
        if self._aborted:  # looked at after the call was added, so that an abort in between is not missed
            call.abort()
        return call

    def abort(self) -> None:
        """Abort all calls, those to come too."""
        self._aborted = True
        super().abort()

    def check(self) -> None:
        """Raise AbortError once the group was aborted."""
        if self._aborted:
            raise AbortError("the call was aborted")
