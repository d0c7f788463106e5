"""Retrieval: of 2,000 passages, those that are like the question are shown to the model and named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

pytest.importorskip("numpy")

CHAT, EMBED = ("POST", "/api/chat"), ("POST", "/api/embed")
WORDS = ("lighthouse", "keeper", "lamp", "harbour", "ship")


def vector(text: str) -> list[float]:
    """Which of a few words a text has, as a vector of the length 1; the last number stands for all other words."""
    counts = [float(len(re.findall(word, text.lower()))) for word in WORDS] + [0.5]
    length = sum(count * count for count in counts) ** 0.5
    return [count / length for count in counts]


def embeddings(received: Received) -> Reply:
    given = received.json["input"]
    texts = [given] if isinstance(given, str) else given
    return Reply(Json({"model": received.json["model"], "embeddings": [vector(text) for text in texts]}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the program runs, and in it one with 2,000 passages in twenty files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    for file in range(20):
        lines = [f"Line {number} of file {file}.\n\n" for number in range(100)]
        if file == 7:
            lines[42] = "The keeper of the lighthouse\nlit the lamp.\n\n"
        if file == 11:
            lines[3] = "A ship came into the harbour, where the lighthouse stands.\n\n"
        (tmp_path / "texts" / f"{file:02}.md").write_text("".join(lines), encoding="utf-8")
    return tmp_path


@pytest.fixture
def server(ollama_server: OllamaServer) -> OllamaServer:
    ollama_server.reply(*EMBED, embeddings)
    ollama_server.reply(*CHAT, answer("/api/chat", ["The keeper", " [1]."]))
    return ollama_server


def embedded(server: OllamaServer) -> list[int]:
    """How many texts each request had."""
    inputs = [request.json["input"] for request in server.requests if request.path == "/api/embed"]
    return [1 if isinstance(given, str) else len(given) for given in inputs]


def test_the_passages_that_are_like_the_question_are_shown_and_named(server: OllamaServer, folder: Path) -> None:
    done = run("retrieval.py", "texts", "Who", "lit", "the", "lamp", "of", "the", "lighthouse?", host=server.url)
    assert (done.returncode, done.stderr) == (0, "[embedding 2000 passages]\n")
    told, _, sources = done.stdout.partition("\n\nSources:\n")
    assert told == "The keeper [1]."
    first, second, *rest = sources.splitlines()
    assert first == f"[1] {Path('texts', '07.md')}:85 (0.83)"
    assert second == f"[2] {Path('texts', '11.md')}:7 (0.46)"
    assert len(rest) == 3
    system, user = server.requests[-1].json["messages"]
    assert "these passages alone" in system["content"]
    assert user["content"].startswith("[1] The keeper of the lighthouse\nlit the lamp.\n\n[2] A ship came")
    assert user["content"].endswith("\n\nWho lit the lamp of the lighthouse?")
    assert sum(embedded(server)) == 2000 + 1


def test_the_vectors_are_kept_until_a_text_changes(server: OllamaServer, folder: Path) -> None:
    for _ in range(2):
        assert run("retrieval.py", "texts", "Who?", host=server.url).returncode == 0
    assert sum(embedded(server)) == 2000 + 1 + 1
    (folder / "texts" / "00.md").write_text("Another text.", encoding="utf-8")
    assert run("retrieval.py", "texts", "Who?", host=server.url).returncode == 0
    assert sum(embedded(server)) == 2000 + 1 + 1 + 1901 + 1
    assert sorted(path.name for path in folder.iterdir()) == ["texts", "vectors.npz"]


def test_a_model_that_is_missing_is_told(ollama_server: OllamaServer, folder: Path) -> None:
    ollama_server.reply(*EMBED, Json({"error": 'model "all-minilm" not found, try pulling it first'}), status=404)
    done = run("retrieval.py", "texts", "Who?", host=ollama_server.url)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith('retrieval: model "all-minilm" not found')


def test_a_question_that_was_forgotten_is_told() -> None:
    done = run("retrieval.py", "texts")
    assert (done.returncode, "python examples/retrieval.py docs" in done.stderr) == (1, True)


def test_a_folder_without_texts_is_told(ollama_server: OllamaServer, tmp_path: Path) -> None:
    done = run("retrieval.py", tmp_path, "Who?", host=ollama_server.url)
    assert (done.returncode, done.stderr) == (1, f"retrieval: no text in {tmp_path}\n")
