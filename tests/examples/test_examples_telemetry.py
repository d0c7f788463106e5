"""Telemetry to the console: a span for each call and each tool, and the metrics at the end."""

from __future__ import annotations

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.util.genai")


def test_spans_and_metrics_are_printed(ollama_server: OllamaServer) -> None:
    calls = [("temperature", {"city": "Oslo"}), ("temperature", {"city": "Rome"})]
    ollama_server.queue("POST", "/api/chat", answer("/api/chat", tool_calls=calls, stream=False))
    ollama_server.queue("POST", "/api/chat", answer("/api/chat", ["In Oslo."], stream=False))
    done = run("telemetry.py", host=ollama_server.url)
    assert (done.returncode, done.stdout) == (0, "In Oslo.\n"), done.stderr
    spans = [line.partition(" s  ")[2].partition("  ")[0] for line in done.stderr.splitlines() if " s  " in line]
    chat, tool = "chat llama3.2", "execute_tool temperature"
    assert spans == [chat, tool, tool, chat, "question"]
    assert "gen_ai.client.token.usage" in done.stderr
    assert "In Oslo." not in done.stderr  # what is said is no telemetry, unless it is asked for


def test_a_call_that_fails_is_printed_too(ollama_server: OllamaServer) -> None:
    ollama_server.reply("POST", "/api/chat", Json({"error": "model 'llama3.2' not found"}), status=404)
    done = run("telemetry.py", host=ollama_server.url)
    assert done.returncode == 1
    assert "NotFoundError" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("telemetry: model 'llama3.2' not found")
