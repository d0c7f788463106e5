"""The guard: ratios beside ollama-python that must not be lost, a third below what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.interleaved import Row
from benchmarks.table import times_as_fast

FILE = Path(__file__).with_name("thresholds.json")

GUARDED = ("sdk", "sdk-pure")

_MARGIN = 2 / 3  # of what was measured: a loss of a third is a regression, anything less may be noise


def write(rows: Mapping[str, Row]) -> None:
    """Keep what was measured as what must not be lost."""
    thresholds = {
        name: {who: round(ratio * _MARGIN, 2) for who in GUARDED if (ratio := times_as_fast(row, who)) is not None}
        for name, row in rows.items()
    }
    FILE.write_text(json.dumps(thresholds, indent=2) + "\n")


def below(rows: Mapping[str, Row]) -> dict[str, list[str]]:
    """What is below its threshold, by scenario."""
    thresholds: dict[str, dict[str, float]] = json.loads(FILE.read_text())
    found = {
        name: [
            f"{name}, {who}: {ratio:.2f} times as fast as ollama-python, at least {least:.2f} is wanted"
            for who, least in thresholds.get(name, {}).items()
            if (ratio := times_as_fast(row, who)) is not None and ratio < least
        ]
        for name, row in rows.items()
    }
    return {name: lines for name, lines in found.items() if lines}
