"""Responses read by httptools."""

from __future__ import annotations

import sys

import httptools

from ollama_sdk.overlay._http.response_parser import ResponseParser, StopReading


class HttptoolsParser(ResponseParser):
    """Reads one response; httptools calls its `on_` methods."""

    __slots__ = ("_at_end", "_feed", "_header_count", "_http", "_informational", "on_body")

    def __init__(self, method: str, max_header_bytes: int) -> None:
        """Start reading; see the base."""
        super().__init__(method, max_header_bytes)
        self.on_body = self.pieces.append
        self._informational = False
        self._at_end = False  # stopped at what follows the response
        self._header_count = 0
        self._http = httptools.HttpResponseParser(self)
        self._feed = self._http.feed_data

    def feed(self, data: bytes | memoryview) -> None:
        """Read the next bytes from the server; what is wrong with them is left in `error`."""
        failure: Exception | None = None
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            failure = error
        if failure is not None:
            self._stop(failure)
        self._count_overhead(len(data))
        if self.pieces and self._without_body:  # bytes after a response that has no body
            self.pieces.clear()
            self.keep_alive = False

    def _stop(self, failure: Exception) -> None:
        """Find out why httptools has stopped, unless a method that it calls has told."""
        if self.error is not None or self._at_end:
            return
        if isinstance(failure, httptools.HttpParserCallbackError):
            # Ctrl-C has come in such a method, or a signal handler has raised something else there.
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

    # Called by httptools.

    def on_message_begin(self) -> None:
        """Stop at a second response: nobody asked for it."""
        if self.complete:
            self.keep_alive = False
            self._at_end = True
            raise StopReading

    def on_status(self, reason: bytes) -> None:
        """Collect the reason phrase, which may come in parts."""
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header line; count a trailer line."""
        self._header_count += 1
        self._check_header_count(self._header_count)
        if not self.head_complete:
            if len(name) == 17 and name.lower() == b"transfer-encoding" and value.strip().lower() != b"chunked":
                self._refuse("a transfer encoding other than chunked")
            self.headers.append((name, value.rstrip(b" \t")))  # httptools removes only the space before a value

    def on_headers_complete(self) -> None:
        """Check the head and find out whether a body follows."""
        http = self._http
        version: str = http.get_http_version()
        if not self._take_head(http.get_status_code(), version.encode()):
            self._informational = True
            return
        self._header_count = 0
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
        """The response has ended, unless it was an informational one."""
        if self._informational:
            self._informational = False
            self.reason = b""
            self.headers.clear()
        elif not self.complete:
            self.complete = True
            self.keep_alive = self._http.should_keep_alive()
