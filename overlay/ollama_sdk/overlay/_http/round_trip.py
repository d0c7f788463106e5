"""One request and its response on a connection, without I/O: what is sent, and what has come of the answer.

The connections, blocking and asynchronous, send what a round trip says, feed its parser with what arrives, and wait.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import httpx

from ollama_sdk.overlay._http.pool import BaseExchange, Origin
from ollama_sdk.overlay._http.response import Response
from ollama_sdk.overlay._http.response_parser import ResponseParser

if TYPE_CHECKING:
    from ollama_sdk.overlay._http.settings import Settings

E = TypeVar("E", bound=BaseExchange[Any])
P = TypeVar("P")
_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OF_BODY: Final = (b"content-length", b"transfer-encoding", b"connection")
_kinds: Final[dict[bytes, bytes]] = {}  # by header name, as each request has the same dozen
_no_timeouts: Final[Mapping[str, float | None]] = {}


class BaseRoundTrip(Generic[E, P]):
    """One request and its response. It owns its exchange until it is closed or the response was read to its end.

    It is the stream of the response, too, which is read piece by piece as it arrives.

    Attributes:
        exchange: The exchange, by which the request gets a connection and is interrupted.
        head: The request line and the headers, as they are sent.
        parser: The parser of the response.
        read_timeout: Seconds for each read, or None.
        sent: Whether the server has read the whole request, as far as the connection knows.
        stream: The body of the request; each part is sent as `frame` returns it.
        timeouts: Seconds of each phase, as httpx names them; a phase that is missing or None has no limit.
    """

    def __init__(self, request: httpx.Request, exchange: E, pool: P, settings: Settings) -> None:
        """Read a request, whose body is framed as its headers say; without a header for it there is no body.

        Raises:
            httpx.LocalProtocolError: It cannot be sent.
        """
        self._started = time.perf_counter()
        self._extensions = extensions = request.extensions
        self._pool = pool
        self._chunked = False
        self._remaining = 0  # bytes of the body still to be sent, unless it is sent in chunks
        self._closes = False  # whether the caller wants the connection to be closed
        self._ended = False
        self.exchange = exchange
        self.sent = False
        self.stream = request.stream
        self.timeouts: Mapping[str, float | None] = extensions.get("timeout") or _no_timeouts
        self.read_timeout = self.timeouts.get("read")
        self.parser = ResponseParser(request.method, settings.max_header_bytes)
        target = extensions.get("target") or request.url.raw_path
        self.head = self._read_head(request.method, target, request.headers.raw)
        self._open = True  # removed by the first `close`; set last, as Ctrl-C may leave this object half made

    def _read_head(self, method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return the request line and the header lines as they are sent, and note what they say of the body."""
        parts = [method.encode(), b" ", target, b" HTTP/1.1\r\n"]
        for name, value in headers:
            kind = _kinds.get(name)
            if kind is None:
                kind = _kind_of(name)
            if not kind:
                pass  # as of most headers
            elif kind == b"content-length":
                try:
                    self._remaining = int(value)
                except ValueError:
                    raise httpx.LocalProtocolError("the request's Content-Length is not a number") from None
            elif kind == b"transfer-encoding":
                self._chunked = True
            else:
                self._closes |= b"close" in [token.strip() for token in value.lower().split(b",")]
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

    # Sending.

    def whole(self, most: int) -> bytes | None:
        """Return the whole request as it is sent, if its body is in memory and not larger than `most` bytes."""
        stream: Any = self.stream
        if self._remaining > most or not isinstance(stream, httpx.ByteStream):
            return None
        return self.head + self.frame(b"".join(stream)) + self.end()

    def frame(self, part: bytes) -> bytes:
        """Return one part of the body as it is sent."""
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(part), part) if part else b""
        self._remaining -= len(part)
        if self._remaining < 0:
            raise httpx.LocalProtocolError("the request's body is longer than its Content-Length")
        return part

    def end(self) -> bytes:
        """Return the bytes that are sent after the last part."""
        if self._chunked:
            return b"0\r\n\r\n"
        if self._remaining:
            raise httpx.LocalProtocolError("the request's body is shorter than its Content-Length")
        return b""

    def server_name(self, origin: Origin) -> str:
        """Return the name that the certificate of the server must be for."""
        name: str | None = self._extensions.get("sni_hostname")
        return name or origin.certified_name

    def reuse(self) -> None:
        """Note that the connection had served another request before, so that it may have gone stale."""
        self._extensions["reused"] = True

    def fail(self) -> None:
        """End without a response; note whether one had begun, after which the request must not be sent again."""
        if self.parser.has_begun():
            self._extensions["begun"] = True
        self.close()

    # Reading.

    def is_over(self) -> bool:
        """Whether no more of the request needs to be sent: the server has answered, or nothing right will come."""
        return self.parser.head_complete or self.parser.error is not None

    def is_answered(self) -> bool:
        """Whether the head of the response has arrived; raise httpx.RemoteProtocolError if it cannot any more."""
        parser = self.parser
        if parser.error is not None and not parser.head_complete:
            raise parser.error
        return parser.head_complete

    def response(self, connection: object) -> httpx.Response:
        """Return the response, whose head has arrived."""
        parser = self.parser
        extensions = parser.extensions()
        extensions["network_stream"] = connection
        extensions["expect_end"] = self.expect_end
        if parser.complete:
            self.close()
        return Response(
            parser.status, headers=parser.headers, stream=self, extensions=extensions, started=self._started
        )

    def is_whole(self) -> bool:
        """Whether all of the body has arrived; raise httpx.TransportError if the rest will not come."""
        if not self._ended:
            self.exchange.check()
        parser = self.parser
        if parser.complete:
            return True
        if parser.error is not None:
            raise parser.error
        if self._ended or self.exchange.connection is None:
            raise httpx.ReadError("the response was closed before it was read to its end")
        return False

    def expect_end(self, seconds: float) -> None:
        """Limit the wait for the rest of the body to `seconds` per read."""
        self.read_timeout = seconds if self.read_timeout is None else min(seconds, self.read_timeout)

    def may_keep(self) -> bool:
        """Whether the connection can serve another request."""
        parser, exchange = self.parser, self.exchange
        return parser.complete and parser.keep_alive and self.sent and not (self._closes or exchange.interrupted)

    def close(self) -> None:
        """Keep the connection if the response is complete; close it otherwise."""
        raise NotImplementedError


def _kind_of(name: bytes) -> bytes:
    """Return the name of a header in lower case if it matters for the body or the connection, else nothing."""
    if _TOKEN.fullmatch(name) is None:
        raise httpx.LocalProtocolError(f"{name!r} is not a header name")
    kind = name.lower() if name.lower() in _OF_BODY else b""
    if len(_kinds) < 512:
        _kinds[name] = kind
    return kind
