"""Workers with a queue: so many calls at a time, and none is left when the program ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from examples.programs import run, running

from ollama_sdk.overlay.testing import Gate, Json, Never, OllamaServer, Received, Reply, Wait, answer

NAME = "workers.py"
ROUTE = ("POST", "/api/generate")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "questions.txt"
    path.write_text("".join(f"Question {number}?\n" for number in range(10)), encoding="utf-8")
    return path


def echo(received: Received) -> Reply:
    """Answer with the question; the third has no answer."""
    question = received.json["prompt"]
    if question == "Question 3?":
        return Reply(Json({"error": "too hard"}), status=500)
    return answer("/api/generate", [question.upper()], stream=False)


def test_each_question_is_answered_and_one_that_fails_is_named(ollama_server: OllamaServer, questions: Path) -> None:
    ollama_server.reply(*ROUTE, echo)
    done = run(NAME, questions, host=ollama_server.url)
    assert done.returncode == 0
    answers = {row["question"]: row["answer"] for row in map(json.loads, done.stdout.splitlines())}
    assert answers == {f"Question {number}?": f"QUESTION {number}?" for number in range(10) if number != 3}
    assert done.stderr.startswith("Question 3?: too hard")


def test_four_calls_run_at_a_time(ollama_server: OllamaServer, questions: Path) -> None:
    gate = Gate()
    ollama_server.reply(*ROUTE, Wait(gate), *answer("/api/generate", ["Yes."], stream=False).steps)
    with running(NAME, questions, host=ollama_server.url) as program:
        assert ollama_server.wait_for_requests(4, timeout=60)
        assert len(ollama_server.requests) == 4
        gate.open()
        program.wait_for("Yes.", count=10)
        assert program.end() == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_ctrl_c_stops_every_call(ollama_server: OllamaServer, questions: Path) -> None:
    ollama_server.reply(*ROUTE, Never())
    with running(NAME, questions, host=ollama_server.url) as program:
        assert ollama_server.wait_for_requests(4, timeout=60)
        program.interrupt()
        assert ollama_server.wait_for_disconnect(count=4)
        assert program.end() == (1, "workers: stopped\n")


def test_what_no_question_can_get_past_ends_the_program(ollama_server: OllamaServer, questions: Path) -> None:
    ollama_server.reply(*ROUTE, Json({"error": "model 'llama3.2' not found"}), status=404)
    done = run(NAME, questions, host=ollama_server.url)
    assert done.returncode == 1
    assert done.stderr.startswith("workers: model 'llama3.2' not found")
    assert done.stderr.count("\n") == 1
