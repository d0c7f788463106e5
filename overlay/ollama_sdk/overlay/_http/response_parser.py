"""Reads one HTTP/1.1 response from bytes, with httptools and without I/O.

Both kinds of connection, blocking and asynchronous, create a `ResponseParser` for each request, feed it what they
read from the socket and look at its attributes.

Where a response deviates from the standard, the parser is strict about what decides where the response ends and what
it means, and lenient where nothing depends on it:

- Refused: any transfer encoding but `chunked`, a status of 101, HTTP versions other than 1.0 and 1.1, control
  characters in the reason phrase, and everything else that httptools refuses.
- Passed over: blank lines before a status line, also between an interim response (1xx) and the final one. A server
  has to ignore them before a request line (RFC 9112, section 2.2), and httptools does so on both sides.
- Read as httpx reads them: lines that end without a carriage return, spaces after the size of a chunk, a header on
  several lines, a Content-Length that is repeated with the same value, and one beside chunks, which count; after those
  the connection is closed, as another reader may have taken a part of the body for the next response.
- Kept as sent: the names and values of headers, but for the white space around a value. `Transfer-Encoding: Chunked`
  is accepted, since the names of encodings are case-insensitive, and stays `Chunked` in the headers.

`tests/transport/test_transport_oracle.py` compares it with h11, which differs in the last two points alone.
"""

from __future__ import annotations

import re
import sys
from typing import Final, NoReturn

import httptools
import httpx

from ollama_sdk.overlay._http.failures import NO_ANSWER

MAX_HEADERS: Final = 256
"""Header lines, or trailer lines, that one response may have."""

_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
# What httptools refuses in a head, and httpx reads: a line that goes on, a list of lengths, two of them.
_UNUSUAL: Final = re.compile(rb"(?is)\n[ \t]|\ncontent-length:([^\n]*,|.*\ncontent-length:)")
_LENGTH: Final = re.compile(rb"(?im)^(content-length):(.*)\n")
_BEFORE: Final = re.compile(rb"([\r\n]*HTTP/1\.[01] 1\d\d[^\n]*\n([^\r\n][^\n]*\n)*\r?\n)*[\r\n]*")  # interim responses
_END: Final = re.compile(rb"\n\r?\n")


class _StopReading(Exception):
    """Raised in a callback to stop httptools; `error` or `complete` tells why."""


