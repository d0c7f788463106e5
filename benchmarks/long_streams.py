"""What a long stream costs: each chunk as much as in a short one, and no memory."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks import contenders, processes

COST_LIMIT = 0.10
"""How much more a chunk of a stream of 100,000 may cost than one of 20,000."""

MEMORY_LIMIT = 8.0
"""MiB by which reading 200,000 chunks may let the process grow."""

STREAMS = ("chat", "chat_async", "generate")


def cost_growth(url: str, scenario: str, rounds: int) -> float:
    """How much more CPU a chunk takes in a stream of 100,000 than in one of 20,000, as a part of it."""
    costs: dict[int, list[float]] = {20_000: [], 100_000: []}
    for _ in range(rounds):
        for count, samples in costs.items():
            sample = processes.run_json(contenders.command("sdk", scenario, f"{url}/chunks-{count}", 0.3))
            samples.append(sample["cpu"] / count)
    return min(costs[100_000]) / min(costs[20_000]) - 1


def memory_growth(url: str, contender: str, scenario: str) -> float:
    """MiB by which a fresh process grows at most while it reads 200,000 chunks, after a stream of 20,000."""
    command = [sys.executable, "-m", "benchmarks.memory", contender, scenario, url]
    growth: float = processes.run_json(command)
    return growth


def measure(url: str, rounds: int, quick: bool) -> dict[str, Any]:
    """Both, by scenario; the memory also of contenders to compare with.

    Args:
        url: The load server.
        rounds: Measurements of the cost, the least of which counts, as noise only adds.
        quick: Look at one stream of this SDK only.
    """
    streams = STREAMS[:1] if quick else STREAMS
    memory = {"sdk": {scenario: memory_growth(url, "sdk", scenario) for scenario in streams}}
    for contender in () if quick else ("sdk-pure", "ollama-python", "raw-httpx"):
        memory[contender] = {"chat": memory_growth(url, contender, "chat")}
    return {
        "cost_growth": {scenario: cost_growth(url, scenario, rounds) for scenario in streams},
        "memory_growth": memory,
    }


def missed(figures: dict[str, Any]) -> list[str]:
    """What does not keep the limits."""
    costs = [
        f"{scenario}: a chunk of 100,000 costs {growth:+.0%} of one of 20,000, at most {COST_LIMIT:+.0%} is wanted"
        for scenario, growth in figures["cost_growth"].items()
        if growth > COST_LIMIT
    ]
    return costs + memory_missed(figures)


def memory_missed(figures: dict[str, Any]) -> list[str]:
    """Where memory grows by more than its limit."""
    return [
        f"{scenario}: {growth:.1f} MiB more for 200,000 chunks, at most {MEMORY_LIMIT} are wanted"
        for contender in ("sdk", "sdk-pure")
        for scenario, growth in figures["memory_growth"].get(contender, {}).items()
        if growth > MEMORY_LIMIT
    ]


def table(figures: dict[str, Any]) -> str:
    """Both in lines for a terminal."""
    costs = ", ".join(f"{name} {growth:+.1%}" for name, growth in figures["cost_growth"].items())
    memory = [
        f"Memory over 200,000 chunks, {contenders.PYTHON[who]}: "
        + ", ".join(f"{name} {growth:.1f} MiB" for name, growth in growths.items())
        for who, growths in figures["memory_growth"].items()
    ]
    return "\n".join([f"A chunk of 100,000 beside one of 20,000: {costs}", *memory])
