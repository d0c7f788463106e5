"""Many rows, failing servers, and processes that are killed: nothing is lost or done twice, and memory stays flat."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from batch.server import ROWS, answering, asked, echo, refusal, rows_of

from benchmarks import measure
from ollama_sdk.overlay.testing import OllamaServer, Received, Reply

pytestmark = pytest.mark.slow

SLOTS = 4
KILLS = 20


class Faulty:
    """Answers 400 for the rows that end in 50, which is 1 %, and 503 at random for 3 % of the requests."""

    def __init__(self) -> None:
        self._random = random.Random(1)  # no secret
        self._lock = threading.Lock()
        self.worked_at: Counter[str] = Counter()

    def __call__(self, received: Received) -> Reply:
        text = asked(received)
        with self._lock:
            if self._random.random() < 0.03:
                return refusal(503)
            self.worked_at[text] += 1
        return refusal(400) if int(text) % 100 == 50 else echo(received)


@pytest.fixture
def faulty() -> Faulty:
    return Faulty()


@pytest.fixture
def servers(faulty: Faulty) -> Iterator[list[OllamaServer]]:
    with answering(OllamaServer()) as one, answering(OllamaServer()) as two:
        for server in (one, two):
            for path in ROWS:
                server.reply("POST", path, faulty)
        yield [one, two]


# Prints the most memory in KB that the process has taken, up to a sixth of the rows and up to the end.
FLAT = """
import asyncio, json, resource, sys
from ollama_sdk.overlay import batch

async def main(urls, path, count):
    failed, given, peaks = 0, 0, []
    work = {"model": "m", "messages": [{"role": "user", "content": "{item}"}]}
    async for result in batch.run(map(str, range(count)), work, hosts=urls, checkpoint=path):
        failed += not result.ok
        given += 1
        if given in (count // 6, count):
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    print(json.dumps({"given": given, "failed": failed, "growth": peaks[1] - peaks[0]}))

asyncio.run(main(sys.argv[3:], sys.argv[1] or None, int(sys.argv[2])))
"""


def flat(count: int, path: str, *urls: str) -> dict[str, int]:
    command = [sys.executable, "-c", FLAT, path, str(count), *urls]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_of_six_thousand_rows_one_in_a_hundred_fails_and_none_is_lost(
    servers: list[OllamaServer], faulty: Faulty, tmp_path: Path
):
    told = flat(6000, str(tmp_path / "rows.jsonl"), *(server.url for server in servers))

    assert (told["given"], told["failed"]) == (6000, 60)
    assert told["growth"] < 4000
    lines = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert sorted(line["index"] for line in lines) == list(range(6000))
    assert sorted(line["index"] for line in lines if "error" in line) == list(range(50, 6000, 100))
    assert set(faulty.worked_at.values()) == {1}


def test_fifty_thousand_rows_take_no_more_memory_than_a_sixth_of_them():
    with measure.served("load_server") as (url,):
        told = flat(50_000, "", url)

    assert (told["given"], told["failed"]) == (50_000, 0)
    assert told["growth"] < 4000


RESUMED = """
import sys
from ollama_sdk.overlay import batch
items, work = map(str, range(int(sys.argv[2]))), {"model": "m", "prompt": "{item}"}
for result in batch.map(items, work, hosts=sys.argv[3:], checkpoint=sys.argv[1]):
    pass
print("done")
"""


def test_a_job_that_is_killed_twenty_times_is_done_once(servers: list[OllamaServer], faulty: Faulty, tmp_path: Path):
    path, count = tmp_path / "rows.jsonl", 3000
    command = [sys.executable, "-c", RESUMED, str(path), str(count), *(server.url for server in servers)]
    chance = random.Random(2)  # no secret
    unfinished = 0
    for _ in range(KILLS):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
            wanted = len(servers[0].requests) + chance.randrange(1, 100)
            assert servers[0].wait_for_requests(wanted, timeout=60)
            program.kill()
            unfinished += program.stdout is not None and program.stdout.read() == ""

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert (done.stdout, done.stderr) == ("done\n", "")
    assert unfinished == KILLS
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted(line["index"] for line in lines) == list(range(count))
    assert sorted(line["index"] for line in lines if "error" in line) == list(range(50, count, 100))
    assert all(line["value"] == str(line["index"]) for line in lines if "value" in line)
    # Sent and not answered, or answered and not on the disk: neither is more than there are slots.
    repeated = sum(faulty.worked_at.values()) - count
    assert repeated <= KILLS * 2 * len(servers) * SLOTS
    assert sum(len(rows_of(server)) for server in servers) > count
