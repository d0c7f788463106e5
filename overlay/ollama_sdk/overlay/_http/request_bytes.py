"""An HTTP/1.1 request as bytes, without I/O. `response_parser.py` reads the response."""

from __future__ import annotations

import re
from typing import Final

import httpx

READ_SIZE: Final = 65536
"""Bytes that one read returns at most."""

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_known_names: Final[set[bytes]] = set()  # valid header names: each request has the same dozen


class RequestBody:
    """Frames the body of a request as its headers say: in chunks, or as bytes that are counted.

    Attributes:
        chunked: Whether the body is sent in chunks.
        closes: Whether the caller wants the connection to be closed after the response.
        remaining: Bytes still to be sent, unless the body is sent in chunks.
    """

    __slots__ = ("chunked", "closes", "remaining")

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Read the framing from the headers of a request; without a header for it there is no body."""
        self.chunked = False
        self.closes = False
        self.remaining = 0
        for name, value in headers:
            if len(name) == 14 and name.lower() == b"content-length":
                try:
                    self.remaining = int(value)
                except ValueError:
                    raise httpx.LocalProtocolError("the request's Content-Length is not a number") from None
            elif len(name) == 17 and name.lower() == b"transfer-encoding":
                self.chunked = True
            elif len(name) == 10 and name.lower() == b"connection":
                self.closes |= b"close" in [token.strip() for token in value.lower().split(b",")]

    def frame(self, data: bytes) -> bytes:
        """Return one part of the body as it is sent."""
        if self.chunked:
            return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
        self.remaining -= len(data)
        if self.remaining < 0:
            raise httpx.LocalProtocolError("the request's body is longer than its Content-Length")
        return data

    def end(self) -> bytes:
        """Return the bytes that are sent after the last part."""
        if self.chunked:
            return b"0\r\n\r\n"
        if self.remaining:
            raise httpx.LocalProtocolError("the request's body is shorter than its Content-Length")
        return b""


def request_head(method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return the request line and the header lines as bytes.

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
