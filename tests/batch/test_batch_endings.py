"""How a run ends before its time: abort, cancellation, break, deadline, Ctrl-C; what is finished is kept."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from batch.conftest import MakeServer
from batch.server import ECHO, asked, echo, rows_of
from overlay.scripts import needs_own_transport
from overlay.signals import interrupted

from ollama_sdk.overlay import AbortError, AsyncOllama, OllamaError, OllamaTimeoutError, batch
from ollama_sdk.overlay.testing import Never, OllamaServer, Received, Reply

QUICK = 10  # rows that are answered; the next ones are not


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


@pytest.fixture
def stuck(server: OllamaServer) -> OllamaServer:
    """A server that answers the first rows, and no others."""

    def some(received: Received) -> Reply:
        return echo(received) if int(asked(received)) < QUICK else Reply(Never())

    server.reply("POST", "/api/generate", some)
    return server


def kept(path: Path) -> set[str]:
    return {json.loads(line)["value"] for line in path.read_text().splitlines()}


def rows(server: OllamaServer, path: Path | None = None, **arguments: Any) -> batch.Run[str, Any]:
    return batch.run(map(str, range(1000)), ECHO, hosts=server.url, checkpoint=path, **arguments)


async def take(run: batch.Run[str, Any], count: int = QUICK) -> list[str]:
    """The values of the first results."""
    values: list[str] = []
    async for result in run:
        values.append(result.value)
        if len(values) == count:
            break
    return values


async def all_but(task: asyncio.Task[Any], count: int = 0) -> None:
    """Wait until no other task is left."""
    while len(asyncio.all_tasks()) > 1 + count:
        await asyncio.sleep(0)


# Abort


@pytest.mark.parametrize("caller", ["task", "thread"])
def test_abort_ends_a_run_that_waits_and_keeps_what_is_finished(stuck: OllamaServer, path: Path, caller: str):
    async def main() -> list[str]:
        run, values = rows(stuck, path), []
        with pytest.raises(AbortError):  # noqa: PT012  # the loop is what raises
            async for result in run:
                values.append(result.value)
                if len(values) == QUICK:
                    abort = run.abort
                    asyncio.get_running_loop().call_soon(abort) if caller == "task" else threading.Thread(
                        target=abort
                    ).start()
        return values

    values = asyncio.run(main())

    assert sorted(map(int, values)) == list(range(QUICK))
    assert kept(path) == set(values)
    assert stuck.wait_for_connections(0)


def test_abort_gives_what_had_ended_before(server: OllamaServer, path: Path):
    async def main() -> list[str]:
        run, values = rows(server, path), []
        with pytest.raises(AbortError):  # noqa: PT012  # the loop is what raises
            async for result in run:
                values.append(result.value)
                run.abort()
        return values

    given = set(asyncio.run(main()))
    assert kept(path) == given


@pytest.mark.parametrize("times", [1, 3])
def test_abort_before_the_run_has_begun_ends_it_at_once(server: OllamaServer, times: int):
    async def main() -> None:
        run = rows(server)
        for _ in range(times):
            run.abort()
        async for _ in run:
            pytest.fail("a result was given")

    with pytest.raises(AbortError):
        asyncio.run(main())
    assert rows_of(server) == []


def test_abort_ends_a_run_that_asks_its_hosts(make_server: MakeServer):
    server = make_server()
    server.reply("POST", "/api/show", Reply(Never()))

    async def main() -> None:
        run = rows(server)
        asyncio.get_running_loop().call_later(0.05, run.abort)
        async for _ in run:
            pytest.fail("a result was given")

    with pytest.raises(AbortError):
        asyncio.run(main())


def test_abort_after_the_end_does_nothing(server: OllamaServer):
    run = batch.run(["1"], ECHO, hosts=server.url)

    assert asyncio.run(take(run)) == ["1"]
    run.abort()


def test_abort_leaves_other_calls_of_the_client_alone(stuck: OllamaServer):
    async def main() -> str | None:
        async with AsyncOllama(stuck.url) as client:
            run = batch.run(["99"], ECHO, hosts=client)
            running = asyncio.create_task(take(run))
            await asyncio.to_thread(stuck.wait_for_requests, 2)
            run.abort()
            with pytest.raises(AbortError):
                await running
            return (await client.generate("m", "1")).response

    assert asyncio.run(main()) == "1"


def test_the_abort_of_a_client_fails_its_rows_and_not_the_run(stuck: OllamaServer):
    async def main() -> list[Any]:
        async with AsyncOllama(stuck.url) as client:
            results = []
            async for result in batch.run(["1", "99"], ECHO, hosts=client):
                results.append(result)
                await asyncio.to_thread(stuck.wait_for_requests, 3)
                client.abort()
            return results

    answered, ended = asyncio.run(main())
    assert answered.value == "1"
    assert (ended.item, type(ended.error)) == ("99", AbortError)


# Leaving


def test_break_ends_the_run(stuck: OllamaServer, path: Path):
    async def main() -> list[str]:
        values = await take(rows(stuck, path))
        await all_but(asyncio.current_task())
        return values

    given = set(asyncio.run(main()))
    assert kept(path) == given
    assert stuck.wait_for_connections(0)


def test_an_error_of_the_caller_ends_the_run(stuck: OllamaServer, path: Path):
    async def main() -> None:
        async for _ in rows(stuck, path):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())
    assert stuck.wait_for_connections(0)
    assert len(list(batch.map(["1"], ECHO, hosts=stuck.url, checkpoint=path))) == 1  # it is not locked


def test_a_with_block_ends_the_run_where_it_ends(stuck: OllamaServer, path: Path):
    async def main() -> None:
        async with rows(stuck, path) as run:
            results = aiter(run)
            await anext(results)
        assert len(asyncio.all_tasks()) == 1
        with pytest.raises(AbortError):
            await collect_rest(results)

    asyncio.run(main())
    assert stuck.wait_for_connections(0)


async def collect_rest(results: AsyncIterator[Any]) -> None:
    async for _ in results:
        pass


def test_a_with_block_ends_a_run_that_another_task_waits_for(stuck: OllamaServer):
    async def main() -> None:
        async with rows(stuck) as run:
            waiting = asyncio.create_task(take(run, QUICK + 1))
            await asyncio.to_thread(stuck.wait_for_requests, 1 + QUICK + 1)
        with pytest.raises(AbortError):
            await waiting

    asyncio.run(main())


def test_closing_the_iterator_ends_the_run(stuck: OllamaServer):
    async def main() -> None:
        results: Any = aiter(rows(stuck))
        await anext(results)
        await results.aclose()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    assert stuck.wait_for_connections(0)


@pytest.mark.parametrize("where", ["waiting", "in the loop"])
def test_cancelling_the_task_ends_the_run_and_keeps_what_is_finished(stuck: OllamaServer, path: Path, where: str):
    values: list[str] = []

    async def consume() -> None:
        async for result in rows(stuck, path):
            values.append(result.value)
            if where == "in the loop" and len(values) == QUICK:
                await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(consume())
        while len(values) < QUICK:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await all_but(task)

    asyncio.run(main())
    assert kept(path) == set(values)
    assert stuck.wait_for_connections(0)


def test_a_run_that_is_never_iterated_leaves_nothing(server: OllamaServer, path: Path):
    async def main() -> None:
        async with rows(server, path):
            pass
        rows(server, path)

    asyncio.run(main())
    assert not path.exists()
    assert server.requests == []


def test_an_item_that_never_comes_does_not_hold_up_the_end(server: OllamaServer):
    ended = []

    async def items() -> AsyncIterator[str]:
        try:
            yield "1"
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def main() -> None:
        run = batch.run(items(), ECHO, hosts=server.url)
        async for _ in run:
            run.abort()

    with pytest.raises(AbortError):
        asyncio.run(main())
    assert ended


# Limits


def test_a_deadline_ends_the_run_and_keeps_what_is_finished(stuck: OllamaServer, path: Path):
    async def main() -> list[str]:
        run, values = rows(stuck, path, deadline=0.5), []
        with pytest.raises(OllamaTimeoutError, match=r"0\.5") as raised:  # noqa: PT012  # the loop is what raises
            async for result in run:
                values.append(result.value)
        assert (raised.value.phase, raised.value.limit) == ("deadline", 0.5)
        return values

    given = set(asyncio.run(main()))
    assert kept(path) == given


# The blocking door


def test_leaving_a_blocking_loop_ends_the_run(stuck: OllamaServer, path: Path):
    values = []
    for result in batch.map(map(str, range(1000)), ECHO, hosts=stuck.url, checkpoint=path):
        values.append(result.value)
        if len(values) == QUICK:
            break

    assert kept(path) == set(values)
    assert stuck.wait_for_connections(0)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ollama-batch")]


def test_abort_from_another_thread_ends_a_blocking_run(stuck: OllamaServer, path: Path):
    run = batch.map(map(str, range(1000)), ECHO, hosts=stuck.url, checkpoint=path)
    values = []
    with pytest.raises(AbortError):  # noqa: PT012  # the loop is what raises
        for result in run:
            values.append(result.value)
            if len(values) == QUICK:
                threading.Thread(target=run.abort).start()

    assert kept(path) == set(values)


def test_a_blocking_run_works_where_an_event_loop_runs(server: OllamaServer):
    async def main() -> list[str]:
        return [result.value for result in batch.map(["1", "2"], ECHO, hosts=server.url, ordered=True)]

    assert asyncio.run(main()) == ["1", "2"]


@pytest.mark.parametrize("thread", ["ollama-batch", "ollama-batch-checkpoint_0"])
def test_a_thread_that_cannot_be_started_is_told_before_the_first_request(
    server: OllamaServer, path: Path, monkeypatch: pytest.MonkeyPatch, thread: str
):
    start_thread = threading.Thread.start

    def start(started: threading.Thread) -> None:
        if started.name == thread:
            raise RuntimeError("can't start new thread")
        start_thread(started)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(OllamaError, match=r"start.*: can.t start new thread"):
            list(batch.map(["a"], ECHO, hosts=server.url, checkpoint=path))
    assert rows_of(server) == []

    (result,) = batch.map(["a"], ECHO, hosts=server.url, checkpoint=path)
    assert result.value == "a"


def test_items_of_a_blocking_run_are_read_in_the_thread_of_the_caller(server: OllamaServer):
    threads = set()

    def items() -> Iterator[str]:
        for number in range(20):
            threads.add(threading.current_thread())
            yield str(number)

    assert len(list(batch.map(items(), ECHO, hosts=server.url))) == 20
    assert threads == {threading.current_thread()}


def test_a_thread_without_an_event_loop_is_an_error_and_not_a_wait(
    server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    def fail(main: Any) -> None:
        main.close()
        raise OSError("too many open files")

    monkeypatch.setattr(asyncio, "run", fail)

    with pytest.raises(OSError, match="too many"):
        list(batch.map(["1"], ECHO, hosts=server.url))


UNFINISHED = """
import sys
from ollama_sdk.overlay import batch
rows = iter(batch.map(map(str, range(1000)), {"model": "m", "prompt": "{item}"}, hosts=sys.argv[1]))
print(next(rows).ok)
"""


def test_a_program_can_end_in_the_middle_of_a_blocking_run(stuck: OllamaServer):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", UNFINISHED, stuck.url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


# Ctrl-C


@needs_own_transport  # httpcore leaves a socket to the collector when a loop ends while it closes one
def test_ctrl_c_at_any_moment_of_a_blocking_run_leaves_no_thread_and_no_lock(server: OllamaServer, path: Path):
    places: set[str] = set()
    for line in range(1000):
        with suppress(KeyboardInterrupt), interrupted(("batch/_blocking.py",), line) as came:
            for _ in batch.map(["1", "2"], ECHO, hosts=server.url, checkpoint=path):
                pass
        assert [each.name for each in threading.enumerate() if each.name.startswith("ollama-batch")] == []
        if not came:
            break
        places.update(came)

    assert len(places) > 30
    assert len(list(batch.map(["1", "2"], ECHO, hosts=server.url, checkpoint=path))) == 2


INTERRUPTED = """
import asyncio, gc, sys
from ollama_sdk.overlay import batch

