"""What a long stream costs: each chunk as much as in a short one, and no memory."""

from __future__ import annotations

from typing import Any

from benchmarks import contenders, measure

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
            sample = measure.run("sdk", contenders.command("sdk", scenario, f"{url}/chunks-{count}", 0.3))
            samples.append(sample["cpu"] / count)
    return min(costs[100_000]) / min(costs[20_000]) - 1


def figures(url: str, rounds: int, quick: bool) -> dict[str, Any]:
    """Both, by scenario; the memory also of contenders to compare with.

    Args:
        url: The load server.
        rounds: Measurements of the cost, the least of which counts, as noise only adds.
        quick: Look at one stream of this SDK only.
    """
    streams = STREAMS[:1] if quick else STREAMS
    others = () if quick else ("sdk-pure", "ollama-python", "raw-httpx")
    read = [*(("sdk", scenario) for scenario in streams), *((name, "chat") for name in others)]
    memory: dict[str, dict[str, float]] = {}
    for name, scenario in read:
        command = contenders.command(name, scenario, url, 0)
        memory.setdefault(name, {})[scenario] = measure.run(name, [*command[:-1], "memory"])
    return {"cost_growth": {scenario: cost_growth(url, scenario, rounds) for scenario in streams}, "memory": memory}


def missed(found: dict[str, Any]) -> list[str]:
    """What does not keep the limits."""
    return [
        f"{scenario}: a chunk of 100,000 costs {growth:+.0%} of one of 20,000, at most {COST_LIMIT:+.0%} is wanted"
        for scenario, growth in found["cost_growth"].items()
        if growth > COST_LIMIT
    ] + memory_missed(found)


def memory_missed(found: dict[str, Any]) -> list[str]:
    """Where memory grows by more than its limit."""
    return [
        f"{scenario}: {growth:.1f} MiB more for 200,000 chunks, at most {MEMORY_LIMIT} are wanted"
        for name in ("sdk", "sdk-pure")
        for scenario, growth in found["memory"].get(name, {}).items()
        if growth > MEMORY_LIMIT
    ]


def table(found: dict[str, Any]) -> str:
    """Both in lines for a terminal."""
    costs = ", ".join(f"{name} {growth:+.1%}" for name, growth in found["cost_growth"].items())
    memory = [
        f"Memory over 200,000 chunks, {contenders.CONTENDERS[who].label}: "
        + ", ".join(f"{name} {growth:.1f} MiB" for name, growth in growths.items())
        for who, growths in found["memory"].items()
    ]
    return "\n".join([f"A chunk of 100,000 beside one of 20,000: {costs}", *memory])
