"""Figures as ratios, and the tables that show them."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.interleaved import Row
from benchmarks.scenarios import SCENARIOS

PEER = "ollama-python"

_PEERS = ("ollama-python", "raw-httpx", "ollama-js", "floor")


def times_as_fast(row: Row, contender: str, peer: str = PEER) -> float | None:
    """How often a contender could do what its peer does once, by CPU; None where one of them was not measured."""
    if contender not in row or peer not in row:
        return None
    return row[peer].cpu / row[contender].cpu


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
    mark = "" if target is None or ratio >= target else " !"
    return f"{ratio:.2f}{mark}"


def _rows(rows: Mapping[str, Row]) -> list[list[str]]:
    cells = [
        [
            "times as fast (client CPU)",
            *(f"{'this SDK / ' if peer == PEER else ''}{peer}" for peer in _PEERS),
            "target",
            "without compiled",
            "µs each",
            f"µs {PEER}",
        ]
    ]
    for name, row in rows.items():
        about = SCENARIOS[name]
        wanted = about.targets.get(PEER)
        own, peer = row.get("sdk"), row.get(PEER)
        cells.append(
            [
                about.label,
                *(_cell(times_as_fast(row, "sdk", other), about.targets.get(other)) for other in _PEERS),
                f"{wanted:.1f}" if wanted else "",
                _cell(times_as_fast(row, "sdk-pure"), about.pure_target),
                f"{own.cpu:,.1f}" if own else "–",
                f"{peer.cpu:,.1f}" if peer else "–",
            ]
        )
    return cells


def terminal(rows: Mapping[str, Row]) -> str:
    """The table for a terminal; an exclamation mark stands where a target is missed."""
    cells = _rows(rows)
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return "\n".join(
        "  ".join(text.ljust(width) if not column else text.rjust(width) for column, (text, width) in fields).rstrip()
        for fields in (enumerate(zip(line, widths, strict=True)) for line in cells)
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
