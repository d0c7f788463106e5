"""How near a batch comes to what its hosts can do, with a checkpoint and without.

The hosts are two servers of the test kit with four places each, in which a row takes 50 ms: they can do 160 rows a
second. 3 % of the requests are answered with 503 and 1 % of the rows with 400, at once.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import measure
from benchmarks.contenders.sdk import WORK
from ollama_sdk.overlay import batch
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

PLACES = 4
CONCURRENCY = PLACES + 1  # one that waits in the queue of the server keeps it busy while the next is on its way
SECONDS = 0.05
CEILING = 2 * PLACES / SECONDS
ENOUGH = 0.95


def _busy_server() -> OllamaServer:
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


async def _rows_per_second(urls: list[str], count: int, checkpoint: Path | None) -> float:
    started = time.perf_counter()
    async for _ in batch.run(map(str, range(count)), WORK, hosts=urls, concurrency=CONCURRENCY, checkpoint=checkpoint):
        pass
    return count / (time.perf_counter() - started)


def figures(count: int) -> dict[str, float]:
    """The rows a second of a batch of so many rows; the servers have a process of their own."""
    with tempfile.TemporaryDirectory() as folder, measure.served("batch") as urls:
        checkpoints = {"plain": None, "checkpoint": Path(folder, "rows.jsonl")}
        return {name: asyncio.run(_rows_per_second(urls, count, file)) for name, file in checkpoints.items()}


def table(found: dict[str, float]) -> str:
    """The figures as a line."""
    return f"{found['plain']:.0f} rows a second of {CEILING:.0f}; with a checkpoint {found['checkpoint']:.0f}"


def missed(found: dict[str, float]) -> list[str]:
    """What falls short."""
    wanted = ENOUGH * CEILING
    return [
        f"batch, {name}: {rate:.0f} rows a second, wanted {wanted:.0f}" for name, rate in found.items() if rate < wanted
    ]


if __name__ == "__main__":
    print(_busy_server().url, _busy_server().url, flush=True)
    threading.Event().wait()
