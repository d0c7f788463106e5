"""The demo: what it prints, and that it succeeds only when a model really answered."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Received, Reply, answer

DEMO = Path(__file__).parents[1] / "examples" / "demo.py"
MODELS = [
    {"model": "embedder:1", "capabilities": ["embedding"]},
    {"model": "talker:1", "capabilities": ["completion"]},
    {"model": "caller:1", "capabilities": ["completion", "tools"]},
]


def chat(received: Received) -> Reply:
    """One answer for each part of the demo; the story never ends by itself."""
    request = received.json
    last = request["messages"][-1]
    if "story" in last["content"]:
        return Reply(*(Line({"message": {"role": "assistant", "content": "la "}}) for _ in range(25)), Never())
    if "tools" in request and last["role"] == "user":
        return answer("/api/chat", tool_calls=[("population", {"city": "Paris"})], stream=request["stream"])
    texts = ['{"city": "Paris", "country": "France"}'] if "format" in request else ["Light", " scatters."]
    return answer("/api/chat", texts, stream=request["stream"])


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        server.reply("GET", "/api/tags", Json({"models": MODELS}))
        server.reply("POST", "/api/chat", chat)
        yield server


def run_demo(host: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"OLLAMA_HOST": host, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(DEMO), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_demo_shows_its_five_parts_on_the_ollama_that_answers(server: OllamaServer) -> None:
    done = run_demo(server.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Model: caller:1, on the Ollama at {server.url}\n")
    assert "Light scatters.\n[2 tokens, 100 a second]\n" in done.stdout
    assert "was aborted]\n" in done.stdout
    assert "Place(city='Paris', country='France')\n" in done.stdout
    assert "> What is a lighthouse? Answer in one sentence.\nLight scatters.\nLight scatters.\n" in done.stdout
    assert done.stdout.endswith("[the model calls population('Paris')]\nLight scatters.\n")
    assert server.wait_for_disconnect()


def test_the_demo_takes_the_name_of_a_model(server: OllamaServer) -> None:
    assert run_demo(server.url, "other:7b").returncode == 0
    assert {request.json["model"] for request in server.requests if request.path == "/api/chat"} == {"other:7b"}


def test_the_demo_fails_when_no_token_came(server: OllamaServer) -> None:
    done = {"message": {"role": "assistant", "content": ""}, "done": True, "eval_count": 0}
    server.queue("POST", "/api/chat", Line(done))
    assert run_demo(server.url).returncode == 1


def test_the_demo_tells_an_error_in_one_line(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Json({"error": "model 'talker:1' not found"}), status=404)
    done = run_demo(server.url)
    assert done.returncode == 1
    assert done.stderr.startswith("demo: model 'talker:1' not found")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow  # the embedded model writes some 150 tokens
def test_the_demo_runs_a_small_model_where_no_ollama_answers() -> None:
    with OllamaServer() as closed:
        host = closed.url
    done = run_demo(host)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Model: smollm2:135m, which runs in this program")
    assert "Place(city=" in done.stdout
    assert "[the model calls population(" in done.stdout
