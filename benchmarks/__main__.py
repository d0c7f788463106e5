"""Measures this SDK beside its peers and prints the ratios. Figures go to benchmarks/results/latest.json."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from benchmarks import abort, batch, contenders, measure, publish, table
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
    return arguments


def _rows(names: list[str], url: str, arguments: argparse.Namespace, rounds: int) -> dict[str, Row]:
    rows = {}
    for name in names:
        rows[name] = measure.row(name, url, arguments.contenders, rounds, 0.1 if arguments.quick else 0.3)
        print(f"measured: {SCENARIOS[name].label}", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Measure and print; the exit status is that of the check, if one was asked for."""
    arguments = _arguments()
    missed, lost, sections, others = [], [], {}, {}
    if not arguments.only:
        aborts = abort.figures(20 if arguments.quick else 200)
        batches = batch.figures(1200 if arguments.quick else 6000)
        sections = {"Abort:": abort.table(aborts), "Batches:": batch.table(batches)}
        missed = abort.missed(aborts) + batch.missed(batches)
        others = {"abort": aborts, "batches": batches}
    with measure.served("load_server") as (url,):
        rows = _rows(arguments.only or list(SCENARIOS), url, arguments, arguments.rounds)
        if arguments.check:
            rows |= _rows(list(table.slower(rows)), url, arguments, 4 * arguments.rounds)
            lost = [*table.slower(rows).values(), *table.memory_missed(rows)]
    missed = table.missed(rows) + missed
    print(table.markdown(rows), *(f"{title}\n{text}" for title, text in sections.items()), sep="\n\n")
    print("\nNot reached:" if missed else "\nAll targets are reached.", *missed, *table.bottlenecks(rows), sep="\n  ")
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {name: {who: dataclasses.asdict(one) for who, one in row.items()} for name, row in rows.items()}
    results = {"conditions": publish.conditions(), "rows": figures, "missed": missed, **others}
    RESULTS.write_text(json.dumps(results, indent=2))
    if arguments.publish:
        publish.write(rows, sections, missed)
    print(*lost, sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
