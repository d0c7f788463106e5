# Compiled from overlay/ollama_sdk/overlay/_answers/_async/streams.py; change that, then run `make generate`.
"""Streams: each owns one response, and can be iterated, closed, aborted and accumulated."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._answers.answers import text_of
from ollama_sdk.overlay._answers.reading import BaseStream, Reading
from ollama_sdk.overlay._calls.alarms import StallAlarm

M = TypeVar("M", bound=Model)


class Stream(BaseStream[M]):
    """A streamed answer: iterate over it for its pieces.

    Leaving a `with` block, or dropping the last reference, closes the connection, and the server stops
    generating.

    Iterating raises ResponseError when the server reports an error in the stream, DecodeError for a line that is not
    JSON, IncompleteStreamError when the connection ends early, OllamaTimeoutError, and AbortError after `abort()`.
    The error's `partial` is the answer accumulated until then.
    """

    __module__ = "ollama_sdk.overlay"

    def __init__(self, reading: Reading[M]) -> None:
        """Made by the client."""
        self._reading = reading
        self._chunks = _read(reading)

    def __iter__(self) -> Iterator[M]:
        """Iterate over the pieces that have not been read yet."""
        self._reading.check_open()
        return self._chunks

    def __next__(self) -> M:
        return next(iter(self))

    @property
    def text(self) -> Iterator[str]:
        """Iterate over the text only, piece by piece, leaving out empty pieces."""
        return (text for chunk in iter(self) if (text := text_of(chunk)))

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
            reading.end()
            reading.interrupt_reader(self._chunks)
            reading.response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _read(reading: Reading[M]) -> Iterator[M]:
    response, call = reading.response, reading.call
    try:
        # iter_bytes() repeats a body that a hook has read; without that, it only takes time.
        body: Any = response.iter_bytes() if response.is_stream_consumed else response.stream
        for data in body if reading.stall is None else _Watched(body, reading.stall):
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
    except GeneratorExit:  # the iterator was closed by the caller or the event loop, or collected with the stream
        reading.drop()
        raise
    except Exception as error:
        failure = reading.failed(error)
        response.close()
        if failure is not None:
            raise failure  # noqa: B904  # its __cause__ is set
    except BaseException:  # Ctrl-C, or the task was cancelled
        reading.end(reading.closed_early())
        response.close()
        raise
    else:
        response.close()


class _Watched:
    """Iterates over a body, and reports each wait to the stall alarm."""

    def __init__(self, body: Any, alarm: StallAlarm) -> None:
        self._pieces = iter(body)
        self._alarm = alarm

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._alarm.wait_begins()
        data: bytes = next(self._pieces)
        self._alarm.wait_ends(data)
        return data
