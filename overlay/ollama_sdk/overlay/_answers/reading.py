"""The state of a stream that is being read, and the base class of streams; nothing here awaits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.accumulate import Accumulator
from ollama_sdk.overlay._answers.answers import Source, decode_object, explain, is_end
from ollama_sdk.overlay._answers.ndjson import LineDecoder, LineTooLongError
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.alarms import Alarm, StallAlarm
from ollama_sdk.overlay._errors import DecodeError, IncompleteStreamError, OllamaError
from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._runtime import quiet_at_exit

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call, Calls

M = TypeVar("M", bound=Model)
_AT_ONCE = 64  # lines that are decoded together
_END_WAIT = 0.25  # seconds that the end of a body may take after the last line


class Reading(Generic[M]):
    """The state of a stream that is being read.

    The iterator that a caller holds refers to this object and not to the stream, so that the connection is closed when
    both are gone.
    """

    def __init__(
        self,
        response: httpx.Response,
        model: type[M],
        call: Call,
        calls: Calls,
        source: Source,
        max_line_bytes: int,
        owner: object,
    ) -> None:
        self.response = response
        self.call = call
        self.finished = False  # the last line of the answer has arrived
        self.failure: OllamaError | None = None
        self.on_end: Callable[[], object] | None = None
        self.stall: StallAlarm | None = None
        self._end_alarm: Alarm | None = None
        self._calls = calls
        self._owner = owner  # of the connection, which is closed when the owner is collected
        self._model = model
        self._source = source
        self._lines = LineDecoder(max_line_bytes)
        self._accumulator = Accumulator(model)
        self._end_key, self._end_value = model._stream_end or ("", None)
        self.ended = False  # set last: `drop` leaves an object alone that Ctrl-C left half made

    def models(self, data: bytes) -> Iterator[Iterable[M]]:
        """Iterate over the models of the lines that the next bytes complete, in groups.

        Several lines are decoded at a time, which is faster than one by one between the steps of the caller.
        """
        if self.ended:  # httpx's own transport yields what it had read even after it was closed
            raise self.failure or self.closed_early()
        too_long: LineTooLongError | None = None
        try:
            lines = self._lines.feed(data)
        except LineTooLongError as error:
            too_long, lines = error, error.lines
        if lines and self.call.observation is not None:
            self.call.observation.arrived(len(lines))
        accumulator, call, loads = self._accumulator, self.call, _json.loads
        values: list[Any] = []  # decoded lines that were not taken yet
        at = 0
        while at < len(lines):
            if call.aborted:
                self.check()
            if accumulator.builder is not None:
                values = values or _json.loads_each(lines[at : at + _AT_ONCE])
                taken = accumulator.take(values, lines, at)
                if taken:
                    yield accumulator.ahead
                    if self.ended:
                        return
                    accumulator.all_yielded()
                    del values[:taken]
                    at += taken
                    continue
            line = lines[at]
            at += 1
            try:
                value = values.pop(0) if values else loads(line)
            except ValueError:
                if line.isspace():
                    continue
                value = None
            yield (self._add(value, line),)
            if self.ended:
                return
        if too_long is not None:
            why = f"{too_long}; max_line_bytes= sets the limit"
            raise self._source.unreadable(why, self.partial()) from too_long

    def _add(self, value: Any, line: bytes) -> M:
        """Add a line whose form differs from the line before: the first, one with other fields, an error, the last."""
        if type(value) is not dict or value.get("error") is not None:
            decode_object(line, self._source, self.partial())
        try:
            chunk = shaper(self._model)(value)
        except ShapeError as error:
            raise self._source.undecodable(line, str(error), self.partial()) from None
        is_last = is_end(self._model, value)
        self._accumulator.add(value, line, is_last=is_last)
        self.finished |= is_last
        return chunk

    def last(self) -> Iterator[Iterable[M]]:
        """Iterate over the model of a last line without a line feed, then check how the stream ended.

        Raises:
            IncompleteStreamError: It ended in the middle of a line, or before its last line.
            DecodeError: It had no lines, or was the answer of a proxy or of another server.
        """
        rest = self._lines.rest()
        if rest:
            try:
                yield from self.models(b"\n")
            except DecodeError as error:
                if not rest.startswith(b"{") or error.__cause__ is None:
                    raise  # the answer of a proxy or of another server, not a line that was cut
                raise IncompleteStreamError(
                    f"the answer to {self._source.where} ended in the middle of a line", partial=self.partial()
                ) from error
        if not self.finished:
            if self.partial() is None and "ndjson" not in self._source.headers.get("content-type", ""):
                raise self._source.undecodable(b"", "has an empty body")
            raise IncompleteStreamError(
                f"the answer to {self._source.where} ended without its last line ({self._end_key} {self._end_value!r})",
                partial=self.partial(),
            )
        self.end()

    def partial(self) -> M | None:
        return self._accumulator.result()

    def check(self) -> None:
        """Raise the error of the call if it was aborted or a limit ran out."""
        if self.call.aborted:
            raise self.call.error(self._source.where, self.partial())

    def watch(self, stall_timeout: float) -> None:
        """End the stream when nothing new arrives for `stall_timeout` seconds while it is read."""
        only_changes = self._end_key == "status"  # lines of progress are repeated while the server waits
        expire = partial(self.call.expire, "stall", stall_timeout)
        self.stall = StallAlarm(expire, stall_timeout, only_changes=only_changes)
        self.call.set_alarm(self.stall, self._calls.alarms)

    def end(self, failure: OllamaError | None = None) -> None:
        """End the call: no more is read, and readers get `failure`, or the end of the stream."""
        if not self.ended:
            self._calls.end(self.call)  # first: Ctrl-C may come between any two statements
            self.ended = True
            self.failure = failure
            self._accumulator.stop()  # the caller may hold the iterator of a group
            if self.call.observation is not None:
                self.call.observe_end(self.partial())
            if self.on_end is not None:
                self.on_end()

    def expect_end(self) -> None:
        """Limit the wait for the end of the body, since the answer is complete.

        When the end arrives in time, the connection can serve the next request; otherwise it is closed.
        """
        self.call.cancel_alarms()
        limit = self.response.extensions.get("expect_end")
        if limit is not None:
            limit(_END_WAIT)
        elif self._end_alarm is None:
            # It ends the wait, not the call, which has not failed.
            self._end_alarm = Alarm(self.call.interrupt, time.monotonic() + _END_WAIT)
            self.call.set_alarm(self._end_alarm, self._calls.alarms)

    def failed(self, error: Exception) -> Exception | None:
        """End the stream after an exception, and return the error to raise; None when the answer was complete."""
        if self.finished and not self.call.aborted and isinstance(error, httpx.TransportError) and not foreign(error):
            self.end()
            return None
        failure = explain(
            error,
            where=self._source.where,
            call=self.call,
            request=self.response.request,
            partial=self.partial(),
            source=self._source,
        )
        if self.call.observation is not None:
            self.call.observe_end(self.partial(), failure)
        self.end(failure if isinstance(failure, OllamaError) else self.closed_early())
        _log.ended(self._source.where, failure)
        return failure

    def interrupt_reader(self, chunks: object) -> None:
        """End the wait of another thread for the next of these chunks, before the response is closed.

        On httpx's transport, closing the response does not end it. The wait of a task is ended by closing.
        """
        if isinstance(chunks, GeneratorType) and chunks.gi_running:
            self.call.interrupt()

    def closed_early(self) -> IncompleteStreamError:
        """Return the error for reading on after the stream was closed."""
        return IncompleteStreamError(
            f"the stream of {self._source.where} was closed before its end", partial=self.partial()
        )

    def check_open(self) -> None:
        """Raise the error of a stream that failed, or that was closed before its end."""
        if self.failure is not None:
            raise self.failure
        if self.ended and not self.finished:
            raise self.closed_early()

    @quiet_at_exit
    def drop(self) -> None:
        """Close the connection when the stream cannot be read any more; finalizers call this too."""
        if not getattr(self, "ended", True):
            observation, self.call.observation = self.call.observation, None
            self.end()
            self.call.abort()
            if observation is not None:
                observation.dropped(self.partial())

    __del__ = drop


def refuse_copy(self: object) -> NoReturn:
    """Refuse to pickle or to copy a stream, with a reason; the error of its iterator would have none."""
    name = type(self).__name__
    raise TypeError(f"a {name} has a connection and cannot be pickled or copied; what its final() returns can")


class BaseStream(Generic[M]):
    """The part of a stream that does not await."""

    _reading: Reading[M]
    __reduce__ = refuse_copy

    @property
    def response(self) -> httpx.Response:
        """The HTTP response: `.status_code`, `.headers`."""
        return self._reading.response

    @property
    def partial(self) -> M | None:
        """The answer accumulated so far, in the form of `final()`; None before the first piece."""
        return self._reading.partial()

    def __repr__(self) -> str:
        reading = self._reading
        state = "complete" if reading.finished else "ended early" if reading.ended else "open"
        return f"<{type(self).__name__} of {reading._source.where}, {state}>"

    def abort(self) -> None:
        """End the stream at once; its reader gets AbortError. Safe in any thread and in a signal handler."""
        reading = self._reading
        if not reading.ended:
            reading.call.abort()
