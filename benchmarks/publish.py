"""Puts the results of a run where people read them: the table and the picture in docs/."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from xml.sax.saxutils import escape

from benchmarks import contenders, table
from benchmarks.contenders import CONTENDERS
from benchmarks.measure import Row
from benchmarks.scenarios import SCENARIOS

DOCS = contenders.ROOT / "docs"

_BETWEEN_MARKS = re.compile(r"(<!-- results -->\n).*?(<!-- end of results -->)", re.DOTALL)
_COLOURS = {"sdk": "#1f6feb", "sdk-pure": "#8cb8f5", "ollama-js": "#d9a400", "raw-httpx": "#9a9a9a"}
_LEFT, _WIDTH, _BAR, _GAP, _TOP = 240, 560, 9, 12, 64
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:10px}.title{font-size:15px;font-weight:600}"
    ".paper{fill:#fff}.one{stroke:#c33;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#16181d}}"
)


def conditions() -> dict[str, str]:
    """The day, and the versions of what was measured."""
    found = {"date": datetime.now(UTC).date().isoformat(), "Python": platform.python_version()}
    for package in ("ollama-sdk", "ollama", "httpx", "aiohttp", "msgspec", "httptools", "numpy", "pysimdjson"):
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
    (DOCS / "performance.svg").write_text(picture(rows), encoding="utf-8")
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


def picture(rows: Mapping[str, Row]) -> str:
    """Bars in SVG, the length telling how many times as fast as ollama-python, of those that were measured."""
    ratios = {name: {who: table.times_as_fast(row, who) for who in _COLOURS} for name, row in rows.items()}
    scale = _WIDTH / max(1.0, *(ratio or 0 for row in ratios.values() for ratio in row.values()))
    parts = []
    x, y = 10, _TOP
    for who, colour in _COLOURS.items():
        label = CONTENDERS[who].label
        parts += [f'<rect x="{x}" y="36" width="10" height="10" fill="{colour}"/>', _text(x + 14, 45, label, "small")]
        x += 34 + 6 * len(label)
    for name, row in ratios.items():
        bars = {who: ratio for who, ratio in row.items() if ratio}
        if not bars:
            continue
        parts.append(_text(_LEFT - 10, y + len(bars) * _BAR / 2 + 4, SCENARIOS[name].label, anchor="end"))
        for who, ratio in bars.items():
            length = f"{ratio * scale:.1f}"
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{length}" height="{_BAR - 1}" fill="{_COLOURS[who]}"/>')
            if who == "sdk":
                parts.append(_text(_LEFT + ratio * scale + 4, y + 8, f"{ratio:.1f}", "small"))
            y += _BAR
        y += _GAP
    one = _LEFT + scale
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 50} {y + 14}" role="img">
<title>Times as fast as {table.PEER}</title>
<style>{_STYLE}</style>
<rect class="paper" width="100%" height="100%"/>
{_text(10, 22, f"Times as fast as {table.PEER}, by the CPU time of the client", "title")}
{chr(10).join(parts)}
<line class="one" x1="{one:.1f}" y1="{_TOP - 6}" x2="{one:.1f}" y2="{y - _GAP + 4}"/>
{_text(one, y + 4, f"{table.PEER} = 1", "small", "middle")}
</svg>
"""


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'
