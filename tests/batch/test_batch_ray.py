"""Batches on Ray Data, on this machine: every row comes back, also when actors and the whole job are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from batch.conftest import MakeServer
from batch.server import asked, echo, refusal

from ollama_sdk.overlay.testing import Received, Reply

pytest.importorskip("ray", reason="ray of the extra ray is not installed; make ray installs it")
pytestmark = pytest.mark.slow

COUNT = 2000
SLOTS = 4
ACTORS = 2
JOB = """
import json, os, sys
import ray
from ollama_sdk.overlay.batch.ray import OllamaRows

folder, marker, count, *urls = sys.argv[1:]

def work(row):
    if row["n"] == 1500 and marker and not os.path.exists(marker):
        open(marker, "w").close()
        os._exit(1)  # as the kernel ends a process when the memory is used up
    return {"model": "m", "prompt": str(row["n"])}

ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
ray.data.DataContext.get_current().enable_progress_bars = False
rows = ray.data.range(int(count)).rename_columns({"id": "n"}).map_batches(
    OllamaRows,
    fn_constructor_args=[work],
    fn_constructor_kwargs={"hosts": urls, "checkpoint": folder, "id": "n", "concurrency": 4},
    batch_size=64,
    num_cpus=0,  # actors wait for servers, and leave the processors to the tasks that read
    compute=ray.data.ActorPoolStrategy(size=2),
)
print(json.dumps([[row["n"], row["value"], row["error"], row["attempts"]] for row in rows.take_all()]))
"""


def environment() -> dict[str, str]:
    return {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}


def test_rows_survive_the_kill_of_the_job_and_of_an_actor(make_server: MakeServer, tmp_path: Path):
    worked_at: Counter[str] = Counter()
    lock = threading.Lock()

    def respond(received: Received) -> Reply:
        with lock:
            worked_at[asked(received)] += 1
        return refusal(400) if int(asked(received)) % 100 == 50 else echo(received)

    servers = [make_server(), make_server()]
    for server in servers:
        server.reply("POST", "/api/generate", respond)
    folder = tmp_path / "rows"
    folder.mkdir()

    def command(marker: str) -> list[str]:
        urls = [server.url for server in servers]
        return [sys.executable, "-c", JOB, str(folder), marker, str(COUNT), *urls]

    with subprocess.Popen(command(""), stdout=subprocess.DEVNULL, env=environment(), start_new_session=True) as job:
        assert servers[0].wait_for_requests(300, timeout=120)
        job.kill()
    done = subprocess.run(
        command(str(tmp_path / "died")), capture_output=True, text=True, env=environment(), check=False, timeout=300
    )

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "died").exists()
    rows: list[list[Any]] = json.loads(done.stdout.splitlines()[-1])
    assert sorted(row[0] for row in rows) == list(range(COUNT))
    assert sorted(row[0] for row in rows if row[2] is not None) == list(range(50, COUNT, 100))
    assert all(row[1] == str(row[0]) for row in rows if row[2] is None)
    assert set(worked_at) == set(map(str, range(COUNT)))
    # Two ends, in each of which an actor has no more in flight, and not on the disk, than twice its places.
    assert sum(worked_at.values()) - COUNT <= 2 * ACTORS * 2 * len(servers) * SLOTS
