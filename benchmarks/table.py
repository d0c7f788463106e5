"""Figures as ratios, and the tables that show them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.measure import Row
from benchmarks.scenarios import SCENARIOS

PEER = "ollama-python"
TOLERANCE = 0.05
"""How much more CPU than before a row may take, as a part of it: less is noise."""

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


def missed(scenario: str, row: Row) -> list[str]:
    """What this SDK wants to reach in a scenario and does not."""
    targets = [("sdk", peer, target) for peer, target in SCENARIOS[scenario].targets.items()]
    targets.append(("sdk-pure", PEER, SCENARIOS[scenario].pure_target))
    return [
        f"{'without the compiled packages ' * (who == 'sdk-pure')}{ratio:.2f} times {peer}, wanted {target:.2f}"
        for who, peer, target in targets
        if (ratio := times_as_fast(row, who, peer)) is not None and ratio < target
    ]


def _cell(ratio: float | None, target: float | None = None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio:.2f}{' !' if target is not None and ratio < target else ''}"


def _rows(rows: Mapping[str, Row]) -> list[list[str]]:
    peers = [*_PEERS, *(["before"] if any("before" in row for row in rows.values()) else [])]
    heads = [f"this SDK / {peers[0]}", *peers[1:], "target", "without compiled", "µs each", f"µs {PEER}"]
    cells = [["times as fast (client CPU)", *heads]]
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
            ]
        )
    return cells


def terminal(rows: Mapping[str, Row]) -> str:
    """The table for a terminal; an exclamation mark stands where a target is missed."""
    cells = _rows(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join([first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]).rstrip() for first, *others in cells
    )


def markdown(rows: Mapping[str, Row]) -> str:
    """The same table for a page."""
    head, *lines = _rows(rows)
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def bottlenecks(rows: Mapping[str, Row]) -> list[str]:
    """Measurements of streams in which the load server may have kept the client waiting."""
    return [
        f"{name}: the load server took {figures.server:.1f} times the CPU of {contender}"
        for name, row in rows.items()
        if SCENARIOS[name].is_stream
        for contender, figures in row.items()
        if figures.server >= 1
    ]