class ResponseParser:
    """Reads one final response and skips interim ones before it.

    Attributes:
        status: The status code, once `head_complete`.
        reason: The reason phrase, once `head_complete`.
        headers: Name and value of each header line, in order, as sent. Trailers are read and dropped.
        pieces: Parts of the body that have arrived and were not taken yet.
        head_complete: Whether the status line and all header lines have arrived.
        complete: Whether the whole response has arrived.
        keep_alive: Whether the connection can be used again: the server keeps it open, and sent nothing after the
            response.
        error: What is wrong with the response, or None. The pieces that came before the fault are still good.
    """

    __slots__ = (
        *("_at_end", "_chunked", "_feed", "_head", "_header_count", "_http", "_informational", "_max_header_bytes"),
        *("_overhead", "_version", "_without_body", "complete", "error", "head_complete", "headers", "keep_alive"),
        *("on_body", "pieces", "reason", "status"),
    )

    def __init__(self, method: str, max_header_bytes: int) -> None:
        """Make a parser for the response to one request.

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
        self.on_body = self.pieces.append
        self._version = b""
        self._without_body = method == "HEAD"
        self._max_header_bytes = max_header_bytes
        self._overhead = 0  # bytes since the last piece that were not body
        self._header_count = 0
        self._informational = False
        self._chunked = False
        self._at_end = False  # whether httptools was stopped at the start of a second response
        self._head = b""  # what has come, unless the whole head has
        self._start()

    def _start(self) -> None:
        self._http = httptools.HttpResponseParser(self)
        self._http.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True, lenient_chunked_length=True
        )
        self._feed = self._http.feed_data

    def feed(self, data: bytes | memoryview) -> None:
        """Read the next bytes from the server; a fault in them is kept in `error`."""
        if self.complete:
            self.keep_alive = False  # nobody asked for more
            return
        failure: Exception | None = None
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            failure = error
        if not self.head_complete:
            self._head += data
            is_unusual = failure and self.error is None and _UNUSUAL.search(self._head)
            if is_unusual or self._feed is _wait:
                failure = self._read_again()
        if failure is not None:
            self._stop(failure)
        if self.pieces:
            self._overhead = 0
            if self._without_body:  # bytes after a response that has no body
                self.pieces.clear()
                self.keep_alive = False
        elif not self.complete:
            # httptools would not stop at an endless header line.
            self._overhead += len(data)
            if self._overhead > self._max_header_bytes:
                self._fail(f"more than {self._max_header_bytes} bytes of headers")
        if self.complete:
            del self._http, self._feed  # else a reference cycle: httptools has the methods that it calls

    def _read_again(self) -> Exception | None:
        """Read a head that httptools refuses as httpx reads it, once it is whole; return why it is refused again."""
        before = _BEFORE.match(self._head)
        end = before and _END.search(self._head, before.end())
        if before is None or end is None:
            self._feed = _wait
            return None
        head = self._head[: before.end()] + _as_usual(self._head[before.end() : end.end()]) + self._head[end.end() :]
        self.headers.clear()
        self.reason = b""
        self._header_count = 0
        self._informational = False
        self._start()
        try:
            self._feed(head)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            return error
        return None

    def end_of_file(self) -> None:
        """Note that the server has closed its side: this is the end of the response, or an `error`."""
        if self.complete or self.error is not None:
            return
        if not self.head_complete:
            self._fail(NO_ANSWER)
        elif any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in self.headers):
            self._fail("the connection was closed before the whole body had arrived")
        else:
            self.complete = True

    def cut(self) -> None:
        """Note that the connection has ended without a close_notify of TLS, so the body may be incomplete."""
        if not self.complete:
            self._fail("the TLS connection was cut")

    def has_begun(self) -> bool:
        """Return whether anything has arrived; an interim response counts."""
        return self.head_complete or self._overhead > 0

    def take(self) -> bytes:
        """Return the part of the body that has arrived and remove it from `pieces`, which must not be empty."""
        pieces = self.pieces
        if len(pieces) == 1:
            return pieces.pop()
        data = b"".join(pieces)
        pieces.clear()
        return data

    def extensions(self) -> dict[str, object]:
        """Return the extensions of the httpx response."""
        return {"http_version": b"HTTP/" + self._version, "reason_phrase": self.reason}

    # Called by httptools.

    def on_message_begin(self) -> None:
        """Stop at a second response: nobody asked for it."""
        if self.complete:
            self.keep_alive = False
            self._at_end = True
            raise _StopReading

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase, which may come in parts."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line; count a trailer line."""
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            self._refuse(f"more than {MAX_HEADERS} header lines")
        if not self.head_complete:
            if len(name) == 17 and name.lower() == b"transfer-encoding":
                if value.strip().lower() != b"chunked":
                    self._refuse("a transfer encoding other than chunked")
                self._chunked = True
            self.headers.append((name, value.rstrip(b" \t")))  # httptools removes only the space before a value

    def on_headers_complete(self) -> None:
        """Check the head and find out whether a body follows."""
        http = self._http
        version: str = http.get_http_version()
        status: int = http.get_status_code()
        self._check_head(status, version)
        if status < 200:
            self._informational = True
            return
        self.status = status
        self._version = version.encode()
        self._header_count = 0
        self.head_complete = True
        if self._without_body:
            # httptools does not know of HEAD and waits for a body. So it is not asked whether the connection is
            # kept; a chunked one is not, as stray bytes after it could pass for the start of a chunk.
            values = {name.lower(): value.lower() for name, value in self.headers}
            self.keep_alive = (
                version == "1.1"
                and b"close" not in values.get(b"connection", b"")
                and b"transfer-encoding" not in values
            )
            self.complete = True

    def on_message_complete(self) -> None:
        """Note the end of the response, or get ready for the one that follows an interim response."""
        if self._informational:
            self._informational = False
            self._header_count = 0
            self.reason = b""
            self.headers.clear()
        elif not self.complete:
            self.complete = True
            has_two_lengths = self._chunked and any(name.lower() == b"content-length" for name, _ in self.headers)
            self.keep_alive = self._http.should_keep_alive() and not has_two_lengths

    def _check_head(self, status: int, version: str) -> None:
        if version not in ("1.1", "1.0"):
            self._refuse(f"HTTP version {version}")
        if sum(len(name) + len(value) for name, value in self.headers) > self._max_header_bytes:
            self._refuse(f"more than {self._max_header_bytes} bytes of headers")
        if _CONTROL.search(self.reason) is not None:
            self._refuse("a control character in the reason phrase")
        if status < 100 or status == 101:
            self._refuse(f"unexpected status {status}")

    def _refuse(self, message: str) -> NoReturn:
        """Set `error` in a callback of httptools, and leave the callback."""
        self._fail(message)
        raise _StopReading

    def _stop(self, failure: Exception) -> None:
        """Find out why httptools has stopped, unless one of the callbacks has set it."""
        if self.error is not None or self._at_end:
            return
        if isinstance(failure, httptools.HttpParserCallbackError):
            # Ctrl-C has come in a callback, or a signal handler has raised something else there.
            failure.__traceback__ = None  # else a reference cycle
            raised = failure.__context__
            if raised is None or raised is sys.exception():  # what a caller is handling has taken its place
                raise KeyboardInterrupt
            raise raised
        if isinstance(failure, httptools.HttpParserUpgrade):
            self._fail("the server switches protocols without being asked", failure)
        elif self.complete:
            self.keep_alive = False
        else:
            self._fail(str(failure), failure)

    def _fail(self, message: str, cause: BaseException | None = None) -> None:
        """Set `error`, unless it is set; `cause` must not be in handling any more."""
        if self.error is None:
            self.error = error = httpx.RemoteProtocolError(message)
            error.__cause__ = cause
            self.keep_alive = False
            of_a_caller = sys.exception()  # what the caller is handling; Python has added it to the chain
            while cause is not None and cause is not of_a_caller:
                # Their frames lead to those of the callers, which hold the stream that is made of this response: one
                # that nobody refers to any more would not be closed before the garbage collector comes.
                cause.__traceback__ = None
                cause = cause.__context__


def _wait(data: object) -> None:
    """Take the rest of a head that is read again when it is whole."""


def _as_usual(head: bytes) -> bytes:
    """Return a head with each header on one line, and its Content-Length once if all of them are the same."""
    first, newline, rest = head.partition(b"\n")
    if not rest.startswith((b" ", b"\t")):  # else it would become a part of the status line
        rest = re.sub(rb"\r?\n[ \t]+", b" ", rest)
    lengths = _LENGTH.findall(rest)
    values = {value.strip() for _, line in lengths for value in line.split(b",")}
    if len(values) == 1:
        once = iter([b"%b: %b\r\n" % (lengths[0][0], values.pop())])
        rest = _LENGTH.sub(lambda _: next(once, b""), rest)
    return first + newline + rest
