"""Puts the results of a run where people read them: the table and the picture in docs/."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks import contenders, plot, table
from benchmarks.measure import Row

DOCS = contenders.ROOT / "docs"

_BETWEEN_MARKS = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)


def conditions() -> dict[str, str]:
    """The day, and the versions of what was measured."""
    found = {"date": datetime.now(UTC).date().isoformat(), "Python": platform.python_version()}
    for package in ("ollama-sdk", "ollama", "httpx", "msgspec", "httptools", "numpy", "pysimdjson"):
        found[package] = version(package)
    if shutil.which("node"):
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
        found["Node"] = done.stdout.strip().removeprefix("v")
    lock = contenders.JAVASCRIPT / "package.json"
    found["ollama-js"] = re.findall(r'"ollama": "(.+?)"', lock.read_text())[0]
    return found


def write(rows: Mapping[str, Row], sections: Mapping[str, str], missed: list[str]) -> None:
    """Write docs/performance.svg, and the results in docs/performance.md.

    Args:
        rows: What was measured.
        sections: Other results as text, by their titles.
        missed: Targets that were not reached.
    """
    (DOCS / "performance.svg").write_text(plot.svg(rows), encoding="utf-8")
    about = conditions()
    date = about.pop("date")
    versions = ", ".join(f"{name} {number}" for name, number in about.items())
    not_reached = "Targets that are not reached:\n\n" + "\n".join(f"- {line}" for line in missed)
    parts = [
        f"Measured on {date} with {versions}.",
        table.markdown(rows),
        not_reached if missed else "All targets are reached.",
        *(f"{title}\n\n```text\n{text}\n```" for title, text in sections.items()),
    ]
    page = DOCS / "performance.md"
    results = "\n" + "\n\n".join(parts) + "\n\n"
    text = page.read_text(encoding="utf-8")
    page.write_text(_BETWEEN_MARKS.sub(lambda marks: marks[1] + results + marks[2], text), encoding="utf-8")
