"""A thinking model: its thoughts are told apart from its answer."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from examples.programs import command, environment, run

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

CHAT = ("POST", "/api/chat")
QUESTION = "What is 17 times 23?"


def test_the_thoughts_go_to_standard_error_and_the_answer_to_standard_output(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*CHAT, answer("/api/chat", ["It is", " 391."], thinking=["17 times 20", " is 340."]))
    done = run("thinking.py", QUESTION, host=ollama_server.url)
    assert (done.returncode, done.stdout) == (0, "It is 391.\n")
    assert re.fullmatch(r"17 times 20 is 340\.\n\[thought for \d+\.\d s\]\n\n", done.stderr)


@pytest.mark.parametrize(("level", "sent"), [("no", False), ("yes", True), ("low", "low"), ("high", "high")])
def test_the_level_is_sent(ollama_server: OllamaServer, level: str, sent: bool | str) -> None:
    ollama_server.reply(*CHAT, answer("/api/chat", ["391."]))
    done = run("thinking.py", "--think", level, "--model", "gpt-oss", QUESTION, host=ollama_server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "391.\n", "")
    (asked,) = ollama_server.requests
    assert (asked.json["model"], asked.json["think"]) == ("gpt-oss", sent)


def test_a_model_that_cannot_think_is_told(ollama_server: OllamaServer) -> None:
    ollama_server.reply(*CHAT, Json({"error": '"llama3.2" does not support thinking'}), status=400)
    done = run("thinking.py", "--model", "llama3.2", QUESTION, host=ollama_server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith('thinking: "llama3.2" does not support thinking')


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
@pytest.mark.parametrize(("settings", "shown"), [({}, b"\x1b[2mHm.\x1b[0m"), ({"NO_COLOR": "1"}, b"Hm.")])
def test_the_thoughts_are_dimmed_in_a_terminal(
    ollama_server: OllamaServer, settings: dict[str, str], shown: bytes
) -> None:
    ollama_server.reply(*CHAT, answer("/api/chat", ["391."], thinking=["Hm."]))
    screen, terminal = os.openpty()
    variables = {name: value for name, value in environment(ollama_server.url).items() if name != "NO_COLOR"}
    done = subprocess.run(
        command("thinking.py", QUESTION), stdout=subprocess.PIPE, stderr=terminal, env=variables | settings, check=True
    )
    written = os.read(screen, 1000)
    os.close(terminal)
    os.close(screen)
    assert written.startswith(shown)
    assert done.stdout == b"391.\n"