gc.disable()  # Python drops an interrupt that comes while the collector calls a finalizer

door, url, path, count = sys.argv[1:]
values = []
arguments = {"hosts": url, "checkpoint": path}
items, work = map(str, range(1000)), {"model": "m", "prompt": "{item}"}

def seen(result):
    values.append(result.value)
    if len(values) == int(count):
        print("ready", flush=True)

async def main():
    async for result in batch.run(items, work, **arguments):
        seen(result)
        if door == "body" and len(values) == int(count):
            await asyncio.Event().wait()

try:
    if door == "map":
        for result in batch.map(items, work, **arguments):
            seen(result)
    else:
        asyncio.run(main())
except KeyboardInterrupt:
    print(*values, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process on Windows")
@pytest.mark.parametrize("door", ["run", "body", "map"])
def test_ctrl_c_ends_a_run_with_everything_finished_on_the_disk(stuck: OllamaServer, path: Path, door: str):
    command = [sys.executable, "-W", "error", "-c", INTERRUPTED, door, stuck.url, str(path), str(QUICK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGINT)
        values, errors = program.communicate(timeout=60)

    assert errors == ""
    assert program.returncode == 0
    assert set(values.split()) == kept(path)
    assert len(values.split()) == QUICK
    assert stuck.wait_for_connections(0)
