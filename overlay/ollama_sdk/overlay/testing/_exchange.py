"""One request and its response: what a responder can send, and the framing of it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Literal

from ollama_sdk.overlay.testing._connection import Connection, Signal
from ollama_sdk.overlay.testing._http import LAST_CHUNK, HeaderPairs, Received, chunk, head

Framing = Literal["chunked", "length", "close", "none"]
"""How the client recognizes the end of the body: chunks, `Content-Length`, the end of the connection, or no body."""


class EndOfConnectionError(Exception):
    """A step closed the connection on purpose; nothing may be sent any more."""


class Responder(ABC):
    """Something that answers requests."""

    @abstractmethod
    def respond(self, exchange: Exchange) -> None:
        """Answer the request of `exchange`; the server completes the response afterwards."""


class Exchange:
    """One request and its response.

    Status and headers are set by `begin` and sent with the first byte of the body, so that a responder can delay or
    close the connection before, between or after them. `headers` are sent in addition.
    """

    def __init__(self, connection: Connection, received: Received, headers: HeaderPairs = ()) -> None:
        self._extra = headers
        self.received = received
        self.connection = connection
        self.started = False
        self.keep_alive = received.headers.get("connection", "").lower() != "close"
        self._head = b""
        self._framing: Framing = "none"
        self._missing = 0

    def begin(self, status: int, headers: HeaderPairs, framing: Framing, reason: str | None = None) -> None:
        """Set status and headers; they are sent together with the first byte of the body, or by `flush_head`."""
        names = {name.lower(): value for name, value in headers}
        extra = list(self._extra)
        if framing == "length":
            self._missing = int(names["content-length"])
        elif framing == "chunked":
            extra.append(("Transfer-Encoding", "chunked"))
        elif framing == "close":
            self.keep_alive = False
        if names.get("connection", "").lower() == "close":
            self.keep_alive = False
        elif not self.keep_alive:
            extra.append(("Connection", "close"))
        self._head = head(status, reason, (*headers, *extra))
        self._framing = "none" if self.received.method == "HEAD" or status in (204, 304) else framing

    def flush_head(self) -> None:
        """Send status and headers now."""
        if not self.started:
            self.started = True
            self.connection.send(self._head)

    def send(self, data: bytes, size: int | None = None) -> None:
        """Send a piece of the body, framed, as one HTTP chunk when the response is chunked.

        Args:
            data: The bytes; nothing is sent for a request without a response body (HEAD).
            size: Write at most this many bytes of the wire at a time.
        """
        self.flush_head()
        if self._framing == "none" or not data:
            return
        wire = chunk(data) if self._framing == "chunked" else data
        self._missing -= len(data)
        for start in range(0, len(wire), size or len(wire)):
            self.connection.send(wire[start : start + (size or len(wire))])

    def send_raw(self, data: bytes) -> None:
        """Write bytes to the socket as they are; the connection is closed after this response."""
        self.started = True
        self.keep_alive = False
        self._framing = "none"
        self.connection.send(data)

    def finish(self) -> None:
        """Complete the response: send the head, unless it was sent, and the last chunk."""
        self.flush_head()
        if self._framing == "chunked":
            self.connection.send(LAST_CHUNK)
        elif self._framing == "length" and self._missing != 0:
            self.keep_alive = False  # Content-Length was another, so only closing the connection ends the body.

    def check(self) -> None:
        """Raise an exception, which responders need not catch, if the client has disconnected."""
        self.connection.check()

    def client_gone(self) -> bool:
        """Return, without waiting, whether the client has disconnected."""
        return self.connection.client_gone()

    def wait(self, signal: Signal | threading.Event | None, timeout: float | None) -> bool:
        """Wait up to `timeout` seconds (None: no limit) for a signal, at most until the client disconnects."""
        return self.connection.wait(signal, timeout)

    def cut(self) -> None:
        """Close the connection without completing the response."""
        self.connection.close()
        raise EndOfConnectionError

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.connection.reset()
        raise EndOfConnectionError
