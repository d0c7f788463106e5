"""Streams: each owns one response, and can be iterated, closed, aborted and accumulated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.accumulate import Accumulator
from ollama_sdk.overlay._answers.answers import Source, decode_object, explain
from ollama_sdk.overlay._answers.ndjson import LineDecoder, LineTooLongError
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper
from ollama_sdk.overlay._calls import log as _log
from ollama_sdk.overlay._calls.alarms import EndAlarm, StallAlarm, Watched
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
        self._end: EndAlarm | None = None
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
        self.stall = StallAlarm(self.call, stall_timeout, only_changes=only_changes)
        self.stall.set(self._calls.alarms)

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
            self._end = EndAlarm(self.call, _END_WAIT)
            self._end.set(self._calls.alarms)

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


class _BaseStream(Generic[M]):
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


class Stream(_BaseStream[M]):
    """A streamed answer: iterate over it for its pieces.

    Leaving a `with` block, or dropping the last reference, closes the connection, and the server stops generating.

    Iterating raises ResponseError when the server tells an error in the stream, DecodeError for a line that is not
    JSON, IncompleteStreamError when the connection ends early, OllamaTimeoutError, and AbortError after `abort()`;
    what had arrived is then in the error's `partial`.
    """

    def __init__(self, reading: Reading[M]) -> None:
        """Made by the client."""
        self._reading = reading
        self._chunks = _read(reading)

    def __iter__(self) -> Iterator[M]:
        """The pieces that have not been read yet."""
        self._reading.check_open()
        return self._chunks

    def __next__(self) -> M:
        """The next piece."""
        return next(iter(self))

    @property
    def text(self) -> Iterator[str]:
        """Iterate over the text only, piece by piece, leaving out empty pieces."""
        return _texts(self._reading, iter(self))

    def final(self) -> M:
        """Read to the end and return the whole answer: text, thinking, tool calls, logprobs, counts and durations."""
        for _ in self:
            pass
        whole = self._reading.partial()
        if whole is None or not self._reading.finished:
            raise self._reading.closed_early()
        return whole

    def close(self) -> None:
        """Close the connection, unless the answer is complete; reading on raises IncompleteStreamError."""
        reading = self._reading
        if not reading.ended:
            reading.end(reading.closed_early())
            if isinstance(self._chunks, GeneratorType) and self._chunks.gi_running and (wake := reading.call.wake):
                wake()  # another thread waits for bytes, and on httpx's transport closing would not end that
            reading.response.close()

    def __enter__(self) -> Self:
        """Return the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the stream."""
        self.close()


def _read(reading: Reading[M]) -> Iterator[M]:
    response, call = reading.response, reading.call
    try:
        # iter_bytes has a layer per piece, needed for a body that is compressed, or that a hook has read.
        plain = "content-encoding" not in response.headers and not response.is_stream_consumed
        body: Any = response.stream if plain else response.iter_bytes()
        for data in body if reading.stall is None else Watched(body, reading.stall):
            for group in reading.models(data):
                for chunk in group:
                    yield chunk
                    if call.aborted:
                        reading.check()
            if reading.finished:
                reading.expect_end()
        for group in reading.last():
            yield from group
    except GeneratorExit:  # of the iterator alone, by its user or at the end of asyncio.run(), or with the stream
        reading.drop()
        raise
    except Exception as error:
        failure = reading.failed(error)
        response.close()
        if failure is not None:
            raise failure  # noqa: B904  # it has its cause
    except BaseException:  # Ctrl-C
        reading.end(reading.closed_early())
        response.close()
        raise
    else:
        response.close()


def _texts(reading: Reading[M], chunks: Iterator[M]) -> Iterator[str]:
    for chunk in chunks:
        text = reading.text(chunk)
        if text:
            yield text


class AsyncStream(_BaseStream[M]):
    """A streamed answer: iterate over it with `async for`; see `Stream` for what iterating raises."""

    def __init__(self, reading: Reading[M]) -> None:
        """Made by the client."""
        self._reading = reading
        self._chunks = _aread(reading)

    def __aiter__(self) -> AsyncIterator[M]:
        """The pieces that have not been read yet."""
        self._reading.check_open()
        return self._chunks

    async def __anext__(self) -> M:
        """The next piece."""
        return await anext(aiter(self))

    @property
    def text(self) -> AsyncIterator[str]:
        """Iterate over the text only, piece by piece, leaving out empty pieces."""
        return _atexts(self._reading, aiter(self))

    async def final(self) -> M:
        """Read to the end and return the whole answer: text, thinking, tool calls, logprobs, counts and durations."""
        async for _ in self:
            pass
        whole = self._reading.partial()
        if whole is None or not self._reading.finished:
            raise self._reading.closed_early()
        return whole

    async def close(self) -> None:
        """Close the connection, unless the answer is complete; reading on raises IncompleteStreamError."""
        reading = self._reading
        if not reading.ended:
            reading.end(reading.closed_early())
            await reading.response.aclose()

    async def __aenter__(self) -> Self:
        """Return the stream."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the stream."""
        await self.close()


async def _aread(reading: Reading[M]) -> AsyncIterator[M]:
    response, call = reading.response, reading.call
    try:
        plain = "content-encoding" not in response.headers and not response.is_stream_consumed
        body: Any = response.stream if plain else response.aiter_bytes()
        async for data in body if reading.stall is None else Watched(body, reading.stall):
            for group in reading.models(data):
                for chunk in group:
                    yield chunk
                    if call.aborted:
                        reading.check()
            if reading.finished:
                reading.expect_end()
        for group in reading.last():
            for chunk in group:
                yield chunk
    except GeneratorExit:  # of the iterator alone, by its user or at the end of asyncio.run(), or with the stream
        reading.drop()
        raise
    except Exception as error:
        failure = reading.failed(error)
        await response.aclose()
        if failure is not None:
            raise failure  # noqa: B904  # it has its cause
    except BaseException:  # the task was cancelled
        reading.end(reading.closed_early())
        await response.aclose()
        raise
    else:
        await response.aclose()


async def _atexts(reading: Reading[M], chunks: AsyncIterator[M]) -> AsyncIterator[str]:
    async for chunk in chunks:
        text = reading.text(chunk)
        if text:
            yield text
