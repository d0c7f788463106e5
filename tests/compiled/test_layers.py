"""The rooms of the overlay import only what lies below them: the contract holds, and notices what breaks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OVERLAY = Path("overlay") / "ollama_sdk" / "overlay"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the overlay, with the contract."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / OVERLAY, tmp_path / OVERLAY, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "overlay")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_contract_holds(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("_answers/answers.py", "_clients.base"),
        ("_library/create.py", "_tools.loop"),
        ("_http/pool.py", "_errors"),
        ("_errors.py", "_calls.calls"),
    ],
)
def test_an_import_that_runs_upwards_breaks_it(copy: Path, room: str, forbidden: str) -> None:
    with (copy / OVERLAY / room).open("a", encoding="utf-8") as file:
        file.write(f"\nimport ollama_sdk.overlay.{forbidden}\n")
    done = lint(copy)
    assert done.returncode != 0
    module = f"ollama_sdk.overlay.{room.removesuffix('.py').replace('/', '.')}"
    assert f"{module} -> ollama_sdk.overlay.{forbidden}" in " ".join(done.stdout.split())


def test_a_new_module_needs_a_place(copy: Path) -> None:
    (copy / OVERLAY / "_helpers.py").write_text('"""Of no room."""\n', encoding="utf-8")
    done = lint(copy)
    assert done.returncode != 0
    assert "_helpers" in done.stdout
