# Compiled from overlay/ollama_sdk/overlay/_sending/_async/bodies.py; change that, then run `make generate`.
"""The bodies of responses, decoded and limited while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Any

import httpx

from ollama_sdk.overlay._answers.decoding import MAX_ERROR_BYTES, BodyDecoder
from ollama_sdk.overlay._sending.request import Request


def bounded(response: httpx.Response, request: Request[Any]) -> httpx.Response:
    """Return a response whose body is decoded in steps, and has no more bytes than the request says.

    Headers that describe the body as it came are taken out, since httpx would decode it as they say.
    """
    headers, is_success = response.headers, 200 <= response.status_code < 300
    limit = request.max_bytes if is_success else MAX_ERROR_BYTES
    is_encoded, is_short = False, limit == inf
    for name, value in headers.raw:  # a look-up in `headers` takes a microsecond
        if len(name) == 14 and name.lower() == b"content-length":
            is_short |= value.isdigit() and int(value) <= limit
        elif len(name) == 16 and name.lower() == b"content-encoding":
            is_encoded = True
    if (is_encoded or not is_short) and not response.is_stream_consumed:
        decoder = BodyDecoder(headers.get("content-encoding", ""), limit, is_error=not is_success)
        response.stream = _Bounded(response.stream, decoder)
        if is_encoded:
            del headers["content-encoding"]
            headers.pop("content-length", None)
    return response


class _Bounded(httpx.SyncByteStream):
    def __init__(self, body: Any, decoder: BodyDecoder) -> None:
        self._body: httpx.SyncByteStream = body
        self._decoder = decoder

    def __iter__(self) -> Iterator[bytes]:
        for data in self._body:
            for piece in self._decoder.feed(data):
                yield piece
            if self._decoder.is_full:
                return

    def close(self) -> None:
        self._body.close()
