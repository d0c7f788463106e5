"""Responses read without httptools: heads and trailers by h11, bodies here.

h11 would take 8 microseconds for a chunk, several times as long as it takes to decode the JSON in it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Final

import h11

from ollama_sdk.overlay._http.response_parser import ResponseParser, StopReading

_REQUEST: Final = h11.Request(method="GET", target="/", headers=[("Host", "")])  # h11 reads no answer before it
_BEFORE_TRAILERS: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
_SIZE: Final = rb"([0-9A-Fa-f]{1,16})(?:;[^\r\n]{0,4096}|[ \t]{0,4096})"  # and an extension, or spaces
_CHUNK: Final = re.compile(rb"\r\n" + _SIZE + rb"\r\n")
"""What stands before the bytes of a chunk: the line break after those of the one before it, and the size."""
_PART_OF_IT: Final = re.compile(rb"(?:\r(?:\n(?:" + _SIZE + rb"\r?)?)?)?")


class H11Parser(ResponseParser):
    """Reads one response."""

    __slots__ = ("_h11", "_read", "_remaining", "_rest")

    def __init__(self, method: str, max_header_bytes: int) -> None:
        """Start reading; see the base."""
        super().__init__(method, max_header_bytes)
        self._h11 = _new_h11()
        # A function rather than a method of this object, which would make a reference cycle of it.
        self._read: Callable[[H11Parser, bytes], None] = H11Parser._read_head
        self._remaining = 0  # bytes of the body or of the chunk that are still to come
        self._rest = b""  # of what was read: the beginning of what stands before a chunk

    def feed(self, data: bytes | memoryview) -> None:
        """Read the next bytes from the server; what is wrong with them is left in `error`."""
        if self.error is None:
            failure: h11.RemoteProtocolError | None = None
            try:
                self._read(self, bytes(data))
            except StopReading:
                pass
            except h11.RemoteProtocolError as error:
                failure = error
            if failure is not None:
                self._fail(str(failure), failure)
        self._count_overhead(len(data))

    def _read_head(self, data: bytes) -> None:
        self._h11.receive_data(data)
        while (event := self._h11.next_event()) is not h11.NEED_DATA:
            assert isinstance(event, h11.InformationalResponse | h11.Response)
            self.headers = event.headers.raw_items()
            self.reason = bytes(event.reason)
            self._check_header_count(len(self.headers))
            if self._take_head(event.status_code, event.http_version):
                self._start_body(event.headers)
                self._read(self, self._h11.trailing_data[0])
                return

    def _start_body(self, headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Find out how the end of the body is told, from headers whose names are in lower case."""
        fields = dict(headers)
        closes = any(name == b"connection" and b"close" in value.lower() for name, value in headers)
        self.keep_alive = self._version == b"1.1" and not closes
        if self._without_body or self.status in (204, 304):
            self._end()
        elif b"transfer-encoding" in fields:  # "chunked": h11 takes no other
            if b"content-length" in fields:
                self._refuse("a Content-Length beside a Transfer-Encoding")
            self._rest = b"\r\n"  # before the first chunk there is no other whose end could be missing
            self._read = H11Parser._read_chunks
        elif b"content-length" in fields:
            self._remaining = int(fields[b"content-length"])
            self._read = H11Parser._read_counted
        else:
            self.keep_alive = False
            self._read = H11Parser._read_all

    def _read_counted(self, data: bytes) -> None:
        """A body whose length was told."""
        piece = data[: self._remaining]
        if piece:
            self.pieces.append(piece)
            self._remaining -= len(piece)
        if not self._remaining:
            self._end(data[len(piece) :])

    def _read_all(self, data: bytes) -> None:
        """A body that ends with the connection."""
        if data:
            self.pieces.append(data)

    def _read_chunks(self, data: bytes) -> None:
        """A body in chunks, each handed over as far as it has come."""
        match, append = _CHUNK.match, self.pieces.append
        if self._rest:
            data, self._rest = self._rest + data, b""
        start, end, length = 0, self._remaining, len(data)
        while end <= length:
            if start < end:
                append(data[start:end])
            found = match(data, end)
            if found is None:
                self._remaining = 0
                self._rest = data[end:]
                if _PART_OF_IT.fullmatch(self._rest) is None:
                    self._refuse("a chunk does not begin with its size")
                return
            start = found.end()
            size = int(found[1], 16)
            if not size:
                self._read_end(data[start:])
                return
            end = start + size
        if start < length:
            append(data[start:])
        self._remaining = end - length

    def _read_end(self, data: bytes) -> None:
        """What comes after the last chunk."""
        if data.startswith(b"\r\n"):
            self._end(data[2:])
            return
        self._h11 = _new_h11()
        self._h11.receive_data(_BEFORE_TRAILERS)
        self._h11.next_event()
        self._read = H11Parser._read_trailers
        self._read_trailers(data)

    def _read_trailers(self, data: bytes) -> None:
        if data:  # to h11, nothing would mean the end of the connection
            self._h11.receive_data(data)
        event = self._h11.next_event()
        if isinstance(event, h11.EndOfMessage):
            self._check_header_count(len(event.headers))
            self._end(self._h11.trailing_data[0])

    def _end(self, data: bytes = b"") -> None:
        """The response is complete."""
        self.complete = True
        self._read = H11Parser._read_beyond
        self._read_beyond(data)

    def _read_beyond(self, data: bytes) -> None:
        """What nobody asked for."""
        if data:
            self.keep_alive = False


def _new_h11() -> h11.Connection:
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=sys.maxsize)  # the limit is ours
    connection.send(_REQUEST)
    return connection
