"""A program and its tests: they pass where nothing but the SDK and pytest is set up, and the program runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from examples.programs import EXAMPLES, environment, run

from ollama_sdk.overlay.testing import OllamaServer, answer


@pytest.mark.parametrize("copied", [True, False])
def test_the_tests_of_the_program_pass(tmp_path: Path, copied: bool) -> None:
    for name in ("summarize.py", "test_summarize.py"):
        shutil.copy(EXAMPLES / name, tmp_path)
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_summarize.py"]
    folder = tmp_path if copied else EXAMPLES  # with the settings of pytest of the checkout, as the recipe says
    alone = environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # they need no other plugins
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 passed" in done.stdout


def test_the_program_prints_a_summary(ollama_server: OllamaServer) -> None:
    ollama_server.reply("POST", "/api/generate", answer("/api/generate", ["A program", " and its tests."]))
    done = run("summarize.py", EXAMPLES / "summarize.py", host=ollama_server.url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "A program and its tests.\n", "")
