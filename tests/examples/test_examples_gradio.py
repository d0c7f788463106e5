"""The chat of Gradio: what is written is shown, and its stop button stops the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.programs import EXAMPLES, PATIENCE, Running, running

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, answer

pytest.importorskip("gradio")
pytestmark = pytest.mark.slow  # Gradio takes some ten seconds to start

CHAT = ("POST", "/api/chat")
FIRST = Line({"message": {"role": "assistant", "content": "Once"}, "done": False})
# The warnings of Gradio are its own.
PAGE = f"""
import runpy, warnings
warnings.resetwarnings()
runpy.run_path({str(EXAMPLES / "gradio_chat.py")!r}, run_name="__main__")
"""
# A line of input is a question, or "stop", which does what the stop button does.
VISITOR = """
import sys, threading, warnings
warnings.resetwarnings()
from gradio_client import Client

def show(job):
    try:
        for text in job:
            print(text)
        job.result()  # raises what went wrong
        print("end")
    except Exception as error:
        print(f"failed: {error}")

client = Client(sys.argv[1], verbose=False)
print("ready")
for line in sys.stdin:
    if line == "stop\\n":
        job.cancel()
    else:
        job = client.submit(line.strip(), api_name="/chat")
        threading.Thread(target=show, args=[job]).start()
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OllamaServer, str]]:
    """The page, once for all tests, and the Ollama that it asks."""
    program = tmp_path_factory.mktemp("page") / "page.py"
    program.write_text(PAGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, OllamaServer() as server:
        patch.setenv("PYTHONUNBUFFERED", "1")
        with running(str(program), host=server.url) as shown:
            shown.wait_for("To create a public link")
            found = re.search(r"http://127\.0\.0\.1:\d+", shown.printed)
            assert found
            yield server, found[0]


@pytest.fixture
def server(page: tuple[OllamaServer, str]) -> OllamaServer:
    """The Ollama of the page, with nothing left of other tests."""
    page[0].clear()
    return page[0]


@pytest.fixture
def visitor(page: tuple[OllamaServer, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Somebody who uses the page."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    program = tmp_path / "visitor.py"
    program.write_text(VISITOR, encoding="utf-8")
    with running(str(program), page[1]) as visitor:
        visitor.wait_for("ready")
        yield visitor


def test_an_answer_is_shown_while_it_is_written_and_remembered(server: OllamaServer, visitor: Running) -> None:
    server.queue(*CHAT, answer("/api/chat", ["Once", " upon"]))
    server.queue(*CHAT, answer("/api/chat", ["The end."]))
    visitor.write("Tell me a story.")
    visitor.wait_for("Once upon\nend\n")
    visitor.write("Shorter.")
    visitor.wait_for("The end.\nend\n")
    assert [message["content"] for message in server.requests[1].json["messages"]] == [
        "Tell me a story.",
        "Once upon",
        "Shorter.",
    ]


def test_the_stop_button_stops_a_model_that_writes(server: OllamaServer, visitor: Running) -> None:
    server.queue(*CHAT, FIRST, Never())
    visitor.write("Tell me a story.")
    visitor.wait_for("Once")
    visitor.write("stop")
    assert server.wait_for_disconnect(PATIENCE)


def test_the_stop_button_stops_a_model_that_is_loading(server: OllamaServer, visitor: Running) -> None:
    server.queue(*CHAT, Never())
    visitor.write("Tell me a story.")
    assert server.wait_for_requests(1, PATIENCE)
    visitor.write("stop")
    assert server.wait_for_disconnect(PATIENCE)


def test_an_error_is_shown(server: OllamaServer, visitor: Running) -> None:
    server.queue(*CHAT, Json({"error": "model 'llama3.2' not found"}), status=404)
    visitor.write("Tell me a story.")
    visitor.wait_for("failed: ")
    visitor.wait_for("model 'llama3.2' not found")
