"""Streams of pull, push and create, which have the progress of the job beside the lines of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ollama_sdk.generated.models.progress_response import ProgressResponse
from ollama_sdk.overlay._answers._async.streams import AsyncStream
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._library.progress import Progress


class AsyncProgressStream(AsyncStream[ProgressResponse]):
    """The lines of a pull, push or create; see `AsyncStream`.

    `final()` returns the last line, whose status is "success".
    """

    __module__ = "ollama_sdk.overlay"

    def __init__(self, reading: Reading[ProgressResponse], progress: Progress) -> None:
        """Made by the client."""
        super().__init__(reading)
        self._progress = progress
        reading.on_end = progress.close
        self._chunks = _follow(self._chunks, reading, progress)

    @property
    def progress(self) -> Progress:
        """The progress of the lines read so far: bytes by layer and in all, rate, time left."""
        return self._progress


async def _follow(
    lines: AsyncIterator[ProgressResponse], reading: Reading[ProgressResponse], progress: Progress
) -> AsyncIterator[ProgressResponse]:
    async for line in lines:
        try:
            progress.update(line)
        except BaseException:  # raised by the caller's function
            reading.end(reading.closed_early())
            await reading.response.aclose()
            raise
        yield line
