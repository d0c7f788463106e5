"""Runs every scenario for every contender in turn, and prints the ratios.

Each measurement is a fresh process; contenders alternate, so that a drift of the machine's speed hits all alike. The
medians of their CPU times are compared. Figures are also written to benchmarks/results/latest.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks import models
from benchmarks.worker import CONTENDERS

SCENARIOS = {  # repetitions, and whether an item is a chunk of the stream rather than a call
    "chat": (2, True),
    "chat_async": (2, True),
    "generate": (2, True),
    "list": (500, False),
    "embed": (5, False),
}


def measure(contender: str, scenario: str, url: str) -> dict[str, float]:
    """One measurement in a fresh process."""
    repetitions, _ = SCENARIOS[scenario]
    command = [sys.executable, "-m", "benchmarks.worker", contender, scenario, url, str(repetitions)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def run_all(chunks: int, rounds: int) -> dict[str, dict[str, float]]:
    """Median CPU microseconds per item, by scenario and contender."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load_server", str(chunks)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        figures: dict[str, dict[str, float]] = {}
        for scenario, (repetitions, per_chunk) in SCENARIOS.items():
            samples: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
            for _ in range(rounds):
                for name in CONTENDERS:
                    samples[name].append(measure(name, scenario, url))
            totals = {sample["total"] for values in samples.values() for sample in values}
            if len(totals) != 1:
                raise SystemExit(f"{scenario}: the contenders did not read the same: {totals}")
            items = repetitions * (chunks if per_chunk else 1)
            figures[scenario] = {
                name: statistics.median(sample["cpu"] for sample in values) / items * 1e6
                for name, values in samples.items()
            }
        return figures
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def main() -> int:
    """Print the table; the exit status tells whether the models keep their limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--chunks", type=int, default=20_000, help="pieces in a stream (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each contender (default: %(default)s)")
    arguments = parser.parse_args()
    above = models.microseconds_above_decode()
    print(f"a chat chunk's model above the bare JSON decode: {above:.2f} µs (limit {models.LIMIT})\n")
    figures = run_all(arguments.chunks, arguments.rounds)
    print(f"{'client CPU per item':20}{'this SDK':>12}{'ollama-python':>16}{'floor':>10}{'faster':>10}{'/ floor':>9}")
    for scenario, times in figures.items():
        sdk, peer, floor = times["sdk"], times["ollama-python"], times["floor"]
        print(f"{scenario:20}{sdk:9.2f} µs{peer:13.2f} µs{floor:7.2f} µs{peer / sdk:9.1f}x{sdk / floor:8.2f}x")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "latest.json").write_text(
        json.dumps({"model_microseconds": above, "cpu_microseconds": figures}, indent=2)
    )
    return 0 if above <= models.LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
