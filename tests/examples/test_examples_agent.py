"""The agent: its three tools are called, one of them by a real server of MCP in a process of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

pytest.importorskip("mcp")
pytest.importorskip("mcp_server_time")

CHAT, GENERATE = ("POST", "/api/chat"), ("POST", "/api/generate")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "outside.txt").write_text("A secret.", encoding="utf-8")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "oslo.txt").write_text("The fjord is cold.", encoding="utf-8")
    (folder / "rome.txt").write_text("The coffee is hot.", encoding="utf-8")
    return folder


def results(server: OllamaServer) -> dict[str, str]:
    """What the last request of the chat tells of the tools, by their names."""
    request = [each.json for each in server.requests if each.path == "/api/chat"][-1]
    return {each["tool_name"]: each["content"] for each in request["messages"] if each["role"] == "tool"}


@pytest.mark.slow
def test_a_function_an_async_function_and_a_tool_of_mcp_are_called(ollama_server: OllamaServer, notes: Path) -> None:
    both: Any = [("summary", {"file": "oslo.txt"}), ("get_current_time", {"timezone": "Europe/Oslo"})]
    ollama_server.queue(*CHAT, answer("/api/chat", tool_calls=[("files", {})]))
    ollama_server.queue(*CHAT, answer("/api/chat", tool_calls=both))
    ollama_server.queue(*CHAT, answer("/api/chat", ["Cold,", " and late."]))
    ollama_server.reply(*GENERATE, answer("/api/generate", ["A cold fjord."], stream=False))
    done = run("agent.py", notes, "What about Oslo?", host=ollama_server.url)
    assert (done.returncode, done.stdout) == (0, "Cold, and late.\n"), done.stderr
    assert done.stderr.splitlines() == [f"[{name} {arguments}]" for name, arguments in [("files", {}), *both]]

    offered = {tool["function"]["name"]: tool["function"] for tool in ollama_server.requests[0].json["tools"]}
    assert list(offered) == ["files", "summary", "get_current_time"]
    assert offered["get_current_time"]["parameters"]["required"] == ["timezone"]
    told = results(ollama_server)
    assert json.loads(told["files"]) == ["oslo.txt", "rome.txt"]
    assert told["summary"] == "A cold fjord."
    assert json.loads(told["get_current_time"])["timezone"] == "Europe/Oslo"
    (asked,) = [each.json for each in ollama_server.requests if each.path == "/api/generate"]
    assert asked["prompt"].endswith("\n\nThe fjord is cold.")


@pytest.mark.slow
def test_a_file_outside_the_folder_is_not_read(ollama_server: OllamaServer, notes: Path) -> None:
    ollama_server.queue(*CHAT, answer("/api/chat", tool_calls=[("summary", {"file": "../outside.txt"})]))
    ollama_server.queue(*CHAT, answer("/api/chat", ["I cannot."]))
    done = run("agent.py", notes, "Tell me a secret.", host=ollama_server.url)
    assert (done.returncode, done.stdout) == (0, "I cannot.\n"), done.stderr
    assert results(ollama_server) == {"summary": "Error: ValueError: no such file: ../outside.txt"}


@pytest.mark.slow
def test_an_error_of_the_model_is_one_line(ollama_server: OllamaServer, notes: Path) -> None:
    ollama_server.reply(*CHAT, Json({"error": "qwen3 does not support tools"}), status=400)
    done = run("agent.py", notes, "What about Oslo?", host=ollama_server.url)
    assert done.returncode == 1
    assert re.fullmatch(r"agent: .* does not support tools.*\n", done.stderr)
