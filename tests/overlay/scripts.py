"""What the scripted server says in most tests, and what most tests ask of a client afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.overlay.testing import Line, OllamaServer, answer

NDJSON = {"Content-Type": "application/x-ndjson"}
TEXT = "The sky is blue — mostly 🌍."
"""The text of a healthy answer."""
HI = [{"role": "user", "content": "Hi!"}]
both_transports = pytest.mark.parametrize("transport", ["own", "stock"])
default_transport = pytest.mark.parametrize("transport", ["own"])  # nothing is injected, whatever TEST_TRANSPORT says
all_transports = pytest.mark.parametrize("transport", ["own", "stock", "injected"])
streamed_or_not = pytest.mark.parametrize("stream", [False, True])


def chat_line(content: str, **fields: Any) -> Line:
    return Line({"model": "m", "message": {"role": "assistant", "content": content}, "done": False, **fields})


def done_line(**fields: Any) -> Line:
    return chat_line("", done=True, done_reason="stop", **fields)


def assert_usable(api: Api, server: OllamaServer) -> None:
    """The client still gets whole answers."""
    server.reply("POST", "/api/chat", answer("/api/chat"))
    assert api.chat_stream().final().message.content == TEXT
