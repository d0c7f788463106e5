"""Compile the folders of the overlay that are made from others: `_async/` from `_source/`, and `_sync/` from `_async/`.

    python -m maintenance.compile_overlay            # write them
    python -m maintenance.compile_overlay --check    # write nothing; show what differs and fail

Most `_async/` folders are written by hand. The one of the clients has every field of a request as a keyword, so it is
compiled, from the `_source/` beside it and from openapi.yaml. ruff sorts imports, drops unused ones, and formats.
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from maintenance.compile_async import write_out
from maintenance.compile_sync import translate

ROOT = Path(__file__).parents[1]
OVERLAY = ROOT / "overlay" / "ollama_sdk" / "overlay"


def compile_all() -> dict[Path, str]:
    """Return the compiled files, by path."""
    compiled = {}
    for room in sorted({folder.parent for name in ("_source", "_async") for folder in OVERLAY.glob(f"**/{name}")}):
        is_async_compiled = (room / "_source").exists()
        for source in sorted((room / ("_source" if is_async_compiled else "_async")).glob("*.py")):
            text = source.read_text(encoding="utf-8")
            if is_async_compiled:
                text = write_out(text)
                compiled[room / "_async" / source.name] = _finish(text, source)
            compiled[room / "_sync" / source.name] = _finish(translate(text), source)
    return compiled


def _finish(text: str, source: Path) -> str:
    """Return a compiled file as it is written: its first line names its source, and ruff has formatted it."""
    name = source.relative_to(ROOT).as_posix()
    text = f"# Compiled from {name}; change that, then run `make generate`.\n{text}"
    for command in (["check", "--quiet", "--fix-only", "--select", "F401,I"], ["format", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "--stdin-filename", "overlay/compiled.py", "-"]
        done = subprocess.run(  # noqa: S603  # no shell, our own words
            ruff, input=text, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        text = done.stdout
    return text


def read_all() -> dict[Path, str]:
    """Return what is in the folders of compiled files now, by path."""
    folders = [*OVERLAY.glob("**/_sync"), *(folder.parent / "_async" for folder in OVERLAY.glob("**/_source"))]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in files}


def write(present: Mapping[Path, str], compiled: Mapping[Path, str]) -> None:
    """Write the compiled files that differ, and remove files that have no source."""
    for path in present.keys() - compiled.keys():
        path.unlink()
    for path, text in compiled.items():
        if present.get(path) != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


def difference(present: Mapping[Path, str], compiled: Mapping[Path, str]) -> str:
    """Return the differences as a diff: - is the present text, + the compiled one."""
    lines: list[str] = []
    for path in sorted(present.keys() | compiled.keys()):
        name = path.relative_to(ROOT).as_posix()
        if path in compiled:
            before, after = (files.get(path, "").splitlines(keepends=True) for files in (present, compiled))
            lines += difflib.unified_diff(before, after, name, f"{name}, compiled")
        else:
            lines.append(f"{name} is compiled from nothing\n")
    return "".join(lines)


def main() -> int:
    """Compile, or compare what is there with what should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; show what differs and fail")
    present, compiled = read_all(), compile_all()
    if not parser.parse_args().check:
        write(present, compiled)
        return 0
    differs = difference(present, compiled)
    print(differs, end="")
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
