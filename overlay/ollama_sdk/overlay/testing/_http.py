"""HTTP/1.1 as the server speaks it: requests are parsed, status lines, headers and chunks are written."""

from __future__ import annotations

import email.utils
import hashlib
import http
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from ollama_sdk.overlay.testing._connection import Connection

_LINE_LIMIT = 65536
_HEADER_LIMIT = 200
_HEADERS_LIMIT = 1 << 20  # bytes of all of them, as Ollama's server has it
_READ_SIZE = 65536
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

HeaderPairs = tuple[tuple[str, str], ...]
HeaderSource = Mapping[str, str] | Iterable[tuple[str, str]]


class BadRequestError(Exception):
    """The request is not HTTP/1.1 as this server understands it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Headers(Mapping[str, str]):
    """Header fields in the order received; names are case-insensitive, repeated ones are joined by `", "`."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: HeaderPairs = tuple(pairs)

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.pairs))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.pairs})

    def __repr__(self) -> str:
        return f"Headers({list(self.pairs)!r})"

    def get_all(self, name: str) -> list[str]:
        """Return every value of a repeated header, in the order received."""
        return [value for key, value in self.pairs if key.lower() == name.lower()]


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as the server received it.

    Attributes:
        method: For example `"POST"`.
        path: The path, still percent-encoded, without the query.
        query: What follows the `?`, or an empty string.
        headers: The request headers, with case-insensitive names.
        body: The body without transfer encoding, up to the server's `body_limit` bytes.
        body_size: The length of the whole body in bytes, including what was not kept.
        digest: `"sha256:"` and the hexadecimal SHA-256 of the whole body, as the blob routes name it.
        connection_id: Equal for requests that came over the same connection.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    body_size: int = 0
    digest: str = ""
    connection_id: int = 0

    # Any, as in json of the standard library: tests index into it, which an exact union of JSON types would forbid.
    @cached_property
    def json(self) -> Any:
        """The body decoded from JSON; None when it is empty, incomplete or no JSON."""
        if self.body_size != len(self.body):
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


def read_request(
    connection: Connection, *, body_limit: int, connection_id: int, cut_after: Callable[[str, str], int | None]
) -> Received | None:
    """Read one whole request.

    Args:
        connection: The connection to read from.
        body_limit: Maximum bytes of the body to keep; the rest is only counted and hashed.
        connection_id: Stored in the result.
        cut_after: Returns, for method and path, the number of bytes of the body after which to stop, or None.

    Returns:
        The request; None when the client closed the connection between two requests, or `cut_after` ended it.

    Raises:
        BadRequestError: The request cannot be understood.
    """
    start = _read_line(connection)
    if start == b"":  # A server should ignore an empty line before a request (RFC 9112, 2.2).
        start = _read_line(connection)
    if start is None:
        return None
    parts = start.decode("latin-1").split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(400, "malformed request line")
    headers = _read_headers(connection)
    method, target, _ = parts
    if not target.startswith("/"):  # The absolute form, which a client sends to a proxy.
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    if headers.get("expect", "").lower() == "100-continue":
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    limit = cut_after(method, path)
    kept, size, digest = bytearray(), 0, hashlib.sha256()
    for piece in _read_body(connection, headers):
        if limit is not None and size + len(piece) > limit:
            return None
        size += len(piece)
        digest.update(piece)
        kept += piece[: max(0, body_limit - len(kept))]
    return Received(
        method=method,
        path=path,
        query=query,
        headers=headers,
        body=bytes(kept),
        body_size=size,
        digest="sha256:" + digest.hexdigest(),
        connection_id=connection_id,
    )


def _read_line(connection: Connection) -> bytes | None:
    try:
        return connection.read_line(_LINE_LIMIT)
    except ValueError as error:
        raise BadRequestError(431, str(error)) from error


def _read_headers(connection: Connection) -> Headers:
    pairs: list[tuple[str, str]] = []
    size = 0
    while line := _read_line(connection):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise BadRequestError(400, "malformed header")
        size += len(line)
        if len(pairs) == _HEADER_LIMIT or size > _HEADERS_LIMIT:
            raise BadRequestError(431, "too many headers")
        if _CONTROL.search(value):
            raise BadRequestError(400, "malformed header")
        pairs.append((name, value.strip(" \t")))
    return Headers(pairs)


def _read_body(connection: Connection, headers: Headers) -> Iterator[bytes]:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        yield from _read_chunks(connection)
        return
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadRequestError(400, "malformed Content-Length")
    yield from _read_exactly(connection, int(text))


def _read_chunks(connection: Connection) -> Iterator[bytes]:
    while True:
        line = (_read_line(connection) or b"").partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", line):
            raise BadRequestError(400, "malformed chunk size")
        size = int(line, 16)
        if size == 0:
            break
        yield from _read_exactly(connection, size)
        if _read_line(connection) != b"":
            raise BadRequestError(400, "malformed chunk")
    _read_headers(connection)  # Trailers, which are ignored.


def _read_exactly(connection: Connection, size: int) -> Iterator[bytes]:
    while size:
        piece = connection.read_some(min(size, _READ_SIZE))
        size -= len(piece)
        yield piece


def head(status: int, reason: str | None, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return a status line and headers, with a `Date` when there is none, ready to be sent."""
    pairs = list(headers)
    if reason is None:
        try:
            reason = http.HTTPStatus(status).phrase
        except ValueError:
            reason = "Unknown"
    if not any(name.lower() == "date" for name, _ in pairs):
        pairs.append(("Date", email.utils.formatdate(usegmt=True)))
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in pairs)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of the chunked transfer encoding."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def pairs_of(headers: HeaderSource | None) -> HeaderPairs:
    """Return headers given as a mapping or as pairs, as a tuple of pairs."""
    if headers is None:
        return ()
    if isinstance(headers, Mapping):
        # Cast: to a type checker an iterable of pairs might be a mapping with pairs for keys.
        return tuple(cast("Mapping[str, str]", headers).items())
    return tuple(headers)
