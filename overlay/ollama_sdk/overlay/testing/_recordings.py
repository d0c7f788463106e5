"""Recorded exchanges: loading them from JSON files, and finding the one that answers a request."""

from __future__ import annotations

import json
import os
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ollama_sdk.overlay.testing._exchange import Framing
from ollama_sdk.overlay.testing._http import HeaderPairs, Received
from ollama_sdk.overlay.testing._script import Json, Pause, Reply, Send, Step

# Recordings describe a body that was not JSON by its length.
_RAW_BODY = re.compile(r"<(\d+) raw bytes>")
# Set for every connection, or implied by the framing.
_CONNECTION_HEADERS = frozenset({"connection", "transfer-encoding"})


@dataclass(frozen=True)
class Chunk:
    """One HTTP chunk of a recorded body: milliseconds after the request, and the text."""

    milliseconds: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One exchange with a real server.

    Attributes:
        name: The name of the recording, also of its file.
        note: A description.
        method: The method of the request.
        path: The path of the request.
        request_headers: The headers of the request.
        request_body: The request's JSON; None without a body, `"<5 raw bytes>"` for a body that was not JSON.
        status: The status of the response.
        reason: The reason phrase of the response.
        headers: The headers of the response, as sent.
        chunks: The response's body in the pieces in which it arrived.
    """

    name: str
    note: str
    method: str
    path: str
    request_headers: HeaderPairs
    request_body: Any
    status: int
    reason: str
    headers: HeaderPairs
    chunks: tuple[Chunk, ...]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Recording:
        """Load one recording from its JSON file.

        Raises:
            ValueError: The file is not a recording; the message names it.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            request, response = data["request"], data["response"]
            return cls(
                name=data["name"],
                note=data.get("note", ""),
                method=request["method"],
                path=request["path"],
                request_headers=tuple(request["headers"].items()),
                request_body=request["body"],
                status=response["status"],
                reason=response["reason"],
                headers=tuple((name, value) for name, value in response["headers"]),
                chunks=tuple(Chunk(milliseconds, text) for milliseconds, text in response["chunks"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{os.fspath(path)} is not a recording: {error!r}") from error

    @property
    def body(self) -> bytes:
        """The whole body of the response."""
        return "".join(chunk.text for chunk in self.chunks).encode()

    def reply(self, *, pace: bool = False) -> Reply:
        """Return the recorded response as a reply, chunk by chunk.

        Args:
            pace: Whether to keep the recorded times; otherwise everything is sent at once.
        """
        steps: list[Step] = []
        previous = 0.0
        for chunk in self.chunks:
            if pace:
                steps.append(Pause((chunk.milliseconds - previous) / 1000))
                previous = chunk.milliseconds
            steps.append(Send(chunk.text.encode()))
        names = {name.lower() for name, _ in self.headers}
        # The length of a body is computed again, since a recording whose text was made anonymous has another one.
        dropped = _CONNECTION_HEADERS.union(["content-length"] if self.chunks else [])
        return Reply(
            *steps,
            status=self.status,
            reason=self.reason,
            headers=[(name, value) for name, value in self.headers if name.lower() not in dropped],
            framing=self._framing(names),
        )

    def _framing(self, names: set[str]) -> Framing:
        if "transfer-encoding" in names:
            return "chunked"
        if "content-length" in names:
            return "length"
        return "close" if self.chunks else "none"


def load_recordings(folder: str | os.PathLike[str]) -> list[Recording]:
    """Load a recording, or every recording of a folder in the order of their names.

    Raises:
        FileNotFoundError: There is no such folder, or nothing in it.
    """
    path = Path(folder)
    files = [path] if path.is_file() else sorted(path.glob("*.json"))
    if not files:
        raise FileNotFoundError(f"no recordings (*.json) in {path}")
    return [Recording.load(file) for file in files]


class Replayer:
    """Finds the recording that answers a request.

    The best match counts: same method, path and body; else same method and path, preferring a successful recording with
    the same `stream`. Equal matches are played in order, and the last one is repeated.
    """

    def __init__(self, recordings: Iterable[Recording], *, pace: bool) -> None:
        self._recordings = tuple(recordings)
        self._pace = pace
        self._played: Counter[tuple[str, ...]] = Counter()
        self._lock = threading.Lock()

    def find(self, received: Received) -> Reply | None:
        """Return the recorded answer, or None when nothing was recorded for the path."""
        same_path = [each for each in self._recordings if each.path == received.path]
        same = [each for each in same_path if each.method == received.method]
        candidates = _same_headers([each for each in same if _same_body(each, received)], received)
        if not candidates:
            loose = _same_headers(same, received)
            candidates = [
                each for each in loose if each.status < 300 and _streams(each.request_body) == _streams(received.json)
            ] or loose
        if candidates:
            return self._next(candidates).reply(pace=self._pace)
        allowed = sorted({each.method for each in same_path})
        if allowed:
            return not_allowed(allowed)
        return None

    def _next(self, candidates: list[Recording]) -> Recording:
        key = tuple(each.name for each in candidates)
        with self._lock:
            turn = self._played[key]
            self._played[key] += 1
        return candidates[min(turn, len(candidates) - 1)]


def not_allowed(methods: Iterable[str]) -> Reply:
    """Return the real server's answer to a known path with a wrong method."""
    headers = {"Allow": ", ".join(methods), "Content-Type": "text/plain"}
    return Reply(Send(b"405 method not allowed"), status=405, headers=headers)


def not_found() -> Reply:
    """Return the real server's answer to an unknown path."""
    return Reply(Send(b"404 page not found"), status=404, headers={"Content-Type": "text/plain"})


def error_reply(status: int, message: str) -> Reply:
    """Return an error in the form of the API: `{"error": message}`."""
    return Reply(Json({"error": message}), status=status)


def _same_body(recording: Recording, received: Received) -> bool:
    wanted = recording.request_body
    if isinstance(wanted, str) and (raw := _RAW_BODY.fullmatch(wanted)):
        return received.body_size == int(raw[1])
    if wanted is None:
        return received.body_size == 0
    return bool(received.json == wanted)


def _same_headers(recordings: list[Recording], received: Received) -> list[Recording]:
    """Return the recordings whose special request headers (`Origin`) were all sent, of those with most such headers."""
    fitting: dict[int, list[Recording]] = {}
    for each in recordings:
        special = [(name, value) for name, value in each.request_headers if name.lower() != "content-type"]
        if all(received.headers.get(name) == value for name, value in special):
            fitting.setdefault(len(special), []).append(each)
    return fitting[max(fitting)] if fitting else []


def _streams(body: Any) -> bool:
    return not isinstance(body, dict) or body.get("stream") is not False
