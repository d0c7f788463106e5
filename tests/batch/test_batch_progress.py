"""How far a run is, told by figures, a function, and a bar."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from batch.conftest import Collect
from batch.server import ECHO, refusal

from ollama_sdk.overlay import batch
from ollama_sdk.overlay.batch import Progress
from ollama_sdk.overlay.testing import OllamaServer


def test_a_function_is_told_of_each_row(collect: Collect, server: OllamaServer):
    told: list[Progress] = []
    server.queue("POST", "/api/generate", refusal(400))

    collect(list("abcd"), ECHO, hosts=server.url, progress=told.append)

    assert [progress.rows for progress in told] == [1, 2, 3, 4]
    last = told[-1]
    assert (last.total, last.failed, last.restored, last.tokens, last.prompt_tokens) == (4, 1, 0, 3, 21)
    assert last.hosts == {server.url: 3}
    assert last.errors == {"ResponseError": 1}
    assert last.rows_per_second > last.tokens_per_second > 0


def test_rows_of_an_earlier_run_are_counted_apart(collect: Collect, server: OllamaServer, tmp_path: Path):
    told: list[Progress] = []
    collect(list("ab"), ECHO, hosts=server.url, checkpoint=tmp_path / "rows.jsonl")
    collect(iter("abc"), ECHO, hosts=server.url, checkpoint=tmp_path / "rows.jsonl", progress=told.append)

    assert (told[-1].total, told[-1].rows, told[-1].restored, told[-1].tokens) == (None, 3, 2, 1)
    assert told[-1].hosts == {server.url: 1}


def test_what_the_function_raises_ends_the_run(collect: Collect, server: OllamaServer):
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        collect(list("abcd"), ECHO, hosts=server.url, progress=fail)


def test_a_run_tells_its_figures(server: OllamaServer):
    rows = batch.map(["ab"], ECHO, hosts=server.url)
    assert (rows.progress.rows, rows.progress.total) == (0, 1)
    list(rows)
    assert rows.progress.rows == 1


def test_a_bar_is_drawn(collect: Collect, server: OllamaServer, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("tqdm", reason="tqdm of the extra progress is not installed")
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)

    collect(list("abcd"), ECHO, hosts=server.url, progress=True)

    last = screen.getvalue().rstrip().rpartition("\r")[2]
    assert "4/4" in last
    assert "tokens/s, 0 failed" in last
    assert f"{server.host}:{server.port} 4" in last


@pytest.mark.parametrize("stream", [None, io.TextIOWrapper(io.BytesIO(), write_through=True)])
def test_a_bar_that_cannot_be_drawn_ends_nothing(
    collect: Collect, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, stream: io.TextIOWrapper | None
):
    pytest.importorskip("tqdm", reason="tqdm of the extra progress is not installed")
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    assert len(collect(list("abcd"), ECHO, hosts=server.url, progress=True)) == 4


def test_without_tqdm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)

    with pytest.raises(ImportError, match=r"ollama-sdk\[progress\]"):
        batch.run(["a"], ECHO, progress=True)
