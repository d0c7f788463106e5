"""Streams: each owns one response, and can be iterated, closed, aborted and accumulated."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._answers.answers import text_of
from ollama_sdk.overlay._answers.reading import BaseStream, Reading
from ollama_sdk.overlay._calls.alarms import StallAlarm

M = TypeVar("M", bound=Model)


class AsyncStream(BaseStream[M]):
    """A streamed answer: iterate over it for its pieces.

    Leaving an `async with` block, or dropping the last reference, closes the connection, and the server stops
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

    def __aiter__(self) -> AsyncIterator[M]:
        """Iterate over the pieces that have not been read yet."""
        self._reading.check_open()
        return self._chunks

    async def __anext__(self) -> M:
        return await anext(aiter(self))

    @property
    def text(self) -> AsyncIterator[str]:
        """Iterate over the text only, piece by piece, leaving out empty pieces."""
        return (text async for chunk in aiter(self) if (text := text_of(chunk)))

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
            reading.end()
            reading.interrupt_reader(self._chunks)
            await reading.response.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


async def _read(reading: Reading[M]) -> AsyncIterator[M]:
    response, call = reading.response, reading.call
    try:
        # aiter_bytes() repeats a body that a hook has read; without that, it only takes time.
        body: Any = response.aiter_bytes() if response.is_stream_consumed else response.stream
        async for data in body if reading.stall is None else _AsyncWatched(body, reading.stall):
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
        await response.aclose()
        if failure is not None:
            raise failure  # noqa: B904  # its __cause__ is set
    except BaseException:  # Ctrl-C, or the task was cancelled
        reading.end(reading.closed_early())
        await response.aclose()
        raise
    else:
        await response.aclose()


class _AsyncWatched:
    """Iterates over a body, and reports each wait to the stall alarm."""

    def __init__(self, body: Any, alarm: StallAlarm) -> None:
        self._pieces = aiter(body)
        self._alarm = alarm

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        self._alarm.wait_begins()
        data: bytes = await anext(self._pieces)
        self._alarm.wait_ends(data)
        return data
