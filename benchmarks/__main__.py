"""Measures this SDK beside its peers and prints the ratios. Figures go to benchmarks/results/latest.json."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from benchmarks import contenders, interleaved, models, processes, table
from benchmarks.interleaved import Row
from benchmarks.scenarios import SCENARIOS

RESULTS = Path(__file__).parent / "results" / "latest.json"


def _names(text: str) -> list[str]:
    return text.split(",")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, and beside ollama-python only")
    parser.add_argument("--only", type=_names, default=list(SCENARIOS), help="scenarios, with commas between them")
    parser.add_argument("--contenders", type=_names, help="contenders, with commas between them")
    parser.add_argument("--rounds", type=int, help="measurements of each contender")
    arguments = parser.parse_args()
    if arguments.rounds is None:
        arguments.rounds = 3 if arguments.quick else 5
    if arguments.contenders is None:
        arguments.contenders = ["sdk", "sdk-pure", "ollama-python"] if arguments.quick else contenders.available()
    return arguments


def _measured(arguments: argparse.Namespace) -> dict[str, Row]:
    seconds = 0.1 if arguments.quick else 0.3
    rows = {}
    with processes.load_server() as url:
        for name in arguments.only:
            rows[name] = interleaved.measure(name, url, arguments.contenders, arguments.rounds, seconds)
            print(f"measured: {SCENARIOS[name].label}", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Print the tables; the exit status tells whether the models keep their limit."""
    arguments = _arguments()
    rows = _measured(arguments)
    above = models.microseconds_above_decode()
    print(table.terminal(rows))
    for remark in table.bottlenecks(rows):
        print(remark)
    print(f"\nA chat chunk's model above the bare JSON decode: {above:.2f} µs (limit {models.LIMIT})")
    RESULTS.parent.mkdir(exist_ok=True)
    figures = {name: {who: dataclasses.asdict(one) for who, one in row.items()} for name, row in rows.items()}
    RESULTS.write_text(json.dumps({"model_microseconds": above, "rows": figures}, indent=2))
    return 0 if above <= models.LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
