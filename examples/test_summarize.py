"""Test summarize.py without Ollama: `python -m pytest test_summarize.py`, in this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import summarize

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, answer

pytest_plugins = ["ollama_sdk.overlay.testing.pytest_plugin"]

ROUTE = ("POST", "/api/generate")


@pytest.fixture(autouse=True)
def _host(monkeypatch: pytest.MonkeyPatch, ollama_server: OllamaServer) -> None:
    monkeypatch.setenv("OLLAMA_HOST", ollama_server.url)


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "book.txt"
    path.write_text("Call me Ishmael. " * 2000, encoding="utf-8")
    return str(path)


def test_the_summary_is_printed(ollama_server: OllamaServer, book: str, capsys: pytest.CaptureFixture[str]) -> None:
    ollama_server.reply(*ROUTE, answer("/api/generate", ["A man", " goes whaling."]))
    assert summarize.main(book) == 0
    assert capsys.readouterr().out == "A man goes whaling.\n"


def test_the_model_gets_the_beginning_of_a_long_text(ollama_server: OllamaServer, book: str) -> None:
    ollama_server.reply(*ROUTE, answer("/api/generate", ["A man."]))
    summarize.main(book)
    (request,) = ollama_server.requests
    assert request.json["options"] == {"num_ctx": 8192}
    assert "three sentences:\n\nCall me Ishmael." in request.json["prompt"]
    assert len(request.json["prompt"]) < 20_100


def test_a_busy_server_is_asked_again(ollama_server: OllamaServer, book: str) -> None:
    ollama_server.queue(*ROUTE, Json({"error": "server busy"}), status=503, headers={"Retry-After": "0"})
    ollama_server.queue(*ROUTE, answer("/api/generate", ["A man."]))
    assert summarize.main(book) == 0


def test_a_missing_model_is_named(ollama_server: OllamaServer, book: str, capsys: pytest.CaptureFixture[str]) -> None:
    ollama_server.reply(*ROUTE, Json({"error": "model 'llama3.2' not found"}), status=404)
    assert summarize.main(book) == 1
    assert capsys.readouterr().err == "The model is not there: ollama pull llama3.2\n"


@pytest.mark.parametrize("fault", ["cut_mid_line", "reset_mid_stream", "missing_done"])
def test_half_a_summary_is_no_success(ollama_server: OllamaServer, book: str, fault: str) -> None:
    ollama_server.fault(*ROUTE, fault)
    assert summarize.main(book) == 1


def test_ctrl_c_stops_the_generation(ollama_server: OllamaServer, book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*words: object, **options: object) -> None:
        raise KeyboardInterrupt

    ollama_server.reply(*ROUTE, Line({"response": "A man", "done": False}), Never())
    monkeypatch.setattr("builtins.print", interrupt)  # as when it comes while a piece is printed
    with pytest.raises(KeyboardInterrupt):
        summarize.main(book)
    assert ollama_server.wait_for_disconnect()
