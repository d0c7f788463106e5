"""Vectors of many rows in one file of numpy."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from batch.conftest import Collect
from batch.server import ECHO, refusal, rows_of

from ollama_sdk.overlay import RequestError, batch
from ollama_sdk.overlay.batch import CheckpointError
from ollama_sdk.overlay.testing import Json, OllamaServer, Reply

numpy = pytest.importorskip("numpy", reason="numpy of the extra numpy is not installed")

EMBED = {"model": "m", "input": "{item}"}
WORDS = ["a", "bb", "ccc", "dddd"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vectors.npy"


def test_each_row_has_its_vector_in_its_place(collect: Collect, server: OllamaServer, path: Path):
    results = collect(WORDS, EMBED, hosts=server.url, vectors=path)

    assert numpy.load(path).tolist() == [[1, 0.5], [2, 0.5], [3, 0.5], [4, 0.5]]
    for result in results:
        assert result.value.tolist() == [len(result.item), 0.5]


def test_a_row_that_fails_has_no_numbers(collect: Collect, server: OllamaServer, path: Path):
    server.queue("POST", "/api/embed", refusal(400))

    collect(WORDS, EMBED, hosts=server.url, vectors=path, concurrency=1)

    matrix = numpy.load(path)
    assert numpy.isnan(matrix[0]).all()
    assert matrix[1:].tolist() == [[2, 0.5], [3, 0.5], [4, 0.5]]


def test_a_later_run_goes_on_with_the_file(collect: Collect, server: OllamaServer, path: Path, tmp_path: Path):
    arguments: dict[str, Any] = {"hosts": server.url, "vectors": path, "checkpoint": tmp_path / "rows.jsonl"}
    server.queue("POST", "/api/embed", refusal(500))
    collect(WORDS, EMBED, **arguments, max_attempts=1)
    again = collect(WORDS, EMBED, **arguments)

    assert sorted(rows_of(server))[-1] == "dddd"
    assert len(rows_of(server)) == 5
    assert sum(result.restored for result in again) == 3
    for result in again:
        assert result.value.tolist() == [len(result.item), 0.5]
    assert numpy.load(path).tolist() == [[1, 0.5], [2, 0.5], [3, 0.5], [4, 0.5]]
    assert "0.5" not in (tmp_path / "rows.jsonl").read_text().replace('"seconds": 0.5', "")


@pytest.mark.parametrize("change", ["other order", "other number", "no file"])
def test_a_file_that_does_not_belong_to_the_checkpoint_is_refused(
    collect: Collect, server: OllamaServer, path: Path, tmp_path: Path, change: str
):
    arguments: dict[str, Any] = {"hosts": server.url, "vectors": path, "checkpoint": tmp_path / "rows.jsonl"}
    collect(WORDS, EMBED, **arguments)
    if change == "no file":
        path.unlink()
    items = {"other order": WORDS[::-1], "other number": WORDS[:-1]}.get(change, WORDS)

    with pytest.raises(CheckpointError):
        collect(items, EMBED, **arguments)


@pytest.mark.parametrize("vectors", [[], [[1.0, 0.5], [2.0, 0.5]]])
def test_an_answer_without_one_vector_fails_its_row(
    collect: Collect, server: OllamaServer, path: Path, vectors: list[list[float]]
):
    server.queue("POST", "/api/embed", Reply(Json({"embeddings": vectors})))

    results = collect(WORDS, EMBED, hosts=server.url, vectors=path, max_attempts=1, concurrency=1)

    assert sum(result.ok for result in results) == 3


def test_more_rows_than_were_told_end_the_run(collect: Collect, server: OllamaServer, path: Path):
    with pytest.raises(CheckpointError, match="more rows than total=2"):
        collect(iter(WORDS), EMBED, hosts=server.url, vectors=path, total=2)


def test_the_number_of_rows_must_be_known(path: Path):
    with pytest.raises(RequestError, match="give total="):
        batch.run(iter(WORDS), EMBED, vectors=path)


def test_other_work_is_refused(collect: Collect, server: OllamaServer, path: Path):
    async def work(client: Any, item: Any) -> None: ...

    for other in (ECHO, work, {"model": "m", "input": ["{item}"]}):
        with pytest.raises(RequestError, match="vectors="):
            batch.run(WORDS, other, vectors=path)
    (result,) = collect(["a"], lambda item: {"model": "m", "prompt": item}, hosts=server.url, vectors=path)
    assert "each row is an embed request" in str(result.error)


def test_a_file_of_something_else_is_not_written_over(collect: Collect, server: OllamaServer, path: Path):
    path.write_text("my thesis")

    with pytest.raises(CheckpointError, match="is not written over"):
        collect(WORDS, EMBED, hosts=server.url, vectors=path)
    assert path.read_text() == "my thesis"


def test_the_checkpoint_is_another_file(path: Path):
    with pytest.raises(RequestError, match="must be two files"):
        batch.run(WORDS, EMBED, vectors=path, checkpoint=path.parent / "." / path.name)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="the system has no call for it")
def test_a_disk_without_room_for_all_vectors_is_told_by_the_first(
    collect: Collect, server: OllamaServer, path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(descriptor: int, start: int, size: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)

    with pytest.raises(CheckpointError, match="No space left"):
        collect(WORDS, EMBED, hosts=server.url, vectors=path)


def test_a_folder_that_is_not_there_is_refused(path: Path):
    with pytest.raises(RequestError, match="no folder"):
        batch.run(WORDS, EMBED, vectors=path / "vectors.npy")
