"""A folder as the checkpoint of many processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from batch.conftest import Collect
from batch.server import ECHO, asked, echo, rows_of

from ollama_sdk.overlay.batch import CheckpointError
from ollama_sdk.overlay.batch._shards import Shards
from ollama_sdk.overlay.testing import Never, OllamaServer, Received, Reply


def test_each_run_writes_a_file_and_goes_by_those_of_all(collect: Collect, server: OllamaServer, tmp_path: Path):
    collect(["a", "b"], ECHO, hosts=server.url, checkpoint=tmp_path)
    collect(["b", "c"], ECHO, hosts=server.url, checkpoint=tmp_path)
    results = collect(["a", "b", "c", "d"], ECHO, hosts=server.url, checkpoint=tmp_path)

    assert sorted(rows_of(server)) == ["a", "b", "c", "d"]
    assert sorted(result.value for result in results) == ["a", "b", "c", "d"]
    assert sum(result.restored for result in results) == 3
    assert len(list(tmp_path.iterdir())) == 3


def test_runs_at_the_same_time_do_not_lock_each_other_out(server: OllamaServer, tmp_path: Path):
    code = """
import sys
from ollama_sdk.overlay import batch
work = {"model": "m", "prompt": "{item}"}
print(sum(result.ok for result in batch.map(sys.argv[3:], work, hosts=sys.argv[1], checkpoint=sys.argv[2])))
"""
    command = [sys.executable, "-W", "error", "-c", code, server.url, str(tmp_path)]
    programs = [
        subprocess.Popen([*command, *names], stdout=subprocess.PIPE, text=True) for names in ("abc", "def", "ghi")
    ]

    assert [program.communicate(timeout=60)[0] for program in programs] == ["3\n"] * 3
    kept = [json.loads(line)["value"] for path in tmp_path.iterdir() for line in path.read_text().splitlines()]
    assert sorted(kept) == list("abcdefghi")


def test_the_half_line_of_a_killed_process_is_passed_over_and_stays(
    collect: Collect, server: OllamaServer, tmp_path: Path
):
    collect(["a", "b"], ECHO, hosts=server.url, checkpoint=tmp_path, concurrency=1)
    (path,) = tmp_path.iterdir()
    torn = path.read_bytes()[:-5]
    path.write_bytes(torn)

    results = collect(["a", "b"], ECHO, hosts=server.url, checkpoint=tmp_path)

    assert sum(result.restored for result in results) == 1
    assert path.read_bytes() == torn


def test_the_files_of_another_job_are_refused(collect: Collect, server: OllamaServer, tmp_path: Path):
    collect(["a"], ECHO, hosts=server.url, checkpoint=tmp_path)

    with pytest.raises(CheckpointError, match="of another job"):
        collect(["a"], {**ECHO, "model": "n"}, hosts=server.url, checkpoint=tmp_path)


def test_what_others_have_written_since_is_read_by_the_next_run(collect: Collect, server: OllamaServer, tmp_path: Path):
    async def main() -> None:
        mine = Shards(tmp_path, "job")
        await mine.load()
        assert len(mine) == 0
        await asyncio.to_thread(collect, ["a"], ECHO, hosts=server.url, checkpoint=tmp_path, job="job")
        await mine.load()
        await mine.load()
        assert len(mine) == 1
        mine.close()

    asyncio.run(main())


def test_a_file_that_cannot_be_read_is_told(collect: Collect, server: OllamaServer, tmp_path: Path):
    (tmp_path / "other.jsonl").mkdir()

    with pytest.raises(CheckpointError, match=r"other\.jsonl cannot be read"):
        collect(["a"], ECHO, hosts=server.url, checkpoint=tmp_path)


def test_vectors_want_a_file(collect: Collect, server: OllamaServer, tmp_path: Path):
    pytest.importorskip("numpy", reason="numpy of the extra numpy is not installed")
    embed = {"model": "m", "input": "{item}"}

    with pytest.raises(CheckpointError, match="with vectors= a checkpoint is a file"):
        collect(["a"], embed, hosts=server.url, checkpoint=tmp_path, vectors=tmp_path / "vectors.npy")


def test_a_killed_process_leaves_what_is_finished_to_the_others(collect: Collect, server: OllamaServer, tmp_path: Path):
    def some(received: Received) -> Reply:
        return echo(received) if int(asked(received)) < 10 else Reply(Never())

    server.reply("POST", "/api/generate", some)
    code = """
import sys
from ollama_sdk.overlay import batch
work = {"model": "m", "prompt": "{item}"}
for result in batch.map(map(str, range(20)), work, hosts=sys.argv[1], checkpoint=sys.argv[2]):
    print(result.value, flush=True)
"""
    command = [sys.executable, "-c", code, server.url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        given = [program.stdout.readline().strip() for _ in range(10)]
        program.kill()
    server.reply("POST", "/api/generate", echo)

    results = collect(map(str, range(20)), ECHO, hosts=server.url, checkpoint=tmp_path)

    assert {result.value for result in results if result.restored} == set(given)
    assert sorted(int(result.value) for result in results) == list(range(20))
