"""The commands of the Makefile on a machine where nothing is there yet."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT

from maintenance.browser import main

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

ASKED_FIRST = {
    "spec-diff": "With what? make spec-diff UPSTREAM=",
    "home": "Where is it? make home URL=",
    "publish": "Where to? make publish REPOSITORY_URL=",
    "check-dist": "dist/ has no wheel and no sdist: make dist",
    "browser": "Node and npm are needed",
    "browser-demo": "Node and npm are needed",
    "everything": "Node and npm are needed",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the Makefile, and with nothing that was made."""
    for name in ("Makefile", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(checkout: Path, target: str) -> subprocess.CompletedProcess[str]:
    """Run a target where only the commands of a small system are found."""
    tools = checkout.parent / f"{checkout.name}-bin"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "make", "sed", "awk", "ls", "rm", "find", "mkdir"):
        (tools / name).symlink_to(shutil.which(name) or name)
    command = ["make", "--no-print-directory", target, "PYTHON=false"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")} | {"PATH": str(tools)}
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ASKED_FIRST)
def test_what_is_missing_is_told_in_one_line_before_anything_is_installed(checkout: Path, target: str) -> None:
    done = make(checkout, target)
    assert done.returncode != 0
    (line,) = done.stdout.splitlines()
    assert line.startswith(ASKED_FIRST[target])
    assert not (checkout / ".venv").exists()


def test_clean_removes_everything_that_commands_make(checkout: Path) -> None:
    before = set(checkout.iterdir())
    ignored, _, _ = (checkout / ".gitignore").read_text(encoding="utf-8").partition("\n#")  # recipes: the reader's own
    for pattern in ignored.split():
        made = checkout / pattern.strip("/").replace("[co]", "c").replace("*", "some")
        if pattern.endswith("/") or "_cache" in pattern:
            made = made / "file"
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    (checkout / ".venv" / "pyvenv.cfg").touch()
    (checkout / "tests" / "__pycache__").mkdir(parents=True)
    assert make(checkout, "clean").stdout == ""
    left = {path for path in checkout.rglob("*") if path.is_file()}
    assert left == before


def test_clean_leaves_a_folder_alone_that_is_no_virtual_environment(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "mine").touch()
    make(checkout, "clean")
    assert (checkout / ".venv" / "mine").exists()


def test_a_page_whose_port_is_in_use_tells_how_to_take_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setattr("maintenance.browser.make", lambda *arguments: None)
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["browser", "page", "some.whl", "--port", str(port)])
        with pytest.raises(SystemExit, match=rf"^port {port}: .*; another: make browser-demo ARGS='--port 8001'$"):
            main()
