"""Measures contenders in turn, each time in a fresh process, so that a drift of the machine's speed hits all alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import contenders, processes
from benchmarks.scenarios import SCENARIOS


@dataclass
class Figures:
    """What one item costs a contender, in the measurement that took the least CPU.

    Attributes:
        cpu: Microseconds of CPU, user and system, of the client's process.
        wall: Microseconds that passed.
        server: CPU of the load server, as a part of the client's. Below 1 the client is the bottleneck.
    """

    cpu: float
    wall: float
    server: float


Row = dict[str, Figures]
"""By contender."""


def measure(scenario: str, url: str, names: Sequence[str], rounds: int, seconds: float) -> Row:
    """The figures of each contender that can do a scenario.

    Raises:
        SystemExit: They did not read the same.
    """
    about = SCENARIOS[scenario]
    samples: dict[str, list[Figures]] = {name: [] for name in names}
    results: dict[str, float] = {}
    for _ in range(rounds):
        for name in list(samples):
            before = processes.server_cpu(url)
            sample = processes.run_json(contenders.command(name, scenario, url + about.prefix, seconds))
            if sample is None:
                del samples[name]
                continue
            results[name] = sample["result"]
            # The server also worked for the repetitions that warmed up.
            served = (processes.server_cpu(url) - before) / (sample["repetitions"] + sample["warming"])
            factor = 1e6 / about.items
            samples[name].append(Figures(sample["cpu"] * factor, sample["wall"] * factor, served / sample["cpu"]))
    if len(set(results.values())) > 1:
        raise SystemExit(f"{scenario}: the contenders did not read the same: {results}")
    return {name: _least(figures) for name, figures in samples.items()}


def _least(figures: list[Figures]) -> Figures:
    """The measurement that took the least CPU: whatever else goes on in a machine only adds to it."""
    return min(figures, key=lambda one: one.cpu)
