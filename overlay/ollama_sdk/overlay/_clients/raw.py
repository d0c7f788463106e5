"""`client.with_raw_response`: the HTTP response of a call beside what the call returns."""

from __future__ import annotations

from typing import Generic, TypeVar

import httpx

R = TypeVar("R")

WITHOUT_RESPONSE = frozenset({"abort", "close", "is_running", "with_options"})
"""Methods of the clients that make no requests, or, as is_running, may return without a response."""


class RawResponse(Generic[R]):
    """The HTTP response of a call; of its last request, when it makes several.

    Attributes:
        http_response: The httpx.Response. Its request has the headers that were sent, keys included.
    """

    __module__ = "ollama_sdk.overlay"

    def __init__(self, http_response: httpx.Response, result: R, kept: list[bytes] | None = None) -> None:
        """Made by `with_raw_response`; `kept` takes the pieces of a body that is read later, as a stream."""
        self.http_response = http_response
        self._result = result
        self._kept = kept

    @property
    def status_code(self) -> int:
        """The HTTP status, a success; a call that fails raises its error, which has status, headers and body."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The headers of the response; names are compared without case."""
        return self.http_response.headers

    @property
    def content(self) -> bytes:
        """The bytes of the body, decompressed; of a stream, those that were read so far."""
        if self._kept is None:
            return self.http_response.content
        return b"".join(self._kept)

    def parse(self) -> R:
        """What the plain call returns: a model, a stream, a digest, whether a blob is there."""
        return self._result

    def __repr__(self) -> str:
        return f"RawResponse(<{self.status_code} from {self.http_response.url}>)"
