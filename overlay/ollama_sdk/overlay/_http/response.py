"""The response of our transports."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from io import BytesIO
from typing import Any, Final, cast

import httpx

_MOST_KEPT: Final = 1 << 24
_kept = 1 << 17  # what glibc keeps from the start


class Response(httpx.Response):
    """A response whose body is read without the layers of httpx that only a compressed body needs."""

    def __init__(self, *arguments: Any, started: float, **keywords: Any) -> None:
        """Make a response; `started` is when its request was sent, by `time.perf_counter`, for `elapsed`."""
        super().__init__(*arguments, **keywords)
        self._started = started

    @classmethod
    def of(cls, response: httpx.Response, stream: object, started: float) -> Response:
        """Return a response of one of httpx's own transports as one of this class, with another stream."""
        extensions = response.extensions
        return cls(
            response.status_code, headers=response.headers, stream=stream, extensions=extensions, started=started
        )

    def read(self) -> bytes:
        if not self._is_plain():
            return super().read()
        stream = cast("httpx.SyncByteStream", self.stream)
        body = BytesIO()  # joining a list of pieces would have a large body in memory twice
        for piece in stream:
            body.write(piece)
        self._keep(body.getvalue())
        stream.close()
        return self.content

    async def aread(self) -> bytes:
        if not self._is_plain():
            return await super().aread()
        stream = cast("httpx.AsyncByteStream", self.stream)
        body = BytesIO()
        async for piece in stream:
            body.write(piece)
        self._keep(body.getvalue())
        await stream.aclose()
        return self.content

    def close(self) -> None:
        self._stop()
        super().close()

    async def aclose(self) -> None:
        self._stop()
        await super().aclose()

    def _is_plain(self) -> bool:
        return not self.is_stream_consumed and not self.is_closed and "content-encoding" not in self.headers

    def _keep(self, data: bytes) -> None:
        self.is_stream_consumed = True
        self._content = data  # behind `content`, in httpx 0.27 and 0.28
        self._num_bytes_downloaded = len(data)
        self._stop()
        self.is_closed = True
        _keep_memory(len(data))

    def _stop(self) -> None:
        # CPython 3.13 and 3.14 crash where a timedelta is made while the interpreter exits (python/cpython#132413).
        if not self.is_closed and not sys.is_finalizing():
            self.elapsed = timedelta(seconds=time.perf_counter() - self._started)


def _keep_memory(size: int) -> None:
    """Keep the memory of a large body for the next one.

    glibc gives large blocks back to the system, and the next body faults its pages in again one by one, which may take
    as long as decoding it, until a block as large was freed as a whole; a body is cut from a larger one. So one that is
    large enough for a body while it grows is allocated, which touches no page of it, and freed.
    """
    global _kept
    if _kept < size <= _MOST_KEPT:
        _kept = size
        bytes(2 * size)
