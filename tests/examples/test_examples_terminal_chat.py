"""The chat in a terminal: its history, and what Ctrl-C does in each phase."""

from __future__ import annotations

import sys

import pytest
from examples.programs import running

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, answer

NAME = "terminal_chat.py"
CHAT = ("POST", "/api/chat")
pieces_of_an_answer = Line({"message": {"role": "assistant", "content": "Once upon"}, "done": False})
ctrl_c = pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def test_an_answer_is_printed_with_its_speed_and_remembered(ollama_server: OllamaServer) -> None:
    ollama_server.queue(*CHAT, answer("/api/chat", ["Light", " scatters."]))
    ollama_server.queue(*CHAT, answer("/api/chat", ["Because."]))
    with running(NAME, "qwen3", host=ollama_server.url) as chat:
        chat.write("Why is the sky blue?")
        chat.wait_for("Light scatters.\n[2 tokens, 100.0 tokens a second]\n> ")
        chat.write("")
        chat.write("Why?")
        chat.wait_for("Because.\n")
        assert chat.end() == (0, "")
    first, second = (request.json for request in ollama_server.requests)
    assert (first["model"], first["stream"]) == ("qwen3", True)
    assert second["messages"] == [
        said("user", "Why is the sky blue?"),
        said("assistant", "Light scatters."),
        said("user", "Why?"),
    ]


@ctrl_c
def test_ctrl_c_stops_an_answer_and_keeps_what_there_is_of_it(ollama_server: OllamaServer) -> None:
    ollama_server.queue(*CHAT, pieces_of_an_answer, Never())
    ollama_server.queue(*CHAT, answer("/api/chat", ["The end."]))
    with running(NAME, host=ollama_server.url) as chat:
        chat.write("Tell me a story.")
        chat.wait_for("Once upon")
        chat.interrupt()
        assert ollama_server.wait_for_disconnect()
        chat.wait_for("Once upon [stopped]\n> ")
        chat.write("Shorter.")
        chat.wait_for("The end.\n")
        assert chat.end() == (0, "")
    assert ollama_server.requests[1].json["messages"] == [
        said("user", "Tell me a story."),
        said("assistant", "Once upon"),
        said("user", "Shorter."),
    ]


@ctrl_c
def test_ctrl_c_stops_a_model_that_is_loading(ollama_server: OllamaServer) -> None:
    ollama_server.queue(*CHAT, Never())
    ollama_server.queue(*CHAT, answer("/api/chat", ["Hello."]))
    with running(NAME, host=ollama_server.url) as chat:
        chat.write("Tell me a story.")
        assert ollama_server.wait_for_requests(1)
        chat.interrupt()
        assert ollama_server.wait_for_disconnect()
        chat.wait_for("[stopped]\n> ")
        chat.write("Hi!")
        chat.wait_for("Hello.\n")
        assert chat.end() == (0, "")
    assert ollama_server.requests[1].json["messages"] == [said("user", "Hi!")]


@ctrl_c
def test_ctrl_c_at_the_prompt_ends_the_program(ollama_server: OllamaServer) -> None:
    with running(NAME, host=ollama_server.url) as chat:
        chat.wait_for("> ")
        chat.interrupt()
        assert chat.process.wait(60) == 0


def test_an_error_is_told_and_the_chat_goes_on(ollama_server: OllamaServer) -> None:
    ollama_server.queue(*CHAT, Json({"error": "model 'x' not found"}), status=404)
    ollama_server.queue(*CHAT, answer("/api/chat", ["Hello."]))
    with running(NAME, "x", host=ollama_server.url) as chat:
        chat.write("Hi!")
        chat.wait_for("[model 'x' not found")
        chat.write("Hi again!")
        chat.wait_for("Hello.\n")
        assert chat.end() == (0, "")
    assert ollama_server.requests[1].json["messages"] == [said("user", "Hi again!")]
