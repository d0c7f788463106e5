"""The ratios as a picture: bars in SVG, the length telling how many times as fast as ollama-python."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from benchmarks.contenders import CONTENDERS
from benchmarks.measure import Row
from benchmarks.scenarios import SCENARIOS
from benchmarks.table import PEER, times_as_fast

_COLOURS = {"sdk": "#1f6feb", "sdk-pure": "#8cb8f5", "ollama-js": "#d9a400", "raw-httpx": "#9a9a9a"}
_LEFT, _WIDTH, _BAR, _GAP, _TOP = 240, 560, 9, 12, 64
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:10px}.title{font-size:15px;font-weight:600}"
    ".paper{fill:#fff}.one{stroke:#c33;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#16181d}}"
)


def svg(rows: Mapping[str, Row]) -> str:
    """The picture, of those contenders that were measured."""
    ratios = {name: {who: times_as_fast(row, who) or 0 for who in _COLOURS} for name, row in rows.items()}
    scale = _WIDTH / max(1.0, *(ratio for row in ratios.values() for ratio in row.values()))
    parts: list[str] = []
    x, y = 10, _TOP
    for who, colour in _COLOURS.items():
        label = CONTENDERS[who].label
        parts += [f'<rect x="{x}" y="36" width="10" height="10" fill="{colour}"/>', _text(x + 14, 45, label, "small")]
        x += 34 + 6 * len(label)
    for name, row in ratios.items():
        bars = {who: ratio for who, ratio in row.items() if ratio}
        parts.append(_text(_LEFT - 10, y + len(bars) * _BAR / 2 + 4, SCENARIOS[name].label, anchor="end"))
        for who, ratio in bars.items():
            length = f"{ratio * scale:.1f}"
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{length}" height="{_BAR - 1}" fill="{_COLOURS[who]}"/>')
            if who == "sdk":
                parts.append(_text(_LEFT + ratio * scale + 4, y + 8, f"{ratio:.1f}", "small"))
            y += _BAR
        y += _GAP
    one = f"{_LEFT + scale:.1f}"
    parts.append(f'<line class="one" x1="{one}" y1="{_TOP - 6}" x2="{one}" y2="{y - _GAP + 4}"/>')
    parts.append(_text(_LEFT + scale, y + 4, f"{PEER} = 1", "small", "middle"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 50} {y + 14}" role="img">',
            f"<title>Times as fast as {PEER}</title>",
            f"<style>{_STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            _text(10, 22, f"Times as fast as {PEER}, by the CPU time of the client", "title"),
            *parts,
            "</svg>\n",
        ]
    )


def _text(x: float, y: float, text: str, style: str = "", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'
