"""`make soak`: 64 threads and 500 tasks call a failing server at random; nothing may hang, leak or lie.

Each call must end in exactly one of a whole result, AbortError, or the error that tests/overlay/fault_table.py tells.
At the end file descriptors, threads, places in the pools, objects and memory are back where they began.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import faulthandler
import gc
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import httpx
from soak.calls import MESSAGES, Alarm, Ledger, Plan, acall, call
from soak.server import CONNECTIONS

from ollama_sdk.overlay import AsyncOllama, Ollama

THREADS, TASKS, PLACES, IDLE = 64, 500, 100, 20
PATIENCE = 45.0
"""Seconds after which a call is called a hang; in a full pool on a slow machine one waits for some of them."""
GROWTH = 24 << 20
"""Bytes of memory that the interpreter may have kept for itself between two measurements."""


def main() -> int:
    """Run the soak; the exit status is 1 when a rule was broken."""
    parser = argparse.ArgumentParser(prog="make soak ARGS=…", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long to run (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="repeats the choices of a run that failed")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio", help="the event loop of the tasks")
    parser.add_argument("--stale", action="store_true", help="let the server close idle connections at random")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    faulthandler.dump_traceback_later(options.seconds + 3 * PATIENCE, exit=True)
    with fault_server("--stale" if options.stale else "") as url:
        soak = Soak(url, seed, import_module(options.loop).new_event_loop)
        broken = soak.run(options.seconds)
    faulthandler.cancel_dump_traceback_later()
    total = sum(soak.ledger.outcomes.values())
    print(f"{total} calls, {soak.ledger.aborts} aborts of a whole client")
    for name, count in soak.ledger.outcomes.most_common():
        print(f"  {count:8} {name}")
    for line in broken[:20]:
        print(f"BROKEN: {line}")
    print(
        "nothing hung, leaked or lied" if not broken else f"{len(broken)} rules broken; --seed {seed} repeats the run"
    )
    return 1 if broken else 0


@contextlib.contextmanager
def fault_server(option: str) -> Iterator[str]:
    """The server in a process of its own, started with an option; gives its URL."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(
        [sys.executable, "-m", "soak.server", option],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().strip()
            process.stdin.close()
            process.wait(PATIENCE)
        finally:
            process.kill()  # it waits for connections to end, which a failed run leaves open


