"""The README keeps its word: its code runs as it stands, its commands and errors exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ollama_sdk.overlay
from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Received, Reply, answer

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PYTHON = [code for language, code in BLOCKS if language == "python"]
PROGRAMS = [code for code in PYTHON if "def test_" not in code]
TEST_FILES = [code for code in PYTHON if "def test_" in code]
TARGETS = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def heading(code: str) -> str:
    """The section that a block stands in, as its name in the test report."""
    return re.findall(r"^## (.*)$", README[: README.index(code)], re.MULTILINE)[-1]


def chat(received: Received) -> Reply:
    """What the server of these tests says: enough for each program of the README."""
    request = received.json
    if request["model"] == "no-such-model":
        return Reply(Json({"error": "model 'no-such-model' not found"}), status=404)
    if "long story" in request["messages"][0]["content"]:
        return Reply(Line({"model": request["model"], "message": {"role": "assistant", "content": "Once"}}), Never())
    texts = ['{"city": "Paris", "country": "France"}'] if "format" in request else ["The sky", " is blue."]
    return answer("/api/chat", texts, stream=request["stream"])


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", chat)
        server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
        yield server


@pytest.mark.parametrize("code", PROGRAMS, ids=heading)
def test_each_program_runs_as_it_stands(
    code: str, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    exec(compile(code, f"README.md, {heading(code)}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("code", TEST_FILES, ids=heading)
def test_each_test_file_passes_as_it_stands(code: str, tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_program.py"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{code.count('def test_')} passed" in done.stdout


def test_every_section_that_promises_code_has_a_program() -> None:
    sections = {heading(code) for code in PYTHON}
    assert sections >= {"The first chat", "Streaming", "Async", "Abort", "Errors", "Testing your own program"}


def test_the_make_commands_exist_and_are_all_named() -> None:
    shell = "\n".join(code for language, code in BLOCKS if language == "bash")
    assert set(re.findall(r"^make (\w+)", shell, re.MULTILINE)) == TARGETS - {"help"}
    assert set(re.findall(r"`make (\w+)", README)) <= TARGETS


def test_the_error_tree_is_that_of_the_code() -> None:
    (tree,) = (code for language, code in BLOCKS if language == "text")
    named = set(re.findall(r"\w+Error\b(?=\s{2}| \(|$)", tree, re.MULTILINE))
    exported = {name for name in ollama_sdk.overlay.__all__ if name.endswith("Error")}
    errors = {name for name in exported if issubclass(getattr(ollama_sdk.overlay, name), Exception)}
    assert named == errors


def test_each_error_stands_below_its_base() -> None:
    (tree,) = (code for language, code in BLOCKS if language == "text")
    parents: list[type] = []
    for line in tree.splitlines():
        prefix, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()  # type: ignore[union-attr]
        kind = getattr(ollama_sdk.overlay, name)
        depth = len(prefix) // 4
        del parents[depth:]
        assert not parents or parents[-1] in kind.__bases__
        parents.append(kind)
