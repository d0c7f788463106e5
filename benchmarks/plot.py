"""The ratios as a picture: bars in SVG, the length telling how many times as fast as ollama-python."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from benchmarks.interleaved import Row
from benchmarks.scenarios import SCENARIOS
from benchmarks.table import PEER, times_as_fast

_BARS = {
    "sdk": ("this SDK", "#1f6feb"),
    "sdk-pure": ("this SDK without msgspec and httptools", "#8cb8f5"),
    "ollama-js": ("ollama-js", "#d9a400"),
    "raw-httpx": ("httpx and json by hand", "#9a9a9a"),
}
_LEFT, _WIDTH, _BAR, _GAP, _TOP = 240, 560, 9, 12, 64
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:10px}.title{font-size:15px;font-weight:600}"
    ".paper{fill:#fff}.one{stroke:#c33;stroke-width:1.5}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.paper{fill:#16181d}}"
)


def svg(rows: Mapping[str, Row]) -> str:
    """The picture, of those contenders that were measured."""
    ratios = {name: {who: times_as_fast(row, who) for who in _BARS} for name, row in rows.items()}
    longest = max((ratio for row in ratios.values() for ratio in row.values() if ratio), default=1.0)
    scale = _WIDTH / max(longest, 1.0)
    parts: list[str] = []
    y = _TOP
    for name, row in ratios.items():
        bars = [(who, ratio) for who, ratio in row.items() if ratio]
        middle = y + len(bars) * _BAR / 2 + 4
        parts.append(
            f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(SCENARIOS[name].label)}</text>'
        )
        for who, ratio in bars:
            length = ratio * scale
            parts.append(f'<rect x="{_LEFT}" y="{y}" width="{length:.1f}" height="{_BAR - 1}" fill="{_BARS[who][1]}"/>')
            if who == "sdk":
                parts.append(f'<text class="small" x="{_LEFT + length + 4:.1f}" y="{y + 8}">{ratio:.1f}</text>')
            y += _BAR
        y += _GAP
    x = _LEFT + scale
    parts.append(f'<line class="one" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{y - _GAP + 4}"/>')
    parts.append(f'<text class="small" x="{x:.1f}" y="{y + 4}" text-anchor="middle">{PEER} = 1</text>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 50} {y + 14}" role="img">',
            f"<title>Times as fast as {PEER}</title>",
            f"<style>{_STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            f'<text class="title" x="10" y="22">Times as fast as {PEER}, by the CPU time of the client</text>',
            *_legend(),
            *parts,
            "</svg>\n",
        ]
    )


def _legend() -> list[str]:
    parts, x = [], 10
    for label, colour in _BARS.values():
        parts.append(f'<rect x="{x}" y="36" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text class="small" x="{x + 14}" y="45">{escape(label)}</text>')
        x += 34 + 6 * len(label)
    return parts
