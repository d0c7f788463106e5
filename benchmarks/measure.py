"""Measures contenders in turn, each time in a fresh process, so that a drift of the machine's speed hits all alike."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks import contenders
from benchmarks.scenarios import SCENARIOS


@dataclass
class Figures:
    """What one item costs a contender, in the measurement that took the least CPU.

    Attributes:
        cpu: Microseconds of CPU, user and system, of the client's process.
        server: CPU of the load server, as a part of the client's. Below 1 the client is the bottleneck.
        memory: MiB by which the client's process has grown at most.
    """

    cpu: float
    server: float
    memory: float = 0.0


Row = dict[str, Figures]
"""By contender."""


def row(scenario: str, url: str, names: Sequence[str], rounds: int, seconds: float) -> Row:
    """The figures of each contender that can do a scenario.

    Raises:
        SystemExit: They did not read the same.
    """
    about = SCENARIOS[scenario]
    samples: dict[str, list[Figures]] = {name: [] for name in names}
    results: dict[str, float] = {}
    for _ in range(rounds):
        for name in list(samples):
            before = server_cpu(url)
            sample = run(name, contenders.command(name, scenario, url + about.prefix, seconds))
            if sample is None:
                del samples[name]
                continue
            results[name] = sample["result"]
            # The server also worked for the repetitions that warmed up.
            served = (server_cpu(url) - before) / (sample["repetitions"] + sample["warming"])
            cpu, memory = sample["cpu"] * 1e6 / about.items, sample.get("memory", 0.0)
            samples[name].append(Figures(cpu, served / sample["cpu"], memory))
    if len(set(results.values())) > 1:
        raise SystemExit(f"{scenario}: the contenders did not read the same: {results}")
    # Whatever else goes on in a machine only adds to what a measurement takes.
    return {name: min(figures, key=lambda one: one.cpu) for name, figures in samples.items()}


def run(name: str, command: list[str]) -> Any:
    """What a fresh process prints in the environment of a contender, decoded.

    Raises:
        SystemExit: It failed.
    """
    environment = contenders.environment(name)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=contenders.ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@contextmanager
def served(module: str) -> Iterator[list[str]]:
    """The URLs of servers, which a module prints in the first line, and which run for as long as the block."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=contenders.ROOT) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().split()
        finally:
            server.kill()


def server_cpu(url: str) -> float:
    """CPU seconds that a load server has taken so far."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/cpu") as response:
        seconds: float = json.load(response)
        return seconds
