"""Type checkers find nothing to say about the Python of the README and of docs/, as a program has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import CONTRIBUTING, PAGES, README, blocks, name_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file for each block of Python, but for pieces that are no program."""
    folder = tmp_path_factory.mktemp("programs")
    for page in (README, CONTRIBUTING, *PAGES):
        for number, block in enumerate(block for block in blocks(page) if block.is_python):
            (folder / f"{re.sub('[/-]', '_', name_of(page))}_{number}.py").write_text(block.code, encoding="utf-8")
    return folder


def check(folder: Path, *command: str) -> None:
    environment = {**os.environ, "PYRIGHT_PYTHON_FORCE_VERSION": "", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_accepts_them(programs: Path) -> None:
    pytest.importorskip("mypy")
    check(programs, "mypy", "--strict", ".")


def test_pyright_accepts_them(programs: Path) -> None:
    pytest.importorskip("pyright")
    check(programs, "pyright", "--pythonpath", sys.executable, ".")
