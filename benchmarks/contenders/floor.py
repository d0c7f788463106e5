"""A blocking socket, httptools and msgspec: what nothing on CPython can beat by much.

It gives every line as soon as it has arrived, and reads as much at a time as this SDK. The asynchronous scenarios are
done in the same way, one stream after the other, since that is what an event loop is added to.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, Self
from urllib.parse import urlsplit

import httptools
from msgspec import json

from benchmarks.contenders import CHUNK, CONVERSATION, Calls, plain

READ_SIZE = 65536
"""Bytes at a time, as this SDK reads them."""


class _Body:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.complete = False
        self.on_body = self.pieces.append

    def on_message_complete(self) -> None:
        self.complete = True


class Floor:
    """One connection.

    Args:
        url: Where to connect to.
        timeout: Seconds to wait for the next bytes, or None.
    """

    def __init__(self, url: str, timeout: float | None = None) -> None:
        parts = urlsplit(url)
        self._prefix, self._host = parts.path, parts.netloc
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.settimeout(timeout)
        self._view = memoryview(bytearray(READ_SIZE))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    def _bodies(self, method: str, path: str, data: bytes) -> Iterator[bytes]:
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(data)}\r\n\r\n"
        self._socket.sendall(head.encode() + data)
        received = _Body()
        feed = httptools.HttpResponseParser(received).feed_data
        receive, view, pieces = self._socket.recv_into, self._view, received.pieces
        while not received.complete:
            feed(view[: receive(view)])
            if pieces:
                yield b"".join(pieces)
                pieces.clear()

    def lines(self, path: str, body: object) -> Iterator[Any]:
        loads, rest = json.decode, b""
        for data in self._bodies("POST", path, json.encode(body)):
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield loads(line)

    def get(self, path: str) -> Any:
        return json.decode(b"".join(self._bodies("GET", path, b"")))

    def post(self, path: str, body: object) -> Any:
        return json.decode(b"".join(self._bodies("POST", path, json.encode(body))))


def calls(url: str) -> Calls:
    floor = Floor(url)
    talk = json.encode(CONVERSATION)
    return {
        **plain.calls(floor.lines, floor.get, floor.post),
        "chunk_model": lambda: sum(plain.said(json.decode(CHUNK)) for _ in range(1000)),
        "to_dict": lambda: len(json.decode(talk)),
    }
