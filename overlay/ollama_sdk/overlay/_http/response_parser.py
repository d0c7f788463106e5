"""What reads a response from bytes, without I/O: what both of its kinds have in common.

Both connections (blocking and asyncio) feed one `ResponseParser` per request and look at its attributes; nothing
here waits, and nothing here knows of sockets.
"""

from __future__ import annotations

import re
import sys
from abc import ABC, abstractmethod
from typing import Final, NoReturn

import httpx

MAX_HEADERS: Final = 256
"""Header lines, or trailer lines, that one response may have."""

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class StopReading(Exception):
    """Raised within a parser to stop at bytes that are no response, or do not belong to it."""


class ResponseParser(ABC):
    """Reads one final response; informational ones before it are skipped.

    Attributes:
        status: The status code, once `head_complete`.
        headers: Name and value of each header line, in order, as sent (trailers are read and dropped).
        pieces: Body bytes that have arrived and were not taken yet.
        head_complete: The status line and all header lines are there.
        complete: The whole response is there.
        keep_alive: The server keeps the connection open, and sent nothing after the response.
        error: What is wrong with the bytes, or None. Pieces that came before it are still good.
    """

    __slots__ = (
        "_max_header_bytes",
        "_overhead",
        "_version",
        "_without_body",
        "complete",
        "error",
        "head_complete",
        "headers",
        "keep_alive",
        "pieces",
        "reason",
        "status",
    )

    def __init__(self, method: str, max_header_bytes: int) -> None:
        """Start reading.

        Args:
            method: The request's method: the response to HEAD has no body whatever its headers say.
            max_header_bytes: Size in bytes that the head may have, and separately what is not body between two
                pieces of it (chunk extensions, trailers).
        """
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: list[bytes] = []
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.error: httpx.RemoteProtocolError | None = None
        self._version = b""
        self._without_body = method == "HEAD"
        self._max_header_bytes = max_header_bytes
        self._overhead = 0

    @abstractmethod
    def feed(self, data: bytes | memoryview) -> None:
        """Read the next bytes from the server; what is wrong with them is left in `error`."""

    def end_of_file(self) -> None:
        """The server has closed its side: the end of the response, or an `error`."""
        if self.complete or self.error is not None:
            return
        if not self.head_complete:
            # The words of httpx's own transport: programs and their logs know them.
            self._fail("Server disconnected without sending a response.")
        elif any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            self._fail("the connection was closed before the whole body had arrived")
        else:
            self.complete = True

    def take(self) -> bytes:
        """Body bytes that have arrived; only to be called when there are `pieces`."""
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        return data

    def extensions(self) -> dict[str, object]:
        """What httpx wants to know about the response besides status and headers."""
        return {"http_version": b"HTTP/" + self._version, "reason_phrase": self.reason}

    def _count_overhead(self, size: int) -> None:
        """Limit what comes without being body: neither httptools nor h11 would stop at an endless header line."""
        if self.pieces:
            self._overhead = 0
        elif not self.complete:
            self._overhead += size
            if self._overhead > self._max_header_bytes:
                self._fail(f"more than {self._max_header_bytes} bytes of headers")

    def _take_head(self, status: int, version: bytes) -> bool:
        """Check a head whose `reason` and `headers` are there.

        Returns:
            Whether it is that of the final response.
        """
        if version not in (b"1.1", b"1.0"):
            self._refuse(f"HTTP version {version.decode()}")
        if sum(len(name) + len(value) for name, value in self.headers) > self._max_header_bytes:
            self._refuse(f"more than {self._max_header_bytes} bytes of headers")
        if _CONTROL.search(self.reason) is not None:
            self._refuse("a control character in the reason phrase")
        if status < 200:
            if status < 100 or status == 101:
                self._refuse(f"unexpected status {status}")
            return False
        self.status = status
        self._version = version
        self.head_complete = True
        return True

    def _check_header_count(self, count: int) -> None:
        if count > MAX_HEADERS:
            self._refuse(f"more than {MAX_HEADERS} header lines")

    def _refuse(self, message: str) -> NoReturn:
        """Read no further, from within whatever calls us while it reads."""
        self._fail(message)
        raise StopReading

    def _fail(self, message: str, cause: BaseException | None = None) -> None:
        """Read no further; called once the cause is no longer being handled."""
        if self.error is None:
            self.error = error = httpx.RemoteProtocolError(message)
            error.__cause__ = cause
            self.keep_alive = False
            of_a_caller = sys.exception()  # in whose handling we are called, and which Python has added to the chain
            while cause is not None and cause is not of_a_caller:
                # Their frames lead to those of the callers, which hold the stream that is made of this response: one
                # that nobody refers to any more would not be closed before the garbage collector comes.
                cause.__traceback__ = None
                cause = cause.__context__
