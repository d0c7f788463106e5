"""Figures as ratios, and the table that shows them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.measure import Row
from benchmarks.scenarios import SCENARIOS

PEER = "ollama-python"
TOLERANCE = 0.05
"""How much more CPU than before a row may take, as a part of it: less is noise."""
MEMORY_LIMIT = 8.0
"""MiB by which reading a stream may let the process grow, however long it is."""

_PEERS = ("ollama-python", "raw-httpx", "aiohttp", "ollama-js", "floor")


def times_as_fast(row: Row, contender: str, peer: str = PEER) -> float | None:
    """How often a contender could do what its peer does once, by CPU; None where one of them was not measured."""
    if contender not in row or peer not in row:
        return None
    return row[peer].cpu / row[contender].cpu


def slower(rows: Mapping[str, Row]) -> dict[str, str]:
    """What takes more CPU than before, by scenario."""
    ratios = {name: times_as_fast(row, "sdk", "before") for name, row in rows.items()}
    return {
        name: f"{SCENARIOS[name].label}: {ratio:.2f} times as fast as before, at least {1 - TOLERANCE} is wanted"
        for name, ratio in ratios.items()
        if ratio is not None and ratio < 1 - TOLERANCE
    }


def missed(rows: Mapping[str, Row]) -> list[str]:
    """What this SDK wants to reach and does not."""
    lines = []
    for name, row in rows.items():
        about = SCENARIOS[name]
        targets = [("sdk", peer, target) for peer, target in about.targets.items()]
        for who, peer, target in [*targets, ("sdk-pure", PEER, about.pure_target)]:
            ratio = times_as_fast(row, who, peer)
            if ratio is not None and ratio < target:
                without = "without the compiled packages " * (who == "sdk-pure")
                lines.append(f"{about.label}: {without}{ratio:.2f} times {peer}, wanted {target:.2f}")
        for other, limit in about.at_most.items():
            if "sdk" in row and "sdk" in rows.get(other, {}):
                cost = row["sdk"].cpu / rows[other]["sdk"].cpu
                if cost > limit:
                    lines.append(f"{about.label}: {cost:.2f} times {SCENARIOS[other].label}, at most {limit} is wanted")
    return lines + memory_missed(rows)


def memory_missed(rows: Mapping[str, Row]) -> list[str]:
    """Where the memory for a stream grows by more than its limit."""
    return [
        f"{SCENARIOS[name].label}: {row[who].memory:.1f} MiB more, at most {MEMORY_LIMIT} are wanted"
        for name, row in rows.items()
        for who in ("sdk", "sdk-pure")
        if SCENARIOS[name].is_stream and who in row and row[who].memory > MEMORY_LIMIT
    ]


def _cell(ratio: float | None, target: float | None = None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2f}{' !' if target is not None and ratio < target else ''}"


def markdown(rows: Mapping[str, Row]) -> str:
    """The table for a page and for a terminal; an exclamation mark stands where a target is missed."""
    peers = [*_PEERS, *(["before"] if any("before" in row for row in rows.values()) else [])]
    heads = [f"this SDK / {peers[0]}", *peers[1:], "target", "without compiled", "µs each", f"µs {PEER}", "MiB more"]
    cells = [["times as fast (client CPU)", *heads], ["---", *["---:"] * len(heads)]]
    for name, row in rows.items():
        about = SCENARIOS[name]
        wanted = about.targets.get(PEER)
        cells.append(
            [
                about.label,
                *(_cell(times_as_fast(row, "sdk", other), about.targets.get(other)) for other in peers),
                f"{wanted:.1f}" if wanted else "",
                _cell(times_as_fast(row, "sdk-pure"), about.pure_target),
                *(f"{row[who].cpu:,.1f}" if who in row else "–" for who in ("sdk", PEER)),
                f"{row['sdk'].memory:.1f}" if "sdk" in row else "–",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in cells)


def bottlenecks(rows: Mapping[str, Row]) -> list[str]:
    """Measurements of streams in which the load server may have kept the client waiting."""
    return [
        f"{name}: the load server took {figures.server:.1f} times the CPU of {contender}"
        for name, row in rows.items()
        if SCENARIOS[name].is_stream
        for contender, figures in row.items()
        if figures.server >= 1
    ]
