"""Requests, bodies and exceptions between httpx and httpx2, for callers that give an object of httpx2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import httpx
import httpx2

if TYPE_CHECKING:
    HttpClient = httpx2.Client | httpx2.AsyncClient


def request_for(client: HttpClient, request: httpx.Request, *, own: bool) -> httpx2.Request:
    """Return a request as httpx2 sends it; one to the client's `own` host gets its headers and cookies."""
    make: Any = client.build_request if own else httpx2.Request
    headers = request.headers.multi_items()
    made: httpx2.Request = make(request.method, str(request.url), headers=headers, extensions=request.extensions)
    made.stream = _RequestBody(request.stream)
    return made


class _RequestBody(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, stream: object) -> None:
        self._stream: Any = stream

    def __iter__(self) -> Iterator[bytes]:
        return iter(cast("httpx.SyncByteStream", self._stream))

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(cast("httpx.AsyncByteStream", self._stream))


def response_of(response: httpx2.Response, stream: object) -> httpx.Response:
    """Return a response as httpx has it, whose body is read from a stream, unless a hook of the client has read it."""
    headers = response.headers.multi_items()
    if response.is_stream_consumed:
        kept = [(name, value) for name, value in headers if name not in ("content-encoding", "content-length")]
        return httpx.Response(response.status_code, headers=kept, content=response.content)
    body: Any = stream
    return httpx.Response(response.status_code, headers=headers, stream=body, extensions=response.extensions)


@contextmanager
def translated() -> Iterator[None]:
    """Raise the exceptions of httpx2 as those that httpx has under the same names."""
    try:
        yield
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        names = (kind.__name__ for kind in type(error).__mro__ if hasattr(httpx, kind.__name__))
        raise getattr(httpx, next(names))(str(error)) from error
