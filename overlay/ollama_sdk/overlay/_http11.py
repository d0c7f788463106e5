"""HTTP/1.1 without I/O: a request's head as bytes, and a response read from bytes by httptools.

Both connections (blocking and asyncio) feed one `ResponseParser` per request and look at its attributes; nothing
here waits, and nothing here knows of sockets.
"""

from __future__ import annotations

import re
from typing import Final

import httptools
import httpx

MAX_HEADERS: Final = 256
"""Header lines, or trailer lines, that one response may have."""

READ_SIZE: Final = 65536
"""Bytes that one read takes at most."""

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_known_names: Final[set[bytes]] = set()  # header names found to be valid; the same dozen is sent over and over


class _EndOfResponse(Exception):
    """Raised inside httptools to stop at bytes that do not belong to this response."""


class ResponseParser:
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
        "_feed",
        "_header_count",
        "_http",
        "_informational",
        "_max_header_bytes",
        "_overhead",
        "_without_body",
        "complete",
        "error",
        "head_complete",
        "headers",
        "keep_alive",
        "on_body",
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
        self.on_body = self.pieces.append
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.error: httpx.RemoteProtocolError | None = None
        self._without_body = method == "HEAD"
        self._informational = False
        self._max_header_bytes = max_header_bytes
        self._overhead = 0
        self._header_count = 0
        self._http = httptools.HttpResponseParser(self)
        self._feed = self._http.feed_data

    def feed(self, data: bytes | memoryview) -> None:
        """Read the next bytes from the server; what is wrong with them is left in `error`."""
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            if self.complete:
                self.keep_alive = False
            else:
                cause = error.__context__
                self._fail(str(cause) if isinstance(cause, httpx.RemoteProtocolError) else str(error), error)
        except httptools.HttpParserUpgrade as error:
            self._fail("the server switches protocols without being asked", error)
        if self.pieces:
            self._overhead = 0
            if self._without_body:  # bytes after a response that has no body
                self.pieces.clear()
                self.keep_alive = False
        elif not self.complete:
            # httptools has no limits of its own: it would collect an endless header line.
            self._overhead += len(data)
            if self._overhead > self._max_header_bytes:
                self._fail(f"more than {self._max_header_bytes} bytes of headers")

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
        return {"http_version": b"HTTP/" + self._http.get_http_version().encode(), "reason_phrase": self.reason}

    def _fail(self, message: str, cause: BaseException | None = None) -> None:
        if self.error is None:
            self.error = error = httpx.RemoteProtocolError(message)
            error.__cause__ = cause
            self.keep_alive = False
            while cause is not None:
                # Their frames lead to those of the callers, which hold the stream that is made of this response: one
                # that nobody refers to any more would not be closed before the garbage collector comes.
                cause.__traceback__ = None
                cause = cause.__context__

    # Called by httptools.

    def on_message_begin(self) -> None:
        """Stop at a second response: nobody asked for it."""
        if self.complete:
            self.keep_alive = False
            raise _EndOfResponse

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase, which may come in parts."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line; count a trailer line."""
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            raise httpx.RemoteProtocolError(f"more than {MAX_HEADERS} header lines")
        if not self.head_complete:
            if len(name) == 17 and name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
                raise httpx.RemoteProtocolError("a transfer encoding other than chunked")
            self.headers.append((name, value.rstrip(b" \t")))  # httptools removes only the space before a value

    def on_headers_complete(self) -> None:
        """Check the head and find out whether a body follows."""
        http = self._http
        if http.get_http_version() not in ("1.1", "1.0"):
            raise httpx.RemoteProtocolError(f"HTTP version {http.get_http_version()}")
        if sum(len(name) + len(value) for name, value in self.headers) > self._max_header_bytes:
            raise httpx.RemoteProtocolError(f"more than {self._max_header_bytes} bytes of headers")
        if _CONTROL.search(self.reason) is not None:
            raise httpx.RemoteProtocolError("a control character in the reason phrase")
        status = http.get_status_code()
        if status < 200:
            if status < 100 or status == 101:
                raise httpx.RemoteProtocolError(f"unexpected status {status}")
            self._informational = True
            return
        self.status = status
        self.head_complete = True
        self._header_count = 0
        if self._without_body:
            # httptools does not know of HEAD and waits for a body. So it is not asked whether the connection is
            # kept; a chunked one is not, as stray bytes after it could pass for the start of a chunk.
            values = {name.lower(): value.lower() for name, value in self.headers}
            self.keep_alive = (
                http.get_http_version() == "1.1"
                and b"close" not in values.get(b"connection", b"")
                and b"transfer-encoding" not in values
            )
            self.complete = True

    def on_message_complete(self) -> None:
        """The response has ended, unless it was an informational one."""
        if self._informational:
            self._informational = False
            self.reason = b""
            self.headers.clear()
        elif not self.complete:
            self.complete = True
            self.keep_alive = self._http.should_keep_alive()


class RequestBody:
    """Counts and frames a request's body as its headers say.

    Attributes:
        chunked: The body is sent in chunks of the HTTP kind.
        remaining: Bytes still to be sent; has no meaning when chunked.
    """

    __slots__ = ("chunked", "remaining")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Read the framing from a request's headers; without any there is no body."""
        self.chunked = False
        self.remaining = 0
        for name, value in headers:
            if len(name) == 14 and name.lower() == b"content-length":
                try:
                    self.remaining = int(value)
                except ValueError:
                    raise httpx.LocalProtocolError("the request's Content-Length is not a number") from None
            elif len(name) == 17 and name.lower() == b"transfer-encoding":
                self.chunked = True

    def frame(self, data: bytes) -> bytes:
        """One part of the body as it goes on the wire."""
        if self.chunked:
            return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        self.remaining -= len(data)
        if self.remaining < 0:
            raise httpx.LocalProtocolError("the request's body is longer than its Content-Length")
        return data

    def end(self) -> bytes:
        """What goes on the wire after the last part."""
        if self.chunked:
            return b"0\r\n\r\n"
        if self.remaining:
            raise httpx.LocalProtocolError("the request's body is shorter than its Content-Length")
        return b""


def request_head(method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Request line and header lines as bytes.

    Args:
        method: Such as `POST`.
        target: Path and query, encoded.
        headers: In the order in which they are sent.

    Returns:
        The head with its closing blank line.

    Raises:
        httpx.LocalProtocolError: Method, target or a header would break the line structure of the request.
    """
    parts = [method.encode(), b" ", target, b" HTTP/1.1\r\n"]
    for name, value in headers:
        if name not in _known_names:
            if _TOKEN.fullmatch(name) is None:
                raise httpx.LocalProtocolError(f"{name!r} is not a header name")
            if len(_known_names) < 512:
                _known_names.add(name)
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    head = b"".join(parts)
    lines = len(headers) + 2
    # The value is not shown: it may be a key.
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        raise httpx.LocalProtocolError("a header or the URL of the request has a line break or a zero byte in it")
    if head.count(b" ", 0, head.index(b"\r")) != 2:
        raise httpx.LocalProtocolError("the method or the URL of the request has a space in it")
    return head
