"""The batch: its rows go to two servers, and a run that was ended goes on."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples.programs import run, running

from ollama_sdk.overlay.testing import Gate, Json, OllamaServer, Received, Reply, Wait

ANSWER = Json({"response": '{"city": "Oslo", "is_on_the_sea": true}', "done": True})
ROWS = ("POST", "/api/generate")


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[OllamaServer, OllamaServer]]:
    """Two servers that have the model; the checkpoint goes into a folder of the test."""
    monkeypatch.chdir(tmp_path)
    with OllamaServer() as one, OllamaServer() as other:
        for server in (one, other):
            server.reply("POST", "/api/show", Json({"capabilities": ["completion"]}))
            server.reply(*ROWS, ANSWER)
        yield one, other


def asked(*servers: OllamaServer) -> list[str]:
    """The prompts of the rows that were sent."""
    return [sent.json["prompt"] for server in servers for sent in server.requests if sent.path == "/api/generate"]


def test_both_servers_are_asked_and_the_second_run_asks_nothing(servers: tuple[OllamaServer, OllamaServer]) -> None:
    first = run("batch.py", *(server.url for server in servers))
    assert (first.returncode, first.stderr) == (0, "")
    assert len(first.stdout.splitlines()) == 10
    assert len(set(asked(*servers))) == len(asked(*servers)) == 10
    assert all(asked(server) for server in servers)

    second = run("batch.py", *(server.url for server in servers))
    assert (second.returncode, second.stderr) == (0, "")
    assert sorted(second.stdout.splitlines())[0] == "Ecuador: Oslo (from the checkpoint)"
    assert len(asked(*servers)) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_after_ctrl_c_only_what_was_not_finished_is_asked_again(servers: tuple[OllamaServer, OllamaServer]) -> None:
    one, other = servers
    gate = Gate()

    def answer(received: Received) -> Reply:
        is_stuck = "Japan" in received.json["prompt"]
        return Reply(Wait(gate), ANSWER) if is_stuck else Reply(ANSWER)

    for server in servers:
        server.reply(*ROWS, answer)
    with running("batch.py", one.url, other.url) as first:
        first.wait_for("\n", count=9)
        first.interrupt()
        assert first.end() == (1, "batch: what is finished is in capitals.jsonl\n")
    gate.open()

    second = run("batch.py", one.url, other.url)
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout.count("from the checkpoint") == 9
    times = Counter(asked(*servers))
    assert times.pop("The capital of Japan, as JSON.") == 2
    assert set(times.values()) == {1}


def test_a_row_that_fails_is_told(servers: tuple[OllamaServer, OllamaServer]) -> None:
    for server in servers:
        server.reply(*ROWS, Json({"error": "invalid options"}), status=400)
    done = run("batch.py", servers[0].url)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.count("invalid options") == 10
