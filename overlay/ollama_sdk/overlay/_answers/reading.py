"""What streams have in common, blocking or asynchronous: all but the awaiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.accumulate import Accumulator
from ollama_sdk.overlay._answers.answers import Source, decode_object, explain
from ollama_sdk.overlay._answers.ndjson import LineDecoder, LineTooLongError
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.alarms import Alarm, StallAlarm
from ollama_sdk.overlay._errors import DecodeError, IncompleteStreamError, OllamaError
from ollama_sdk.overlay._runtime import quiet_at_exit

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call, Calls

M = TypeVar("M", bound=Model)
_AT_ONCE = 64  # lines that are decoded together
_END_WAIT = 0.25  # seconds that the end of a body may take after the last line


class Reading(Generic[M]):
    """The state of a stream that is read: everything but the awaiting.

    The iterator that a caller holds refers to this object alone, so that the connection is closed when both the
    stream and its iterator are gone.
    """

    def __init__(
        self,
        response: httpx.Response,
        model: type[M],
        call: Call,
        calls: Calls,
        where: str,
        max_line_bytes: int,
        keeps: object,
    ) -> None:
        self.response = response
        self.call = call
        self.finished = False  # the last line of the API's promise has come
        self.failure: OllamaError | None = None
        self.on_end: Callable[[], object] | None = None
        self.stall: StallAlarm | None = None
        self._end: Alarm | None = None
        self._calls = calls
        self._keeps = keeps  # a client that nobody refers to closes its connections: not while a stream is read
        self._model = model
        self._source = Source(where, response.status_code, response.headers)
        self._lines = LineDecoder(max_line_bytes)
        self._accumulator = Accumulator(model)
        self._end_key, self._end_value = model.stream_end or ("", None)
        self.ended = False  # nothing more will be read; last, as Ctrl-C may leave this object half made

    def models(self, data: bytes) -> Iterator[Iterable[M]]:
        """The models that are complete with the next bytes, in groups.

        Lines are decoded several at a time, which takes less than one by one between what the caller does with each.
        """
        if self.ended:  # httpx's own transport gives what it had read even after it was closed
            raise self.failure or self.closed_early()
        too_long: LineTooLongError | None = None
        try:
            lines = self._lines.feed(data)
        except LineTooLongError as error:
            too_long, lines = error, error.lines
        accumulator, call, loads = self._accumulator, self.call, _json.loads
        values: list[Any] = []  # of the lines that come next, as far as they are decoded
        at = 0
        while at < len(lines):
            if call.aborted:
                self.check()
            if accumulator.form is not None:
                values = values or _json.loads_each(lines[at : at + _AT_ONCE])
                taken = accumulator.take(values, lines[at : at + len(values)])
                if taken:
                    yield accumulator.ahead
                    if self.ended:
                        return
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
        """Take a line that is not like the one before it: the first, one with other fields, an error, the last."""
        if type(value) is not dict or "error" in value:
            decode_object(line, self._source, self.partial())
        try:
            chunk = shaper(self._model)(value)
        except ShapeError as error:
            raise self._source.undecodable(line, str(error), self.partial()) from None
        self._accumulator.add(value, line)
        if value.get(self._end_key) == self._end_value:
            self.finished = True
        return chunk

    def last(self) -> Iterator[Iterable[M]]:
        """The model of a last line without a line feed; then the truth about how the stream ended."""
        rest = self._lines.rest()
        if rest:
            try:
                yield from self.models(b"\n")
            except DecodeError as error:
                if not rest.startswith(b"{"):
                    raise  # a page of a proxy or another server, rather than a line that was cut
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
        """What has arrived, accumulated."""
        return self._accumulator.result()

    def check(self) -> None:
        """Raise if the call was ended."""
        if self.call.aborted:
            raise self.call.error(self._source.where, self.partial())

    def watch(self, stall_timeout: float) -> None:
        """End the stream when nothing new comes for so many seconds while it is read."""
        only_changes = self._end_key == "status"  # lines of progress are repeated while the server waits
        expire = partial(self.call.expire, "stall", stall_timeout)
        self.stall = StallAlarm(expire, stall_timeout, only_changes=only_changes)
        self.call.set_alarm(self.stall, self._calls.alarms)

    def end(self, failure: OllamaError | None = None) -> None:
        """Nothing more is read: the call is over."""
        if not self.ended:
            self._calls.end(self.call)  # first: Ctrl-C may come between any two lines
            self.ended = True
            self.failure = failure
            self._accumulator.stop()  # an iterator that is held gives no more of what has come either
            if self.on_end is not None:
                self.on_end()

    def expect_end(self) -> None:
        """The answer is complete: only the end of the body is still to come, which is worth a short wait.

        When it comes, the connection can serve the next request. A server that holds it back costs the connection.
        """
        self.call.finish()
        limit = self.response.extensions.get("expect_end")
        if limit is not None:
            limit(_END_WAIT)
        elif self._end is None:
            # Ends the wait only; the call has not failed.
            self._end = Alarm(self.call.interrupt, time.monotonic() + _END_WAIT)
            self.call.set_alarm(self._end, self._calls.alarms)

    def failed(self, error: Exception) -> OllamaError | None:
        """What an exception while reading means to the caller, to be raised; None when the answer was complete."""
        if self.finished and not self.call.aborted and isinstance(error, httpx.TransportError):
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
        self.end(failure)
        _log.ended(self._source.where, failure)
        return failure

    def interrupt_reader(self, chunks: object) -> None:
        """End the wait of another thread for the next of these chunks, before the response is closed.

        On httpx's transport, closing the response would not end it. The wait of a task is ended by closing.
        """
        if isinstance(chunks, GeneratorType) and chunks.gi_running:
            self.call.interrupt()

    def closed_early(self) -> IncompleteStreamError:
        """What a reader of a closed stream is told."""
        return IncompleteStreamError(
            f"the stream of {self._source.where} was closed before its end", partial=self.partial()
        )

    def text(self, chunk: M) -> str:
        """The text of one model: of its message, or of its response."""
        inner: Model = getattr(chunk, "message", None) or chunk
        for key in ("content", "response"):
            value = inner.get(key)
            if isinstance(value, str):
                return value
        return ""

    def check_open(self) -> None:
        """Raise what a reader of a stream that has ended before its end is told."""
        if self.failure is not None:
            raise self.failure
        if self.ended and not self.finished:
            raise self.closed_early()

    @quiet_at_exit
    def drop(self) -> None:
        """Close the connection, from within a finaliser too: nobody can read on."""
        if not getattr(self, "ended", True):
            self.end()
            self.call.abort()

    __del__ = drop


class BaseStream(Generic[M]):
    """What both kinds of stream have in common."""

    _reading: Reading[M]

    @property
    def response(self) -> httpx.Response:
        """The HTTP response: `.status_code`, `.headers`."""
        return self._reading.response

    @property
    def partial(self) -> M | None:
        """What has arrived so far, accumulated as `final()` does; None when nothing has."""
        return self._reading.partial()

    def abort(self) -> None:
        """End the stream at once; whoever is reading it gets AbortError. Safe in any thread and signal handler."""
        reading = self._reading
        if not reading.ended:
            reading.call.abort()
