"""Scripted answers: replies, their steps, and gates that a test opens."""

from __future__ import annotations

import json
import socket
import threading
import weakref
from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ollama_sdk.overlay.testing._exchange import Exchange, Framing, Responder
from ollama_sdk.overlay.testing._http import HeaderPairs, HeaderSource, Received, pairs_of

JsonInput = Mapping[str, object] | Sequence[object] | str | int | float | bool | None
"""What `Line` and `Json` accept: anything the standard library's `json.dumps` can write."""


class Gate:
    """Holds scripted answers until a test opens it.

    Example:
        >>> gate = Gate()
        >>> gate.open()
        >>> gate.is_open()
        True
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reached = threading.Event()
        self._opened = threading.Event()
        self._sockets: tuple[socket.socket, socket.socket] | None = None

    def open(self) -> None:
        """Release the answers that wait here, now and later; any thread may call it, any number of times."""
        with self._lock:
            if not self._opened.is_set():
                self._opened.set()
                if self._sockets is not None:
                    self._sockets[1].send(b"!")

    def is_open(self) -> bool:
        """Return whether `open` has been called."""
        return self._opened.is_set()

    def wait_until_reached(self, timeout: float = 10.0) -> bool:
        """Wait up to `timeout` seconds until an answer waits at this gate; True when one does."""
        return self._reached.wait(timeout)

    def reach(self) -> None:
        """Note that an answer waits at this gate; the server calls this."""
        self._reached.set()

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the gate is opened, for a selector to watch."""
        with self._lock:
            if self._sockets is None:
                self._sockets = socket.socketpair()
                weakref.finalize(self, _close_all, self._sockets)
                if self._opened.is_set():
                    self._sockets[1].send(b"!")
            # The byte is not read, so that it ends the wait of every answer.
            return self._sockets[0].fileno()


def _close_all(sockets: Sequence[socket.socket]) -> None:
    for each in sockets:
        each.close()


class Step(ABC):  # noqa: B024  # its base is part of the public API
    """One action of the server while it answers."""

    def play(self, exchange: Exchange) -> None:
        """Perform the action: send `content()`, where a step does nothing else."""
        exchange.send(self.content())

    def content(self) -> bytes:
        """Return the bytes of the body that this step sends."""
        return b""


@dataclass(frozen=True)
class Send(Step):
    """Send bytes of the body, as one HTTP chunk when the response is chunked."""

    data: bytes

    def content(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class Line(Step):
    """Send one NDJSON line: the value in JSON and a line feed."""

    value: JsonInput

    def content(self) -> bytes:
        return Json(self.value).content() + b"\n"


@dataclass(frozen=True)
class Json(Step):
    """Send a value in JSON, without a line feed."""

    value: JsonInput

    def content(self) -> bytes:
        return json.dumps(self.value, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Drip(Step):
    """Send bytes of the body as one HTTP chunk, in many small writes, chunk size line included."""

    data: bytes
    size: int = 1

    def content(self) -> bytes:
        return self.data

    def play(self, exchange: Exchange) -> None:
        exchange.send(self.data, self.size)


@dataclass(frozen=True)
class Start(Step):
    """Send status and headers now; without it they leave together with the first byte of the body."""

    def play(self, exchange: Exchange) -> None:
        exchange.flush_head()


@dataclass(frozen=True)
class Wait(Step):
    """Hold the answer until the test opens the gate or sets the event; a client that disconnects ends the wait.

    After `timeout` seconds, the connection is closed, and the server's `failures` get a TimeoutError.
    """

    gate: Gate | threading.Event
    timeout: float = 30.0

    def play(self, exchange: Exchange) -> None:
        if isinstance(self.gate, Gate):
            self.gate.reach()
        if not exchange.wait(self.gate, self.timeout):
            request = exchange.received
            raise TimeoutError(f"no one opened the gate of {request.method} {request.path} in {self.timeout} seconds")


@dataclass(frozen=True)
class Pause(Step):
    """Do nothing for some seconds; a client that disconnects ends the pause."""

    seconds: float

    def play(self, exchange: Exchange) -> None:
        exchange.wait(None, self.seconds)


@dataclass(frozen=True)
class Never(Step):
    """Hold the answer until the client disconnects or the server stops."""

    def play(self, exchange: Exchange) -> None:
        exchange.wait(None, None)


@dataclass(frozen=True)
class Cut(Step):
    """Close the connection without the final chunk, or before the announced length."""

    def play(self, exchange: Exchange) -> None:
        exchange.cut()


@dataclass(frozen=True)
class Reset(Step):
    """Close the connection with a TCP reset."""

    def play(self, exchange: Exchange) -> None:
        exchange.reset()


@dataclass(frozen=True)
class Raw(Step):
    """Write bytes to the socket as they are, without HTTP framing; the connection is closed after the response."""

    data: bytes

    def play(self, exchange: Exchange) -> None:
        exchange.send_raw(self.data)


class Reply(Responder):
    """A scripted response: status, headers, and the steps that send the body.

    Args:
        *steps: The actions of the server, in order; the response is completed after the last one.
        status: The HTTP status.
        headers: More headers. `Content-Type` follows from the steps (JSON, NDJSON) when it is not given, and a
            `Content-Length` given here is sent as it is, right or wrong.
        framing: How the client recognizes the end of the body: `"length"`, `"chunked"`, `"close"`, `"none"`, or
            `"auto"` for a `Content-Length` with at most one step, and chunks otherwise.
        reason: The reason phrase; the usual one when None.

    Example:
        >>> Reply(Json({"error": "model 'x' not found"}), status=404).status
        404
    """

    def __init__(
        self,
        *steps: Step,
        status: int = 200,
        headers: HeaderSource | None = None,
        framing: Framing | Literal["auto"] = "auto",
        reason: str | None = None,
    ) -> None:
        self.steps = steps
        self.status = status
        self.reason = reason
        self.headers: HeaderPairs
        self.framing: Framing
        self.headers, self.framing = _complete_headers(pairs_of(headers), steps, framing)

    def __repr__(self) -> str:
        return f"Reply({', '.join(repr(step)[:60] for step in self.steps)}, status={self.status})"

    def respond(self, exchange: Exchange) -> None:
        """Play the steps; before each, check that the client is still connected."""
        exchange.begin(self.status, self.headers, self.framing, self.reason)
        for step in self.steps:
            exchange.check()
            step.play(exchange)


def _complete_headers(
    headers: HeaderPairs, steps: Sequence[Step], framing: Framing | Literal["auto"]
) -> tuple[HeaderPairs, Framing]:
    names = {name.lower() for name, _ in headers}
    if "content-type" not in names:
        if any(isinstance(step, Line) for step in steps):
            headers = (("Content-Type", "application/x-ndjson"), *headers)
        elif any(isinstance(step, Json) for step in steps):
            headers = (("Content-Type", "application/json; charset=utf-8"), *headers)
    if "content-length" in names:
        return headers, "length"
    if framing == "auto":
        whole = len(steps) <= 1 and all(isinstance(step, Send | Json) for step in steps)
        framing = "length" if whole else "chunked"
    if framing == "length":
        headers = (*headers, ("Content-Length", str(sum(len(step.content()) for step in steps))))
    return headers, framing


@dataclass(frozen=True)
class Computed(Responder):
    """Answers with the reply, or the step, that a function returns for the request."""

    function: Callable[[Received], Responder | Step]

    def respond(self, exchange: Exchange) -> None:
        answer = self.function(exchange.received)
        (Reply(answer) if isinstance(answer, Step) else answer).respond(exchange)
