"""What the scripted server says in most tests, and what most tests ask of a client afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.overlay._http.settings import is_available
from ollama_sdk.overlay.testing import Line, OllamaServer, Received, Reply, answer

NDJSON = {"Content-Type": "application/x-ndjson"}
TEXT = "The sky is blue — mostly 🌍."
"""The text of a healthy answer."""
HI = [{"role": "user", "content": "Hi!"}]
_needs_httpx2 = pytest.mark.skipif(find_spec("httpx2") is None, reason="needs httpx2")
# Without httptools our own choice is httpx's transport; those that a program gives are tried where it is installed.
_given = ["stock", "injected", pytest.param("httpx2", marks=_needs_httpx2)] if is_available() else []
both_transports = pytest.mark.parametrize("transport", ["own", *_given[:1]])
all_transports = pytest.mark.parametrize("transport", ["own", *_given])
needs_own_transport = pytest.mark.skipif(
    not is_available(), reason="without httptools all calls go over httpx's own transport"
)
streamed_or_not = pytest.mark.parametrize("stream", [False, True])


def chat_line(content: str, **fields: Any) -> Line:
    return Line({"model": "m", "message": {"role": "assistant", "content": content}, "done": False, **fields})


def done_line(**fields: Any) -> Line:
    return chat_line("", done=True, done_reason="stop", **fields)


class Together:
    """Answers when so many requests are there at the same time.

    Args:
        count: How many.
        reply: The answer to each.

    Attributes:
        most: The most that were there at the same time.
    """

    def __init__(self, count: int, reply: Callable[[Received], Reply]) -> None:
        self.most = 0
        self._reply = reply
        self._all_are_there = threading.Barrier(count, timeout=60)
        self._lock = threading.Lock()
        self._under_way = 0

    def __call__(self, received: Received) -> Reply:
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        self._all_are_there.wait()
        with self._lock:
            self._under_way -= 1
        return self._reply(received)


def assert_usable(api: Api, server: OllamaServer) -> None:
    """The client still gets whole answers."""
    server.reply("POST", "/api/chat", answer("/api/chat"))
    assert api.chat_stream().final().message.content == TEXT
