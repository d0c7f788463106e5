"""A model that searches the web: it gets what was found, and its sources are named."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest
from examples.programs import EXAMPLES, run
from overlay.cloud import cloud_server

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

CHAT = ("POST", "/api/chat")
SEARCH = answer("/api/chat", tool_calls=[("search", {"query": "python 3.15"})])
PAGE = {"title": "What's new", "url": "https://docs.example/3.15", "content": "A page. " * 1000}


def test_the_model_gets_what_was_found_and_the_page_is_named(
    ollama_server: OllamaServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ollama_server.queue(*CHAT, SEARCH)
    ollama_server.queue(*CHAT, answer("/api/chat", ["Lazy", " imports."]))
    monkeypatch.setenv("OLLAMA_HOST", ollama_server.url)
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    monkeypatch.setattr(sys, "argv", ["web_search.py", "What is new?"])
    with cloud_server(monkeypatch, tmp_path) as cloud:  # in this process, where ollama.com is a server of the test
        cloud.reply("POST", "/api/web_search", Json({"results": [PAGE]}))
        runpy.run_path(str(EXAMPLES / "web_search.py"), run_name="__main__")
        (searched,) = cloud.requests

    assert searched.headers["authorization"] == "Bearer secret"
    assert searched.json == {"query": "python 3.15", "max_results": 3}
    printed, told = capsys.readouterr()
    assert printed == "Lazy imports.\n\nSources:\n- What's new https://docs.example/3.15\n"
    assert told == "[searching: python 3.15]\n"
    _, second = ollama_server.requests
    assert "authorization" not in second.headers
    (found,) = json.loads(second.json["messages"][-1]["content"])
    assert (found["url"], len(found["text"])) == (PAGE["url"], 3000)


def test_without_a_key_the_model_is_told_and_no_source_is_named(ollama_server: OllamaServer) -> None:
    ollama_server.queue(*CHAT, SEARCH)
    ollama_server.queue(*CHAT, answer("/api/chat", ["I cannot search."]))
    done = run("web_search.py", host=ollama_server.url)
    assert done.returncode == 0
    assert done.stdout == "I cannot search.\n\nNo page was looked at.\n"
    assert "key" in ollama_server.requests[1].json["messages"][-1]["content"]
