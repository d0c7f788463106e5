"""Compile the folders of the overlay that are made from others: `_async/` from `_source/`, and `_sync/` from `_async/`.

    python -m maintenance.compile            # in the overlay itself
    python -m maintenance.compile FOLDER     # in a copy of it, to compare

Most `_async/` folders are written by hand. The one of the clients has every field of a request as a keyword, so it is
compiled, from the `_source/` beside it and from openapi.yaml. ruff sorts imports, drops unused ones, and formats.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from maintenance.compile.asynchronous import write_out
from maintenance.compile.blocking import translate

ROOT = Path(__file__).parents[2]
OVERLAY = Path("overlay", "ollama_sdk", "overlay")


def compile_all(overlay: Path) -> dict[Path, str]:
    """Return the compiled files by path, before ruff has formatted them."""
    compiled = {}
    for room in sorted({folder.parent for name in ("_source", "_async") for folder in overlay.glob(f"**/{name}")}):
        is_async_compiled = (room / "_source").exists()
        for source in sorted((room / ("_source" if is_async_compiled else "_async")).glob("*.py")):
            name = (OVERLAY / source.relative_to(overlay)).as_posix()
            first_line = f"# Compiled from {name}; change that, then run `make generate`.\n"
            text = source.read_text(encoding="utf-8")
            if is_async_compiled:
                text = write_out(text)
                compiled[room / "_async" / source.name] = first_line + text
            compiled[room / "_sync" / source.name] = first_line + translate(text)
    return compiled


def main() -> None:
    """Replace the compiled folders, once everything is compiled."""
    compiled = compile_all(Path(sys.argv[1]) if sys.argv[1:] else ROOT / OVERLAY)
    folders = sorted({path.parent for path in compiled})
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for path, text in compiled.items():
        path.write_text(text, encoding="utf-8")
    for command in (["check", "--fix-only", "--select=F401,I"], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", f"--config={ROOT}/pyproject.toml"]
        subprocess.run([*ruff, *folders], check=True)  # noqa: S603  # no shell, our own words


if __name__ == "__main__":
    main()