class Soak:
    """The clients, their callers, and what is measured.

    Attributes:
        ledger: How the calls ended.
    """

    def __init__(self, url: str, seed: int, new_event_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self.ledger = Ledger()
        self._new_event_loop = new_event_loop
        self._url = url
        self._seed = seed
        self._broken: list[str] = []

    def run(self, seconds: float) -> list[str]:
        """Soak; returns what broke the rules."""
        self._new_event_loop().close()  # libuv makes a pipe for signals and keeps it
        before = Measured.now()
        loop = self._new_event_loop()
        loop_thread = threading.Thread(target=loop.run_forever, name="event loop", daemon=True)
        loop_thread.start()
        settings = {"max_retries": 0, "limits": httpx.Limits(max_connections=PLACES, max_keepalive_connections=IDLE)}
        client, aclient = Ollama(self._url, **settings), AsyncOllama(self._url, **settings)
        # What is imported, cached or made once is there after the first round; what grows in the second one is a leak.
        self._round("first", seconds / 4, client, aclient, loop)
        first = Measured.now()
        self._round("second", seconds * 3 / 4, client, aclient, loop)
        self._compare("after the second round", first, Measured.now())
        client.close()
        asyncio.run_coroutine_threadsafe(aclient.close(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        loop_thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        del client, aclient, loop
        self._require(self._open_connections() == 0, "the server still has connections of closed clients")
        after = Measured.now()
        self._require(
            after.descriptors <= before.descriptors, f"file descriptors: {before.descriptors}, {after.descriptors}"
        )
        self._require(after.threads <= before.threads, f"threads: {before.threads}, {after.threads}")
        return self._broken + self.ledger.violations

    def _round(
        self, name: str, seconds: float, client: Ollama, aclient: AsyncOllama, loop: asyncio.AbstractEventLoop
    ) -> None:
        stop = threading.Event()
        alarm = Alarm()

        def work(number: int) -> None:
            chance = random.Random(f"{self._seed} {name} thread {number}")
            while not stop.is_set():
                call(client, Plan.chosen(chance, task=False), self.ledger, alarm)

        async def work_async(number: int) -> None:
            chance = random.Random(f"{self._seed} {name} task {number}")
            while not stop.is_set():
                await acall(aclient, Plan.chosen(chance, task=True), self.ledger)

        async def all_tasks() -> None:
            await asyncio.gather(*(work_async(number) for number in range(TASKS)))

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        tasks = asyncio.run_coroutine_threadsafe(all_tasks(), loop)
        chance = random.Random(f"{self._seed} {name} aborts")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, chance.uniform(0.1, 0.6)))
            self.ledger.aborts += 1
            chance.choice([client, aclient]).abort()
            self._check_hangs()
        stop.set()
        for thread in threads:
            thread.join(PATIENCE)
        tasks.result(PATIENCE)
        alarm.stop()
        self._check_hangs()
        self._require(not any(thread.is_alive() for thread in threads), "a thread hangs")
        self._check_places(client, aclient, loop)

    def _check_hangs(self) -> None:
        now = time.monotonic()
        for begun, plan in list(self.ledger.running.values()):
            if now - begun > PATIENCE:
                print(f"a call hangs since {now - begun:.0f} seconds: {plan}; the seed is {self._seed}", flush=True)
                faulthandler.dump_traceback(all_threads=True)
                raise SystemExit(1)

    def _check_places(self, client: Ollama, aclient: AsyncOllama, loop: asyncio.AbstractEventLoop) -> None:
        """A pool that has lost a place has none for the last of these streams, all of which are held open."""
        gc.collect()  # a stream that was dropped may be in a cycle, with the traceback of an error
        self._require(len(client._sender.calls) == 0, f"{len(client._sender.calls)} calls are still registered")
        self._require(
            len(aclient._sender.calls) == 0, f"{len(aclient._sender.calls)} tasks' calls are still registered"
        )
        arguments = {"model": "never_ends", "messages": MESSAGES, "timeout": httpx.Timeout(None, pool=PATIENCE)}
        streams = [client.chat(**arguments, stream=True) for _ in range(PLACES)]

        async def open_all() -> list[object]:
            return [await aclient.chat(**arguments, stream=True) for _ in range(PLACES)]

        tasks = asyncio.run_coroutine_threadsafe(open_all(), loop).result(2 * PATIENCE)
        client.abort()
        aclient.abort()
        self._require((len(streams), len(tasks)) == (PLACES, PLACES), "a pool has lost a place")
        del streams, tasks
        # Sockets of the event loop are closed in one of its next rounds; idle connections are kept for a while.
        self._require(self._open_connections(kept=2 * IDLE) <= 2 * IDLE, "the server has connections of ended calls")

    def _compare(self, when: str, earlier: Measured, later: Measured) -> None:
        print(f"{when}: {later}, before it {earlier}", flush=True)
        self._require(later.threads <= earlier.threads, f"threads {when}")
        # Idle connections are kept, each with its descriptor.
        self._require(later.descriptors <= earlier.descriptors + 2 * 20, f"file descriptors {when}")
        self._require(later.objects < earlier.objects + 3000, f"objects {when}")
        self._require(later.memory < earlier.memory + GROWTH, f"memory {when}")

    def _open_connections(self, *, kept: int = 0) -> int:
        """How many connections the server has from us, beside the one that asks; it is given time to see them close."""
        for _ in range(100):
            with urllib.request.urlopen(self._url + CONNECTIONS) as answer:
                count: int = json.load(answer)["open"] - 1
            if count <= kept:
                break
            time.sleep(0.05)
        return count

    def _require(self, kept: bool, rule: str) -> None:
        if not kept:
            self._broken.append(rule)


@dataclass(frozen=True)
class Measured:
    """What a process has.

    Attributes:
        descriptors: Open file descriptors.
        threads: Threads of Python.
        objects: Objects that the garbage collector knows.
        memory: Bytes in memory.
    """

    descriptors: int
    threads: int
    objects: int
    memory: int

    @classmethod
    def now(cls) -> Measured:
        """Measure, when what can go has gone."""
        for _ in range(3):
            gc.collect()
        for thread in threading.enumerate():
            if thread.name == "ollama-sdk-limits":  # ends a moment after its last alarm
                thread.join(PATIENCE)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        descriptors = len(os.listdir("/proc/self/fd"))
        return cls(descriptors, threading.active_count(), len(gc.get_objects()), pages * os.sysconf("SC_PAGE_SIZE"))


if __name__ == "__main__":
    sys.exit(main())
