"""The model of a Modelfile: its base is pulled with a bar, or is there."""

from __future__ import annotations

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, Line, OllamaServer, answer

pytest.importorskip("tqdm")
LAYER = {"status": "pulling 6a0746a1ec1a", "digest": "sha256:6a0746a1ec1a", "total": 400}
PULLED = [{**LAYER, "completed": 100}, {**LAYER, "completed": 400}, {"status": "success"}]


@pytest.fixture
def server(ollama_server: OllamaServer) -> OllamaServer:
    ollama_server.reply("POST", "/api/create", Line({"status": "success"}))
    ollama_server.reply("POST", "/api/chat", answer("/api/chat", ["A Pinot", " noir."]))
    return ollama_server


def test_the_base_is_pulled_and_the_model_made_and_asked(server: OllamaServer) -> None:
    server.reply("POST", "/api/show", Json({"error": "model 'llama3.2' not found"}), status=404)
    server.reply("POST", "/api/pull", *map(Line, PULLED))
    done = run("modelfile.py", "A wine for risotto?", host=server.url)
    assert (done.returncode, done.stdout) == (0, "A Pinot noir.\n")
    assert "llama3.2" in done.stderr
    assert "100%" in done.stderr
    _, pull, create, chat = (sent.json for sent in server.requests)
    assert pull["model"] == "llama3.2"
    assert (create["model"], create["from"]) == ("sommelier", "llama3.2")
    assert create["system"].strip() == "You are a sommelier. Answer in one sentence, and name one wine."
    assert create["parameters"] == {"temperature": 0.2, "num_ctx": 8192}
    assert [message["role"] for message in create["messages"]] == ["user", "assistant"]
    assert (chat["model"], chat["messages"]) == ("sommelier", [{"role": "user", "content": "A wine for risotto?"}])


def test_a_base_that_is_there_is_not_pulled(server: OllamaServer) -> None:
    server.reply("POST", "/api/show", Json({"capabilities": ["completion"]}))
    done = run("modelfile.py", host=server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "A Pinot noir.\n", "")
    assert [sent.path for sent in server.requests] == ["/api/show", "/api/create", "/api/chat"]


def test_a_base_that_there_is_not_is_told_in_one_line(server: OllamaServer) -> None:
    server.reply("POST", "/api/show", Json({"error": "model 'llama3.2' not found"}), status=404)
    server.reply("POST", "/api/pull", Line({"error": "pull model manifest: file does not exist"}))
    done = run("modelfile.py", host=server.url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("modelfile: pull model manifest: file does not exist")
