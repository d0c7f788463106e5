"""The README keeps its word: its code runs as it stands, its commands and errors exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import README, ROOT, Block, blocks, documents_server

import ollama_sdk.overlay
from ollama_sdk.overlay.testing import OllamaServer

BLOCKS = blocks(README)
PROGRAMS = [block for block in BLOCKS if block.is_program]
TEST_FILES = [block for block in BLOCKS if block.language == "python" and "def test_" in block.code]
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def section(block: Block) -> str:
    """The name of a block in the test report."""
    return block.section


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with documents_server() as server:
        yield server


@pytest.mark.parametrize("block", PROGRAMS, ids=section)
def test_each_program_runs_as_it_stands(
    block: Block, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    monkeypatch.delenv("OLLAMA_API_KEY", raising=False)
    exec(compile(block.code, f"README.md, {block.section}", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("block", TEST_FILES, ids=section)
def test_each_test_file_passes_as_it_stands(block: Block, tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(block.code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_program.py"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # it needs no other plugins, which take long to load
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{block.code.count('def test_')} passed" in done.stdout


def test_every_section_that_promises_code_has_a_program() -> None:
    sections = {block.section for block in BLOCKS if block.language == "python"}
    assert sections >= {"The first chat", "Streaming", "Async", "Abort", "Errors", "Testing your own program"}


def test_the_make_commands_exist_and_are_all_named() -> None:
    shell = "\n".join(block.code for block in BLOCKS if block.language == "bash")
    assert set(re.findall(r"^make ([a-z-]+)", shell, re.MULTILINE)) == TARGETS - {"help"}


def test_the_error_tree_is_that_of_the_code() -> None:
    (tree,) = (block.code for block in BLOCKS if block.language == "text")
    named = set(re.findall(r"\w+Error\b(?=\s{2}| \(|$)", tree, re.MULTILINE))
    exported = {name for name in ollama_sdk.overlay.__all__ if name.endswith("Error")}
    errors = {name for name in exported if issubclass(getattr(ollama_sdk.overlay, name), Exception)}
    assert named == errors


def test_each_error_stands_below_its_base() -> None:
    (tree,) = (block.code for block in BLOCKS if block.language == "text")
    parents: list[type] = []
    for line in tree.splitlines():
        prefix, name = re.match(r"([│├└─ ]*)(\w+)", line).groups()  # type: ignore[union-attr]  # each line matches
        kind = getattr(ollama_sdk.overlay, name)
        depth = len(prefix) // 4
        del parents[depth:]
        assert not parents or parents[-1] in kind.__bases__
        parents.append(kind)
