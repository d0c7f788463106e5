"""The checkpoint: what it keeps, what a later run takes from it, and what it refuses."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batch.conftest import Collect
from batch.server import ECHO, asked, echo, refusal, rows_of
from typing_extensions import TypedDict  # typing's own is too plain for pydantic before Python 3.12

from ollama_sdk.overlay import AsyncOllama, Message, NotFoundError, RequestError, ResponseError, batch
from ollama_sdk.overlay.batch import CheckpointError, RowError, WorkError
from ollama_sdk.overlay.batch._checkpoint import Checkpoint
from ollama_sdk.overlay.testing import OllamaServer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rows.jsonl"


@dataclass
class City:
    name: str


class Town(TypedDict):
    name: str


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_finished_row_is_a_line_with_its_id_its_value_and_how_it_went(
    collect: Collect, server: OllamaServer, path: Path
):
    collect(
        [{"id": "x", "text": "Grüße 🌍"}],
        {"model": "m", "prompt": "{text}"},
        id="id",
        hosts=server.url,
        checkpoint=path,
    )

    (line,) = lines(path)
    assert line.pop("seconds") > 0
    assert len(line.pop("request")) == 24
    assert line.pop("job").startswith("generate m ")
    assert line == {
        "id": "x",
        "index": 0,
        "value": "Grüße 🌍",
        "host": server.url,
        "attempts": 1,
        "prompt_tokens": 7,
        "tokens": 1,
    }


def test_a_later_run_takes_finished_rows_from_it_and_does_the_others(
    collect: Collect, server: OllamaServer, path: Path
):
    first = collect(["a", "b", "c"], ECHO, hosts=server.url, checkpoint=path)
    server.requests.clear()
    again = collect(["c", "d", "a", "b"], ECHO, hosts=server.url, checkpoint=path)

    assert rows_of(server) == ["d"]
    assert sorted((result.index, result.value, result.restored) for result in again) == [
        (0, "c", True),
        (1, "d", False),
        (2, "a", True),
        (3, "b", True),
    ]
    told = {result.item: (result.id, result.host, result.attempts, result.seconds, result.tokens) for result in first}
    for result in again:
        if result.restored:
            assert told[result.item] == (result.id, result.host, result.attempts, result.seconds, result.tokens)


def test_a_job_that_is_done_needs_no_host(collect: Collect, server: OllamaServer, path: Path):
    collect(["a"], ECHO, hosts=server.url, checkpoint=path)

    (result,) = collect(["a"], ECHO, hosts="127.0.0.1:9", checkpoint=path)

    assert result.value == "a"


def test_results_are_in_order_whether_finished_before_or_not(collect: Collect, server: OllamaServer, path: Path):
    collect(["1", "3", "5"], ECHO, hosts=server.url, checkpoint=path)

    results = collect(map(str, range(8)), ECHO, hosts=server.url, checkpoint=path, ordered=True)

    assert [result.value for result in results] == [str(number) for number in range(8)]


def test_the_same_request_twice_is_two_rows(collect: Collect, server: OllamaServer, path: Path):
    for _ in range(2):
        results = collect(["a", "a", "a"], ECHO, hosts=server.url, checkpoint=path)
        assert len({result.id for result in results}) == 3
    assert rows_of(server) == ["a"] * 3


@pytest.mark.parametrize(
    ("work", "item", "value"),
    [
        ({**ECHO, "format": City}, '{"name": "Oslo"}', City("Oslo")),
        ({**ECHO, "format": list[int]}, "[1, 2]", [1, 2]),
        ({**ECHO, "format": Town}, '{"name": "Oslo"}', {"name": "Oslo"}),
        ({**ECHO, "format": "json"}, '{"a": null}', {"a": None}),
        ({"model": "m", "input": "{item}"}, "four", [4.0, 0.5]),
        ({"model": "m", "messages": [{"role": "user", "content": "{item}"}]}, "Hi", "Hi"),
    ],
)
def test_a_value_comes_back_as_it_was(
    collect: Collect, server: OllamaServer, path: Path, work: Any, item: str, value: Any
):
    (first,) = collect([item], work, hosts=server.url, checkpoint=path)
    (again,) = collect([item], work, hosts=server.url, checkpoint=path)

    assert first.value == again.value == value
    assert again.restored
    assert again.response is None
    assert len(rows_of(server)) == 1


def test_an_object_that_comes_back_is_no_call(
    collect: Collect, server: OllamaServer, path: Path, caplog: pytest.LogCaptureFixture
):
    collect(['{"name": "Oslo"}'], {**ECHO, "format": City}, hosts=server.url, checkpoint=path)
    caplog.set_level("DEBUG")

    (again,) = collect(['{"name": "Oslo"}'], {**ECHO, "format": City}, hosts=server.url, checkpoint=path)

    assert (again.restored, again.value) == (True, City("Oslo"))
    assert [record.message for record in caplog.records if "POST" in record.message] == []


def test_requests_with_what_numpy_makes_are_told_apart(collect: Collect, server: OllamaServer, path: Path):
    numpy = pytest.importorskip("numpy")

    def work(number: int) -> dict[str, Any]:
        image = numpy.full((2, 2), number, "uint8")
        return {"model": "m", "prompt": "?", "images": [image], "options": {"temperature": numpy.float32(0.5)}}

    for _ in range(2):
        results = collect([1, 2], work, hosts=server.url, checkpoint=path)
        assert [result.ok for result in results] == [True, True]
        assert len({result.id for result in results}) == 2
    assert len(rows_of(server)) == 2


def test_what_a_function_returned_comes_back_as_json(collect: Collect, server: OllamaServer, path: Path):
    async def work(client: AsyncOllama, item: Any) -> Any:
        return {"item": (await client.generate("m", item["text"])).response, "pair": (1, 2)}

    collect([{"text": "a"}], work, hosts=server.url, checkpoint=path)
    (again,) = collect([{"text": "a"}], work, hosts=server.url, checkpoint=path)

    assert again.value == {"item": "a", "pair": [1, 2]}
    assert len(rows_of(server)) == 1


def test_what_a_function_returned_may_be_of_a_type_that_json_does_not_have(
    collect: Collect, server: OllamaServer, path: Path
):
    numpy = pytest.importorskip("numpy")
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Model", day=date)(day=date(2026, 1, 2))
    values = [
        (City("Rome"), {"name": "Rome"}),
        ([City("Rome"), Message(role="user", content="a")], [{"name": "Rome"}, {"role": "user", "content": "a"}]),
        (model, {"day": "2026-01-02"}),
        ({"mean": numpy.float32(0.5), "all": numpy.array([1, 2])}, {"mean": 0.5, "all": [1, 2]}),
        (
            {"day": date(2026, 1, 2), "price": Decimal("1.5"), "file": Path("a")},
            {"day": "2026-01-02", "price": "1.5", "file": "a"},
        ),
        ({7}, [7]),
    ]

    async def work(client: AsyncOllama, item: int) -> object:
        return values[item][0]

    first = collect(range(len(values)), work, hosts=server.url, checkpoint=path, ordered=True)
    again = collect(range(len(values)), work, hosts=server.url, checkpoint=path, ordered=True)

    assert [row.value for row in first[:4:2]] == [City("Rome"), model]
    assert [row.value for row in again] == [kept for _, kept in values]


def test_half_a_surrogate_pair_is_kept(collect: Collect, server: OllamaServer, path: Path):
    async def work(client: AsyncOllama, item: str) -> str:
        return item

    for _ in range(2):
        (result,) = collect(["\ud83c"], work, hosts=server.url, checkpoint=path)
        assert result.value == "\ud83c"
    assert result.restored


def test_limits_and_headers_may_change_from_run_to_run(collect: Collect, server: OllamaServer, path: Path):
    def work(timeout: float) -> Callable[[str], dict[str, Any]]:
        return lambda item: {**ECHO, "prompt": item, "timeout": timeout, "extra_headers": {"x": str(timeout)}}

    collect(["a"], work(5), hosts=server.url, checkpoint=path)
    (again,) = collect(["a"], work(7), hosts=server.url, checkpoint=path)

    assert again.restored


# Rows that failed


def test_a_row_that_cannot_succeed_is_finished(collect: Collect, server: OllamaServer, path: Path):
    server.reply("POST", "/api/generate", refusal(400, "too long"))
    work = {"model": "m", "prompt": "{text}"}
    items = [{"text": "a"}, {"no": 1}]
    first = collect(items, work, hosts=server.url, checkpoint=path)
    again = collect(items, work, hosts=server.url, checkpoint=path)

    for results in (first, again):
        sent, unsent = sorted(results, key=lambda result: result.index)
        assert isinstance(sent.error, ResponseError)
        assert sent.error.status_code == 400
        assert "too long" in str(sent.error)
        assert isinstance(unsent.error, RowError)
        assert "no field 'text'" in str(unsent.error)
    assert all(result.restored for result in again)
    assert len(rows_of(server)) == 1
    assert len(lines(path)) == 2


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_row_that_failed_for_another_reason_is_tried_again_by_the_next_run(
    collect: Collect, server: OllamaServer, path: Path, status: int
):
    server.reply("POST", "/api/generate", refusal(status))
    (failed,) = collect(["a"], ECHO, hosts=server.url, checkpoint=path, max_attempts=1)
    server.reply("POST", "/api/generate", echo)
    (result,) = collect(["a"], ECHO, hosts=server.url, checkpoint=path)

    assert not failed.ok
    assert (result.value, result.restored) == ("a", False)
    assert len(lines(path)) == 1


def test_the_kind_of_an_error_is_kept(collect: Collect, server: OllamaServer, path: Path):
    error = {"type": "NotFoundError", "message": "gone", "status": 404}
    path.write_text(json.dumps({"id": "a", "error": error, "job": "j", "request": None}) + "\n")

    (result,) = collect(["a"], lambda item: {}[item], id=str, job="j", hosts=server.url, checkpoint=path)

    assert isinstance(result.error, NotFoundError)


def test_a_row_that_was_mended_is_done(collect: Collect, server: OllamaServer, path: Path):
    work = {"model": "m", "prompt": "{text}"}
    collect([{"id": 1}], work, id="id", hosts=server.url, checkpoint=path)
    (mended,) = collect([{"id": 1, "text": "a"}], work, id="id", hosts=server.url, checkpoint=path)
    (again,) = collect([{"id": 1, "text": "a"}], work, id="id", hosts=server.url, checkpoint=path)

    assert (mended.value, mended.restored) == ("a", False)
    assert (again.value, again.restored) == ("a", True)


def test_the_second_row_with_an_id_is_not_kept(collect: Collect, server: OllamaServer, path: Path):
    items = [{"id": 1, "text": "a"}, {"id": 1, "text": "b"}]
    for _ in range(2):
        results = collect(items, {"model": "m", "prompt": "{text}"}, id="id", hosts=server.url, checkpoint=path)
        assert [result.value for result in sorted(results, key=lambda result: result.index)] == ["a", None]
    assert [line["value"] for line in lines(path)] == ["a"]


# A file that was cut off, or is none


@pytest.mark.parametrize("cut", [1, 3, 10, 100, -2])
def test_a_torn_last_line_is_dropped_and_its_row_done_again(
    collect: Collect, server: OllamaServer, path: Path, cut: int, caplog: pytest.LogCaptureFixture
):
    collect(["a", "b"], ECHO, hosts=server.url, checkpoint=path, ordered=True, concurrency=1)
    whole = path.read_bytes()
    last = whole.index(b"\n") + 1
    path.write_bytes(whole[: last + cut] if cut > 0 else whole[:cut])
    server.requests.clear()

    results = collect(["a", "b"], ECHO, hosts=server.url, checkpoint=path)

    assert sorted((result.value, result.restored) for result in results) == [("a", True), ("b", False)]
    assert rows_of(server) == ["b"]
    assert "was cut off" in caplog.text
    assert [line["value"] for line in lines(path)] == ["a", "b"]


def test_a_last_line_without_an_end_is_kept_when_it_is_whole(collect: Collect, server: OllamaServer, path: Path):
    collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    collect(["a", "b"], ECHO, hosts=server.url, checkpoint=path)

    assert rows_of(server) == ["a", "b"]
    assert [line["value"] for line in lines(path)] == ["a", "b"]


def test_rows_that_are_there_twice_count_as_the_last_one(collect: Collect, server: OllamaServer, path: Path):
    collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    line = lines(path)[0]
    with path.open("a") as file:
        file.write(json.dumps({**line, "value": "later"}) + "\n")

    (result,) = collect(["a"], ECHO, hosts=server.url, checkpoint=path)

    assert result.value == "later"


@pytest.mark.parametrize(
    "text",
    [
        "not JSON\n",
        '{"a": 1}\n',
        "[1]\n",
        "5\n",
        "\n",
        "no end",
        "\x00\x00\x00",
        '{"id": "a"}',
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused_and_left_as_it_is(
    collect: Collect, server: OllamaServer, path: Path, text: str
):
    path.write_text(text)

    with pytest.raises(CheckpointError, match=r"line 1 of .* is no row of a checkpoint"):
        collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    assert path.read_text() == text
    assert server.requests == []


def test_a_line_that_is_damaged_at_any_byte_is_refused_or_read(server: OllamaServer, path: Path):
    server.reply("POST", "/api/generate", lambda received: refusal(400) if asked(received) == "b" else echo(received))

    async def run() -> list[Any]:
        return [result async for result in batch.run(["a", "b"], ECHO, hosts=server.url, checkpoint=path)]

    asyncio.run(run())
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with suppress(CheckpointError):
            assert len(asyncio.run(run())) == 2


@pytest.mark.parametrize("kept", [0, 5, 30])
def test_zeros_where_the_last_line_was_to_be_are_dropped(collect: Collect, server: OllamaServer, path: Path, kept: int):
    collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:kept] + bytes(1000))

    results = collect(["a", "b"], ECHO, hosts=server.url, checkpoint=path)

    assert sorted((result.value, result.restored) for result in results) == [("a", True), ("b", False)]
    assert [line["value"] for line in lines(path)] == ["a", "b"]


# The checkpoint of another job


def test_the_checkpoint_of_another_request_is_refused(collect: Collect, server: OllamaServer, path: Path):
    collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    server.requests.clear()

    with pytest.raises(
        CheckpointError, match=r"of another job: it has rows of 'generate m \w+', and this is 'generate n"
    ):
        collect(["a"], {**ECHO, "model": "n"}, hosts=server.url, checkpoint=path)
    assert server.requests == []


def test_the_checkpoint_of_another_function_is_refused(collect: Collect, server: OllamaServer, path: Path):
    def one(item: str) -> dict[str, Any]:
        return {"model": "m", "prompt": item}

    def two(item: str) -> dict[str, Any]:
        return {"model": "m", "prompt": item}

    collect(["a"], one, hosts=server.url, checkpoint=path)
    with pytest.raises(CheckpointError, match="of another job"):
        collect(["a"], two, hosts=server.url, checkpoint=path)


def test_a_job_that_has_a_name_may_change_its_function(collect: Collect, server: OllamaServer, path: Path):
    collect(["a"], lambda item: {"model": "m", "prompt": item}, hosts=server.url, checkpoint=path, job="mine")
    (again,) = collect(["a"], ECHO, hosts=server.url, checkpoint=path, job="mine")

    assert again.restored


def test_an_id_with_another_request_is_refused(collect: Collect, server: OllamaServer, path: Path):
    def work(model: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda item: {"model": model, "prompt": "x"}

    collect([{"id": 1}], work("m"), id="id", hosts=server.url, checkpoint=path)

    with pytest.raises(CheckpointError, match="has the id '1', and under that the checkpoint has another request"):
        collect([{"id": 1}], work("n"), id="id", hosts=server.url, checkpoint=path)


def test_an_answer_that_a_changed_type_does_not_take_is_told(collect: Collect, server: OllamaServer, path: Path):
    collect(['{"name": "Oslo"}'], {**ECHO, "format": City}, hosts=server.url, checkpoint=path)
    path.write_text(path.read_text().replace('"name"', '"title"'))

    with pytest.raises(CheckpointError, match="does not fit any more"):
        collect(['{"name": "Oslo"}'], {**ECHO, "format": City}, hosts=server.url, checkpoint=path)


# A file that cannot be used


def test_a_folder_that_is_not_there_is_told_before_the_first_request(
    collect: Collect, server: OllamaServer, path: Path
):
    with pytest.raises(CheckpointError, match="cannot be written"):
        collect(["a"], ECHO, hosts=server.url, checkpoint=path / "rows.jsonl")
    assert server.requests == []


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="this system has no /dev/null")
@pytest.mark.parametrize("given", [5, b"rows.jsonl", "a\0b", ["rows.jsonl"]])
def test_what_is_no_path_is_refused_before_the_run(given: Any):
    with pytest.raises(RequestError, match="checkpoint must be the path of a file"):
        batch.run(["a"], ECHO, checkpoint=given)


def test_a_name_that_is_too_long_is_told(collect: Collect, server: OllamaServer, path: Path):
    with pytest.raises(CheckpointError, match="cannot be written"):
        collect(["a"], ECHO, hosts=server.url, checkpoint=path.with_name("x" * 300))


def test_what_is_no_file_is_refused(collect: Collect, server: OllamaServer):
    with pytest.raises(CheckpointError):
        collect(["a"], ECHO, hosts=server.url, checkpoint="/dev/null")


def test_a_file_that_may_not_be_written_is_told_before_the_first_request(
    collect: Collect, server: OllamaServer, path: Path
):
    path.touch(mode=0o400)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write everything")
    with pytest.raises(CheckpointError, match="Permission denied"):
        collect(["a"], ECHO, hosts=server.url, checkpoint=path)
    assert server.requests == []


def test_a_file_that_is_emptied_during_the_run_is_told(server: OllamaServer, path: Path):
    list(batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path))
    rows = iter(batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path))
    next(rows)
    path.write_text("")

    with pytest.raises(CheckpointError, match="was changed while this run has it open"):
        list(rows)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be deleted on Windows")
@pytest.mark.parametrize("harm", [os.remove, lambda path: os.truncate(path, 0)], ids=["deleted", "emptied"])
def test_a_file_that_is_gone_while_rows_are_written_ends_the_run(server: OllamaServer, path: Path, harm: Any):
    rows = iter(batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path))
    next(rows)
    harm(path)

    with pytest.raises(CheckpointError, match="it was deleted, or made shorter"):
        list(rows)


def test_a_file_that_cannot_be_written_at_the_beginning_is_told(path: Path, server: OllamaServer):
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    list(batch.map(["a"], ECHO, hosts=server.url, checkpoint=path))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    checkpoint = Checkpoint(path, lines(path)[0]["job"])
    checkpoint._file, file = Full(), checkpoint._file

    with pytest.raises(CheckpointError, match="No space left"):
        asyncio.run(checkpoint.load())
    checkpoint.close()
    file.close()


def test_a_full_disk_ends_the_run(collect: Collect, server: OllamaServer, path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    from ollama_sdk.overlay.batch import _checkpoint

    monkeypatch.setattr(_checkpoint, "_sync_folder", lambda folder: None)
    monkeypatch.setattr(_checkpoint.os, "fsync", full)

    with pytest.raises(CheckpointError, match="No space left"):
        collect(map(str, range(100)), ECHO, hosts=server.url, checkpoint=path)
    assert len(rows_of(server)) < 30


def test_a_value_without_a_json_form_ends_the_run(collect: Collect, server: OllamaServer, path: Path):
    async def work(client: AsyncOllama, item: str) -> object:
        return object()

    with pytest.raises(CheckpointError, match="row 0 cannot be kept"):
        collect(["a"], work, hosts=server.url, checkpoint=path)


async def _number(client: AsyncOllama, item: str) -> float:
    return float(item)


@pytest.mark.parametrize(
    ("work", "item"), [({**ECHO, "format": "json"}, "1e999"), ({**ECHO, "format": "json"}, "NaN"), (_number, "nan")]
)
def test_a_value_that_json_does_not_have_fails_its_row_alone_which_a_later_run_tries_again(
    collect: Collect, server: OllamaServer, path: Path, work: Any, item: str
):
    for restored in (False, True):
        results = {each.item: each for each in collect(["5", item, "7"], work, hosts=server.url, checkpoint=path)}
        assert isinstance(results[item].error, WorkError)
        assert "row 1 cannot be kept" in str(results[item].error)
        assert [(results[each].value, results[each].restored) for each in "57"] == [(5, restored), (7, restored)]
    assert sorted(line["value"] for line in lines(path)) == [5, 7]


def test_items_that_cannot_be_told_apart_need_an_id(collect: Collect, server: OllamaServer, path: Path):
    async def work(client: AsyncOllama, item: object) -> str:
        return "yes"

    with pytest.raises(CheckpointError, match="give id="):
        collect([object()], work, hosts=server.url, checkpoint=path)
    (result,) = collect([object()], work, hosts=server.url, checkpoint=path, id=lambda item: "x")
    assert result.ok


# The lock


def test_a_second_run_on_the_checkpoint_is_refused(server: OllamaServer, path: Path):
    with batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path) as rows:
        results = iter(rows)
        next(results)
        with pytest.raises(CheckpointError, match="in use by another run"):
            list(batch.map(["a"], ECHO, hosts=server.url, checkpoint=path))

    assert len(list(batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path))) == 50


HOLDS = """
import sys
from ollama_sdk.overlay import batch
items, work = map(str, range(1000)), {"model": "m", "prompt": "{item}"}
rows = iter(batch.map(items, work, hosts=sys.argv[1], checkpoint=sys.argv[2]))
print(next(rows).ok, flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_and_a_killed_one_leaves_no_lock(
    collect: Collect, server: OllamaServer, path: Path
):
    command = [sys.executable, "-c", HOLDS, server.url, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "True\n"
            with pytest.raises(CheckpointError, match="in use by another run"):
                collect(["a"], ECHO, hosts=server.url, checkpoint=path)
        finally:
            holder.kill()

    finished = {line["id"] for line in lines(path)}
    results = collect(map(str, range(40)), ECHO, hosts=server.url, checkpoint=path)
    assert {result.id for result in results if result.restored} <= finished
    assert finished


def test_a_row_is_in_the_checkpoint_before_it_is_given(collect: Collect, server: OllamaServer, path: Path):
    for number, result in enumerate(batch.map(map(str, range(50)), ECHO, hosts=server.url, checkpoint=path)):
        whole = path.read_bytes().split(b"\n")[:-1]  # the next one may be half written
        kept = {json.loads(line)["id"] for line in whole}
        assert result.id in kept
        assert len(kept) > number
    assert sorted(asked(request) for request in server.requests if request.path == "/api/generate") == sorted(
        map(str, range(50))
    )
