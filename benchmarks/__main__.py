"""Measures this SDK beside its peers and prints the ratios. Figures go to benchmarks/results/latest.json."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import abort, batch, contenders, long_streams, measure, models, publish, table
from benchmarks.measure import Row
from benchmarks.scenarios import SCENARIOS

RESULTS = Path(__file__).parent / "results" / "latest.json"


def _names(text: str) -> list[str]:
    return text.split(",")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and beside ollama-python only")
    parser.add_argument("--only", type=_names, help="these scenarios and nothing else, with commas between them")
    parser.add_argument("--contenders", type=_names, help="contenders, with commas between them")
    parser.add_argument(
        "--compare", type=Path, metavar="CHECKOUT", help="also the SDK of another checkout, as 'before'"
    )
    parser.add_argument("--rounds", type=int, help="measurements of each contender")
    parser.add_argument(
        "--check",
        action="store_true",
        help="fail where a row is slower than that of --compare, also when measured once more and longer, where an "
        "abort does not end its call, and where memory grows",
    )
    parser.add_argument("--publish", action="store_true", help="write the results into docs/")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 4)
    arguments.contenders = arguments.contenders or (
        ["sdk", "sdk-pure", table.PEER] if arguments.quick else contenders.available()
    )
    if arguments.compare:
        contenders.compare_with(arguments.compare.resolve())
        arguments.contenders.append("before")
    arguments.seconds = 0.1 if arguments.quick else 0.3
    return arguments


def _rows(names: list[str], url: str, arguments: argparse.Namespace, rounds: int) -> dict[str, Row]:
    rows = {}
    for name in names:
        rows[name] = measure.row(name, url, arguments.contenders, rounds, arguments.seconds)
        print(f"measured: {SCENARIOS[name].label}", file=sys.stderr, flush=True)
    return rows


def _other_figures(url: str, quick: bool) -> dict[str, Any]:
    return {
        "long streams": long_streams.figures(url, 3 if quick else 5, quick),
        "abort": {transport: abort.figures(transport, 20 if quick else 200) for transport in abort.TRANSPORTS},
        "models": models.figures(),
        "batches": batch.figures(url, quick),
    }


_TABLES = {
    "long streams": (long_streams.table, long_streams.missed),
    "abort": (abort.table, abort.missed),
    "models": (models.table, models.missed),
    "batches": (batch.table, batch.missed),
}


def _report(rows: dict[str, Row], other: dict[str, Any], arguments: argparse.Namespace) -> None:
    print(table.terminal(rows))
    missed = [f"{SCENARIOS[name].label}: {line}" for name, row in rows.items() for line in table.missed(name, row)]
    sections = {}
    for title, figures in other.items():
        text, misses = (function(figures) for function in _TABLES[title])
        sections[f"{title.capitalize()}:"] = text
        missed += misses
        print(f"\n{title.capitalize()}:\n{text}")
    remarks = table.bottlenecks(rows)
    print("\nNot reached:" if missed else "\nAll targets are reached.", *missed, *remarks, sep="\n  ")
    figures = {name: {who: dataclasses.asdict(one) for who, one in row.items()} for name, row in rows.items()}
    RESULTS.parent.mkdir(exist_ok=True)
    results = {"conditions": publish.conditions(), "rows": figures, "missed": missed, **other}
    RESULTS.write_text(json.dumps(results, indent=2))
    if arguments.publish:
        publish.write(rows, sections, missed)


def main() -> int:
    """Measure and print; the exit status is that of the check, if one was asked for."""
    arguments = _arguments()
    lost: list[str] = []
    with measure.load_server() as url:
        rows = _rows(arguments.only or list(SCENARIOS), url, arguments, arguments.rounds)
        if arguments.check:
            rows |= _rows(list(table.slower(rows)), url, arguments, 4 * arguments.rounds)
            lost = list(table.slower(rows).values())
        other = {} if arguments.only else _other_figures(url, arguments.quick)
    if arguments.check and other:
        lost += abort.not_ended(other["abort"]) + long_streams.memory_missed(other["long streams"])
    _report(rows, other, arguments)
    print(*lost, sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
