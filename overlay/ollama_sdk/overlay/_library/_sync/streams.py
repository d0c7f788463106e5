# Compiled from overlay/ollama_sdk/overlay/_library/_async/streams.py; change that, then run `make generate`.
"""Streams of pull, push and create, which have the progress of the job beside the lines of the server."""

from __future__ import annotations

from collections.abc import Iterator

from ollama_sdk.generated.models.progress_response import ProgressResponse
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._answers.reading import Reading
from ollama_sdk.overlay._library.progress import Progress


class ProgressStream(Stream[ProgressResponse]):
    """The lines of a pull, push or create; see `Stream`.

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


def _follow(
    lines: Iterator[ProgressResponse], reading: Reading[ProgressResponse], progress: Progress
) -> Iterator[ProgressResponse]:
    for line in lines:
        try:
            progress.update(line)
        except BaseException:  # raised by the caller's function
            reading.end(reading.closed_early())
            reading.response.close()
            raise
        yield line
