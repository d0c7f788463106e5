"""The task of Celery: in a worker of its own, with a broker and results in folders."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from examples.programs import EXAMPLES, PATIENCE, run, running

from ollama_sdk.overlay.testing import Json, Never, OllamaServer, answer

pytest.importorskip("celery")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Celery does not run on Windows")
ROUTE = ("POST", "/api/generate")
# What `celery --app celery_tasks worker` does, also for root, whom it warns.
WORKER = """
import warnings
from celery.exceptions import SecurityWarning
from celery_tasks import app
warnings.simplefilter("ignore", SecurityWarning)
app.worker_main(["worker", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"])
"""
LATE = """
import sys
from celery.exceptions import SoftTimeLimitExceeded
from celery_tasks import summarize
try:
    print(summarize.apply_async(["A book."], soft_time_limit=int(sys.argv[1])).get())
except SoftTimeLimitExceeded:
    print("too late")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the messages and the results of Celery, where the programs of the test run."""
    (tmp_path / "results").mkdir()
    (tmp_path / "data_in").mkdir()
    (tmp_path / "data_out").symlink_to("data_in")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES))
    monkeypatch.setenv("CELERY_BROKER_URL", "filesystem://")
    monkeypatch.setenv("CELERY_RESULT_BACKEND", f"file://{tmp_path / 'results'}")
    return tmp_path


@contextmanager
def worker(server: OllamaServer, folder: Path) -> Iterator[None]:
    """A worker with one process."""
    (folder / "worker.py").write_text(WORKER, encoding="utf-8")
    with running(str(folder / "worker.py"), host=server.url) as program:
        assert program.process.stderr is not None
        assert any("ready." in line for line in program.process.stderr)
        try:
            yield
        finally:
            program.process.terminate()
            program.process.wait(PATIENCE)


def test_a_worker_asks_the_model(ollama_server: OllamaServer, folder: Path) -> None:
    ollama_server.reply(*ROUTE, answer("/api/generate", ["A whale wins."], stream=False))
    with worker(ollama_server, folder):
        done = run("celery_tasks.py", "Call me Ishmael.")
    assert (done.returncode, done.stdout) == (0, "A whale wins.\n")
    assert ollama_server.requests[0].json["prompt"].endswith("\n\nCall me Ishmael.")


def test_a_task_that_takes_too_long_stops_the_generation(ollama_server: OllamaServer, folder: Path) -> None:
    ollama_server.reply(*ROUTE, Never())
    (folder / "late.py").write_text(LATE, encoding="utf-8")
    with worker(ollama_server, folder):
        for limit in (1, 5, 25):  # on a busy machine, a second may be over before the request is sent
            done = run(str(folder / "late.py"), limit)
            assert (done.returncode, done.stdout) == (0, "too late\n")
            if ollama_server.requests:
                break
        assert ollama_server.wait_for_disconnect()


@pytest.fixture
def task(ollama_server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The task in this process."""
    monkeypatch.setenv("OLLAMA_HOST", ollama_server.url)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield importlib.import_module("celery_tasks").summarize
    del sys.modules["celery_tasks"]


def test_a_busy_server_is_asked_again_by_celery(ollama_server: OllamaServer, task: Any) -> None:
    busy = Json({"error": "server busy, please try again. maximum pending requests exceeded"})
    ollama_server.queue(*ROUTE, busy, status=503)
    ollama_server.queue(*ROUTE, answer("/api/generate", ["A whale wins."], stream=False))
    done = task.apply(["Call me Ishmael."])
    assert (done.status, done.get()) == ("SUCCESS", "A whale wins.")
    assert len(ollama_server.requests) == 2


def test_a_missing_model_is_a_failure_at_once(ollama_server: OllamaServer, task: Any) -> None:
    ollama_server.reply(*ROUTE, Json({"error": "model 'llama3.2' not found"}), status=404)
    done = task.apply(["Call me Ishmael."])
    assert done.status == "FAILURE"
    assert "model 'llama3.2' not found" in str(done.result)
    assert len(ollama_server.requests) == 1
