"""Decodes the body of an answer in steps of bounded size, and limits what it may have; no I/O."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import inf

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.answers import TooLargeError
from ollama_sdk.overlay._errors import one_line

MAX_ERROR_BYTES = 1 << 20
"""What is read of the body of an error status, in bytes: 1 MiB."""

_STEP = 1 << 16  # bytes that are decoded at a time: 1 KiB of gzip may stand for 1 MiB
_GZIP, _ZLIB, _RAW = 31, 15, -15  # `wbits` of zlib
_WBITS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


class BodyDecoder:
    """Decodes one layer of gzip or deflate, which the SDK does not ask for, and counts what comes out.

    Args:
        encoding: The Content-Encoding of the answer.
        limit: The most bytes that the body may have after decoding.
        is_error: Whether the answer has an error status. Of its body no more than the limit is read, and one of another
            encoding is left as it is.

    Attributes:
        is_full: Whether no more of the body is to be read.

    Example:
        >>> decoder = BodyDecoder("gzip", limit=100)
        >>> b"".join(decoder.feed(zlib.compress(b"Hi!", wbits=31)))
        b'Hi!'
    """

    def __init__(self, encoding: str = "", limit: float = inf, *, is_error: bool = False) -> None:
        names = [name for part in encoding.lower().split(",") if (name := part.strip()) not in ("", "identity")]
        self.is_full = False
        self._limit = self._left = limit
        self._is_error = is_error
        self._wbits = _WBITS.get(names[0], 0) if len(names) == 1 else 0
        self._zlib = zlib.decompressobj(self._wbits or _GZIP)
        self._has_begun = False
        self._held = b""
        self._refused = one_line(repr(encoding)) if names and not self._wbits and not is_error else ""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Iterate over what the next bytes decode to, in pieces; else TooLargeError or httpx.DecodingError."""
        if self._refused:
            raise httpx.DecodingError(f"its Content-Encoding is {self._refused}, which was not asked for")
        for piece in self._inflated(data) if self._wbits else (data,):
            self._left -= len(piece)
            if self._left < 0:
                self.is_full = True
                if not self._is_error:
                    raise TooLargeError(f"it has more than {self._limit} bytes; max_response_bytes= sets the limit")
                yield piece[: int(self._left)]
                return
            yield piece

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        """Iterate over what the next bytes decompress to; gzip may have several members, one after another."""
        piece = b""
        if not self._has_begun:
            data = self._held = self._held + data
            if len(data) < 2:
                return  # two bytes show whether there is a header of zlib
        while data or len(piece) == _STEP:
            if self._zlib.eof:
                if self._wbits != _GZIP or not data.startswith(b"\x1f"):
                    return  # what comes after the end is left alone, as httpx does
                self._zlib = zlib.decompressobj(_GZIP)
            try:
                piece = self._zlib.decompress(data, _STEP)
            except zlib.error as error:
                if self._wbits != _ZLIB or self._has_begun:
                    raise httpx.DecodingError(str(error)) from error
                self._wbits, self._zlib = _RAW, zlib.decompressobj(_RAW)  # without its header, as some servers send it
                continue
            self._has_begun = True
            yield piece
            data = self._zlib.unused_data or self._zlib.unconsumed_tail
