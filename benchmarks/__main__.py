"""Measures this SDK beside its peers and prints the ratios. Figures go to benchmarks/results/latest.json."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import (
    abort,
    contenders,
    delivery,
    interleaved,
    long_streams,
    models,
    processes,
    publish,
    table,
    thresholds,
)
from benchmarks.interleaved import Row
from benchmarks.scenarios import SCENARIOS

RESULTS = Path(__file__).parent / "results" / "latest.json"


def _names(text: str) -> list[str]:
    return text.split(",")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and beside ollama-python only")
    parser.add_argument("--only", type=_names, help="these scenarios and nothing else, with commas between them")
    parser.add_argument("--contenders", type=_names, help="contenders, with commas between them")
    parser.add_argument("--rounds", type=int, help="measurements of each contender")
    parser.add_argument(
        "--check",
        action="store_true",
        help="fail where a ratio is below thresholds.json, a line is withheld, an abort does not end its "
        "call, or memory grows",
    )
    parser.add_argument("--write-thresholds", action="store_true", help="write that file, a third below this run")
    parser.add_argument("--publish", action="store_true", help="write the results into docs/")
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (2 if arguments.quick else 4)
    arguments.contenders = arguments.contenders or (
        [*thresholds.GUARDED, table.PEER] if arguments.quick else contenders.available()
    )
    arguments.seconds = 0.1 if arguments.quick else 0.3
    return arguments


def _rows(names: list[str], url: str, arguments: argparse.Namespace, rounds: int) -> dict[str, Row]:
    rows = {}
    for name in names:
        rows[name] = interleaved.measure(name, url, arguments.contenders, rounds, arguments.seconds)
        print(f"measured: {SCENARIOS[name].label}", file=sys.stderr, flush=True)
    return rows


def _check(rows: dict[str, Row], url: str, arguments: argparse.Namespace) -> list[str]:
    """What is below its threshold, also when measured once more and longer."""
    doubtful = list(thresholds.below(rows))
    rows.update(_rows(doubtful, url, arguments, 4 * arguments.rounds))
    return [line for lines in thresholds.below(rows).values() for line in lines]


def _other_figures(url: str, arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "models": models.measure(),
        "delivery": delivery.measure(),
        "long_streams": long_streams.measure(url, 3 if arguments.quick else 5, arguments.quick),
        "abort": {
            transport: abort.measure(transport, 20 if arguments.quick else 200) for transport in abort.TRANSPORTS
        },
    }


def _report(rows: dict[str, Row], other: dict[str, Any], arguments: argparse.Namespace) -> None:
    print(table.terminal(rows))
    missed = [f"{SCENARIOS[name].label}: {line}" for name, row in rows.items() for line in table.missed(name, row)]
    remarks = table.bottlenecks(rows)
    sections = {}
    if other:
        sections = {
            "Long streams:": long_streams.table(other["long_streams"]),
            f"Lines given when they arrived, of {delivery.LINES}:": ", ".join(
                f"{reader} {count}" for reader, count in other["delivery"].items()
            ),
            "Abort:": abort.table(other["abort"]),
            "Models:": models.table(other["models"]),
        }
        missed += long_streams.missed(other["long_streams"]) + abort.missed(other["abort"])
        missed += delivery.missed(other["delivery"]) + models.missed(other["models"])
    for title, text in sections.items():
        print(f"\n{title}\n{text}")
    print("\nNot reached:" if missed else "\nAll targets are reached.", *missed, *remarks, sep="\n  ")
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {name: {who: dataclasses.asdict(one) for who, one in row.items()} for name, row in rows.items()}
    results = {"conditions": publish.conditions(), "rows": figures, "missed": missed, **other}
    RESULTS.write_text(json.dumps(results, indent=2))
    if arguments.publish:
        publish.write(rows, sections, missed)


def main() -> int:
    """Measure and print; the exit status is that of the check, if one was asked for."""
    arguments = _arguments()
    with processes.load_server() as url:
        rows = _rows(arguments.only or list(SCENARIOS), url, arguments, arguments.rounds)
        lost = _check(rows, url, arguments) if arguments.check else []
        other = {} if arguments.only else _other_figures(url, arguments)
    if arguments.check and other:
        lost += delivery.missed(other["delivery"]) + abort.not_ended(other["abort"])
        lost += long_streams.memory_missed(other["long_streams"])
    _report(rows, other, arguments)
    if arguments.write_thresholds:
        thresholds.write(rows)
    print(*lost, sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
