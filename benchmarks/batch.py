"""How near a batch comes to what its hosts can do, and what a row costs beside a bare `asyncio.gather`.

`python -m benchmarks.batch` measures both. The hosts of the first are two servers of the test kit with four places, in
which a row takes 50 ms: they can do 160 rows a second. 3 % of the requests are answered with 503 and 1 % of the rows
with 400, at once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import contenders, measure
from ollama_sdk.overlay import AsyncOllama, batch
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

PLACES = 4
CONCURRENCY = PLACES + 1  # one that waits in the queue of the server keeps it busy while the next is on its way
SECONDS = 0.05
CEILING = 2 * PLACES / SECONDS
ENOUGH = 0.95
DEAREST = 1.5
AT_A_TIME = 8
WORK = {"model": "m", "messages": [{"role": "user", "content": "{item}"}]}


def busy_server() -> OllamaServer:
    """A server of the kit with four places, which is busy now and then."""
    places, chance, lock = threading.Semaphore(PLACES), random.Random(1), threading.Lock()

    def respond(received: Received) -> Reply:
        with lock:
            is_busy = chance.random() < 0.03
        if is_busy:
            return Reply(Json({"error": "server busy, please try again"}), status=503)
        if int(received.json["messages"][0]["content"]) % 100 == 50:
            return Reply(Json({"error": "no"}), status=400)
        with places:
            time.sleep(SECONDS)
        return answer(received.path, ["yes"], stream=False)

    server = OllamaServer().start()
    server.reply("POST", "/api/show", Json({}))
    server.reply("POST", "/api/chat", respond)
    return server


def _serve() -> None:
    print(json.dumps([busy_server().url for _ in range(2)]), flush=True)
    sys.stdin.read()


@contextmanager
def busy_servers() -> Iterator[list[str]]:
    """The URLs of two such servers, in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.batch", "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=contenders.ROOT
    ) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.kill()


def _rows_per_second(urls: list[str], count: int, *, keeps: bool) -> dict[str, float]:
    """A batch of so many rows, with a checkpoint or without."""

    async def main(folder: str) -> dict[str, float]:
        failed = 0
        checkpoint = Path(folder) / "rows.jsonl" if keeps else None
        started = time.perf_counter()
        async for result in batch.run(
            map(str, range(count)), WORK, hosts=urls, concurrency=CONCURRENCY, checkpoint=checkpoint
        ):
            failed += not result.ok
        return {"rows_per_second": count / (time.perf_counter() - started), "failed": failed}

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(main(folder))


async def _engine(url: str, count: int) -> None:
    async for _ in batch.run(map(str, range(count)), WORK, hosts=url, concurrency=AT_A_TIME):
        pass


async def _gather(url: str, count: int) -> None:
    async with AsyncOllama(url) as client:
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                await client.chat("m", [{"role": "user", "content": str(number)}])

        await asyncio.gather(*(work() for _ in range(AT_A_TIME)))


WAYS = {"engine": _engine, "gather": _gather}


def _cpu(way: str, url: str, count: int) -> float:
    """Microseconds of client CPU a row."""
    asyncio.run(WAYS[way](url, count // 100))
    started = time.process_time()
    asyncio.run(WAYS[way](url, count))
    return (time.process_time() - started) / count * 1e6


def figures(url: str, quick: bool) -> dict[str, float]:
    """All figures.

    Args:
        url: A load server.
        quick: Whether to do fewer rows.
    """
    rows = 10_000 if quick else 100_000
    costs: dict[str, list[float]] = {way: [] for way in WAYS}
    for way, _ in itertools.product(WAYS, range(2)):
        command = [sys.executable, "-m", "benchmarks.batch", way, url, str(rows)]
        costs[way].append(measure.run("sdk", command))
    found = {way: min(cost) for way, cost in costs.items()}
    with busy_servers() as urls:
        for name, keeps in (("plain", False), ("checkpoint", True)):
            found[name] = _rows_per_second(urls, 1200 if quick else 6000, keeps=keeps)["rows_per_second"]
    return found


def table(found: dict[str, float]) -> str:
    """The figures as lines."""
    return "\n".join(
        (
            f"  {found['plain']:.0f} rows a second of {CEILING:.0f}; with a checkpoint {found['checkpoint']:.0f}",
            f"  {found['engine']:.0f} µs of CPU a row; asyncio.gather takes {found['gather']:.0f}, "
            f"so {found['engine'] / found['gather']:.2f} times as much",
        )
    )


def missed(found: dict[str, float]) -> list[str]:
    """What falls short."""
    lines = []
    if min(found["plain"], found["checkpoint"]) < ENOUGH * CEILING:
        lines.append(f"batch: fewer than {ENOUGH * CEILING:.0f} rows a second")
    if found["engine"] > DEAREST * found["gather"]:
        lines.append(f"batch: more than {DEAREST} times the CPU of asyncio.gather")
    return lines


def main() -> None:
    """Measure, or be one of the processes that are measured."""
    match sys.argv[1:]:
        case ["serve"]:
            _serve()
        case [way, url, count]:
            print(_cpu(way, url, int(count)))
        case arguments:
            with measure.load_server() as url:
                found = figures(url, quick="--quick" in arguments)
            print(table(found), *missed(found), sep="\n")


if __name__ == "__main__":
    main()
