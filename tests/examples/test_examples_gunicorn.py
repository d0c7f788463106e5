"""The application of FastAPI in the processes of gunicorn: answers are streamed, and none is left when it ends."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from subprocess import Popen

import pytest
from examples.programs import EXAMPLES, PATIENCE, running

from ollama_sdk.overlay.testing import Gate, Line, Never, OllamaServer, Wait, answer

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn_worker")
pytestmark = pytest.mark.slow
GUNICORN = str(Path(sys.executable).with_name("gunicorn"))
CHAT = ("POST", "/api/chat")
FIRST = Line({"message": {"role": "assistant", "content": "Once"}, "done": False})


def logged(process: Popen[str], pattern: str, count: int = 1) -> str:
    """Wait for lines of the log; return what the pattern found in the last of them."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(pattern, line):
            count -= 1
            if not count:
                return found[1]
    raise AssertionError(f"gunicorn did not log {pattern}")


@contextmanager
def served(server: OllamaServer) -> Iterator[tuple[Popen[str], HTTPConnection]]:
    """Start gunicorn; yield its process, once both workers run, and a connection to it."""
    with running(GUNICORN, "--config", EXAMPLES / "gunicorn_conf.py", host=server.url) as program:
        port = int(logged(program.process, r"Listening at: http://127\.0\.0\.1:(\d+)"))
        logged(program.process, "(Application startup complete)", count=2)
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            yield program.process, connection
        finally:
            connection.close()
            program.process.terminate()  # and so its workers
            program.process.wait(PATIENCE)


def ask(connection: HTTPConnection) -> HTTPResponse:
    """Send a question; return the response once its first piece is there."""
    question = json.dumps([{"role": "user", "content": "Tell me a story."}])
    connection.request("POST", "/chat", question, {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.read1() == b"Once"
    return response


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BIND", "127.0.0.1:0")
    monkeypatch.setenv("HOME", str(tmp_path))  # where gunicorn makes a socket for its own commands


def test_an_answer_goes_on_while_gunicorn_ends(ollama_server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACE", "60")
    gate = Gate()
    ollama_server.reply(*CHAT, FIRST, Wait(gate), *answer("/api/chat", [" upon"]).steps)
    with served(ollama_server) as (process, connection):
        response = ask(connection)
        process.send_signal(signal.SIGTERM)
        logged(process, "(Waiting for connections to close)")
        gate.open()
        assert response.read() == b" upon"
        assert process.wait(PATIENCE) == 0


def test_an_answer_that_takes_too_long_is_stopped(ollama_server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRACE", "1")
    ollama_server.reply(*CHAT, FIRST, Never())
    with served(ollama_server) as (process, connection):
        response = ask(connection)
        process.send_signal(signal.SIGTERM)
        assert ollama_server.wait_for_disconnect(timeout=PATIENCE)
        with pytest.raises(IncompleteRead):
            response.read()
        assert process.wait(PATIENCE) == 0
