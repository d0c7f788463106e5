"""Progress of pull, push, create and create_blob: figures beside a stream, a function that is told, and a bar."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api, background, outcome

from ollama_sdk.overlay import (
    AbortError,
    AsyncOllama,
    ConnectError,
    IncompleteStreamError,
    Progress,
    ProgressResponse,
    RequestError,
    ResponseError,
)
from ollama_sdk.overlay.testing import Cut, Gate, Json, Line, Never, OllamaServer, Start, Wait, answer

tqdm = pytest.importorskip("tqdm", reason="a bar needs tqdm, which is an extra").tqdm

LAYER = "sha256:" + 64 * "a"
MEBIBYTE = 1024 * 1024
LINES = [
    Line({"status": "pulling manifest"}),
    Line({"status": "pulling aaaa", "digest": LAYER, "total": 1000, "completed": 250}),
    Line({"status": "pulling aaaa", "digest": LAYER, "total": 1000, "completed": 750}),
    Line({"status": "success"}),
]
each_job = pytest.mark.parametrize("job", ["pull", "push", "create"])
each_way = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def start(api: Api, job: str, **arguments: object) -> Any:
    if job == "create":
        arguments["from_"] = "base"
    return getattr(api, job)("m", **arguments)


def run(api: Api, job: str, *, stream: bool, **arguments: object) -> Any:
    """Do a job to its end, streamed or not."""
    result = start(api, job, stream=stream, **arguments)
    return result.final() if stream else result


def open_bars() -> list[tqdm]:
    return list(getattr(tqdm, "_instances", ()))


@pytest.fixture(autouse=True)
def _no_bar_is_left_open() -> Any:
    yield
    assert open_bars() == []


@pytest.fixture
def jobs(server: OllamaServer) -> OllamaServer:
    """A server on which every job goes well, that has no blobs."""
    for job in ("pull", "push", "create"):
        server.reply("POST", f"/api/{job}", *LINES)
    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", status=201)
    return server


# Figures


@each_job
def test_a_stream_tells_its_progress_line_by_line(api: Api, jobs: OllamaServer, job: str):
    pieces = start(api, job, stream=True)
    progress = pieces.stream.progress
    assert (progress.completed, progress.status) == (0, "")
    seen = [(line.status, progress.completed, progress.total, progress.is_complete) for line in pieces]
    assert seen == [
        ("pulling manifest", 0, 0, False),
        ("pulling aaaa", 250, 1000, False),
        ("pulling aaaa", 750, 1000, False),
        ("success", 1000, 1000, True),
    ]
    assert progress.layers[LAYER].is_complete
    assert progress.eta == 0


def test_a_chat_has_no_progress(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    with pytest.raises(AttributeError, match="progress"):
        _ = api.chat_stream().stream.progress


@each_job
@each_way
def test_a_function_is_told_the_progress(api: Api, jobs: OllamaServer, job: str, stream: bool):
    seen: list[tuple[str, float]] = []
    last = run(api, job, stream=stream, progress=lambda progress: seen.append((progress.status, progress.fraction)))
    assert last == ProgressResponse(status="success")
    assert seen == [("pulling manifest", 0), ("pulling aaaa", 0.25), ("pulling aaaa", 0.75), ("success", 1)]
    assert jobs.requests[-1].json["stream"] is True
    assert "progress" not in jobs.requests[-1].json


@each_job
def test_a_whole_job_that_nobody_follows_is_not_streamed(api: Api, server: OllamaServer, job: str):
    server.reply("POST", f"/api/{job}", Json({"status": "success"}))
    for progress in (None, False):
        assert start(api, job, progress=progress).status == "success"
        assert server.requests[-1].json["stream"] is False


@each_job
def test_final_and_partial_are_the_last_line(api: Api, jobs: OllamaServer, job: str):
    pieces = start(api, job, stream=True)
    pieces.next()
    pieces.next()
    assert pieces.stream.partial == ProgressResponse(status="pulling aaaa", digest=LAYER, total=1000, completed=250)
    final = pieces.final()
    assert final == pieces.stream.partial == ProgressResponse(status="success")
    assert final.to_dict() == {"status": "success"}
    assert final.to_json() == '{"status": "success"}'


def test_an_error_has_the_last_line_before_it(api: Api, server: OllamaServer):
    server.reply("POST", "/api/pull", *LINES[:2], Line({"error": "disk full"}))
    with pytest.raises(ResponseError, match="disk full") as caught:
        api.pull("m", progress=lambda progress: None)
    assert caught.value.partial == ProgressResponse(status="pulling aaaa", digest=LAYER, total=1000, completed=250)


# Uploads


class Seen:
    """What a function was told: the bytes by layer, in order."""

    def __init__(self) -> None:
        self.completed: dict[str, list[int]] = {}
        self.statuses: list[str] = []
        self.progress: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        self.progress = progress
        if progress.status not in self.statuses:
            self.statuses.append(progress.status)
        for name, layer in progress.layers.items():
            counts = self.completed.setdefault(name, [])
            if not counts or counts[-1] != layer.completed:
                counts.append(layer.completed)


def test_a_blob_tells_the_bytes_that_were_sent(api: Api, jobs: OllamaServer, tmp_path: Path):
    path = tmp_path / "model.gguf"
    path.write_bytes(bytes(2 * MEBIBYTE + 5))
    seen = Seen()
    digest = api.create_blob(path, progress=seen)
    assert seen.completed == {digest: [0, MEBIBYTE, 2 * MEBIBYTE, 2 * MEBIBYTE + 5]}
    assert seen.statuses == ["hashing model.gguf", "uploading model.gguf"]
    assert seen.progress is not None
    assert seen.progress.is_complete


@each_way
def test_create_tells_the_bytes_of_each_file_and_then_the_lines(
    api: Api, jobs: OllamaServer, tmp_path: Path, stream: bool
):
    for name, size in (("a.gguf", MEBIBYTE), ("b.gguf", MEBIBYTE + 1), ("here.gguf", 7)):
        (tmp_path / name).write_bytes(bytes(size))
    here = api.create_blob(tmp_path / "here.gguf")
    jobs.reply("HEAD", f"/api/blobs/{here}", status=200)
    seen = Seen()
    result = api.create(
        "new", files={path.name: path for path in sorted(tmp_path.iterdir())}, stream=stream, progress=seen
    )
    assert (result.final() if stream else result).status == "success"
    uploads = dict(seen.completed)
    assert uploads.pop(LAYER) == [250, 750, 1000]
    assert uploads.pop(here) == [7]
    assert sorted(uploads.values()) == [[0, MEBIBYTE], [0, MEBIBYTE, MEBIBYTE + 1]]
    assert seen.progress is not None
    assert seen.progress.completed == seen.progress.total == 2 * MEBIBYTE + 1 + 7 + 1000


def test_one_thread_at_a_time_tells_the_function(api: Api, jobs: OllamaServer):
    inside = threading.Lock()

    def told(progress: Progress) -> None:
        assert inside.acquire(blocking=False)
        inside.release()

    api.create("new", files={str(n): bytes([n]) * MEBIBYTE for n in range(8)}, progress=told)


# A function that fails


class OwnError(Exception):
    pass


def failing_at(status: str) -> Callable[[Progress], None]:
    def told(progress: Progress) -> None:
        if progress.status == status:
            raise OwnError

    return told


@each_job
@each_way
def test_what_the_function_raises_ends_the_job_and_is_raised(api: Api, server: OllamaServer, job: str, stream: bool):
    server.reply("POST", f"/api/{job}", *LINES[:2], Never())
    with pytest.raises(OwnError):
        run(api, job, stream=stream, progress=failing_at("pulling aaaa"))
    assert server.wait_for_disconnect()


def test_a_stream_whose_function_failed_is_over(api: Api, server: OllamaServer):
    server.reply("POST", "/api/pull", *LINES[:2], Never())
    pieces = api.pull("m", stream=True, progress=failing_at("pulling aaaa"))
    pieces.next()
    with pytest.raises(OwnError):
        pieces.next()
    with pytest.raises(IncompleteStreamError):
        pieces.next()


@pytest.mark.parametrize("status", ["hashing bytes", "uploading bytes"])
@pytest.mark.parametrize("count", [1, 3])
def test_what_the_function_raises_ends_uploads_and_is_raised(api: Api, jobs: OllamaServer, status: str, count: int):
    files = {str(n): bytes([n]) * 2 * MEBIBYTE for n in range(count)}
    with pytest.raises(OwnError):
        api.create("new", files=files, progress=failing_at(status))
    with pytest.raises(OwnError):
        api.create_blob(files["0"], progress=failing_at(status))
    assert [received.path for received in jobs.requests if received.path == "/api/create"] == []


# The bar


@each_job
@each_way
def test_a_bar_is_drawn_and_ended(
    api: Api, jobs: OllamaServer, job: str, stream: bool, capsys: pytest.CaptureFixture[str]
):
    assert run(api, job, stream=stream, progress=True).status == "success"
    drawn = capsys.readouterr().err
    assert f"{job} m: pulling aaaa" in drawn
    assert "1.00k/1.00k" in drawn
    assert drawn.endswith("\n")


def test_a_bar_of_uploads_is_drawn_and_ended(api: Api, jobs: OllamaServer, capsys: pytest.CaptureFixture[str]):
    api.create_blob(bytes(MEBIBYTE), progress=True)
    drawn = capsys.readouterr().err
    assert "upload bytes: uploading bytes: 100%" in drawn
    assert drawn.endswith("\n")
    api.create("new", files={"a.gguf": b"GGUF"}, progress=True)
    drawn = capsys.readouterr().err
    assert "create new: uploading bytes" in drawn
    assert "create new: success: 100%" in drawn
    assert drawn.count("\n") == 1


@each_way
@pytest.mark.parametrize("end", [Line({"error": "disk full"}), Cut()], ids=["error", "cut"])
def test_a_failure_ends_the_bar(
    api: Api, server: OllamaServer, stream: bool, end: Any, capsys: pytest.CaptureFixture[str]
):
    server.reply("POST", "/api/pull", *LINES[:2], end)
    with pytest.raises((ResponseError, IncompleteStreamError)):
        run(api, "pull", stream=stream, progress=True)
    assert open_bars() == []
    assert capsys.readouterr().err.endswith("\n")


@each_way
def test_an_abort_ends_the_bar(api: Api, server: OllamaServer, stream: bool, capsys: pytest.CaptureFixture[str]):
    gate = Gate()
    server.reply("POST", "/api/pull", *LINES[:2], Wait(gate), Never())
    call = background(lambda: outcome(lambda: run(api, "pull", stream=stream, progress=True)))
    assert gate.wait_until_reached()
    api.abort()
    assert isinstance(call.result(60), AbortError)
    assert open_bars() == []


def test_an_aborted_upload_ends_the_bar(api: Api, jobs: OllamaServer):
    jobs.reply("POST", "/api/blobs/*", Never())
    call = background(lambda: outcome(lambda: api.create("new", files={"a": b"a", "b": b"b"}, progress=True)))
    assert jobs.wait_for_requests(4)
    api.abort()
    assert isinstance(call.result(60), AbortError)
    assert open_bars() == []


def test_a_create_that_fails_after_its_uploads_ends_the_bar(api: Api, jobs: OllamaServer):
    jobs.reply("POST", "/api/create", Json({"error": "no"}), status=500)
    with pytest.raises(ResponseError, match="no"):
        api.create("new", files={"a": b"a"}, progress=True)
    assert open_bars() == []
    jobs.reply("POST", "/api/create", Start(), Cut())
    with pytest.raises(IncompleteStreamError):
        api.create("new", files={"a": b"a"}, progress=True)
    assert open_bars() == []


@pytest.mark.parametrize("how", ["closed", "dropped"])
def test_a_stream_that_is_left_ends_the_bar(api: Api, server: OllamaServer, how: str):
    server.reply("POST", "/api/pull", *LINES[:2], Never())
    pieces = api.pull("m", stream=True, progress=True)
    pieces.next()
    assert len(open_bars()) == 1
    if how == "closed":
        pieces.close()
    del pieces
    gc.collect()
    assert server.wait_for_disconnect()
    assert open_bars() == []


def test_a_cancelled_pull_ends_the_bar(server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/pull", *LINES[:2], Wait(gate), Never())

    async def main() -> None:
        async with AsyncOllama(server.url) as client:
            task = asyncio.create_task(client.pull("m", progress=True))
            assert await asyncio.to_thread(gate.wait_until_reached)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert open_bars() == []

    asyncio.run(main())


def test_no_bar_is_drawn_for_a_call_that_gets_nowhere(
    make_api: Callable[..., Api], unused_port: int, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(ConnectError):
        make_api(f"127.0.0.1:{unused_port}", max_retries=0).pull("m", progress=True)
    assert capsys.readouterr().err == ""


# Before anything is sent

CALLS: list[Callable[..., object]] = [
    lambda api, **arguments: api.pull("m", **arguments),
    lambda api, **arguments: api.pull("m", stream=True, **arguments),
    lambda api, **arguments: api.push("m", **arguments),
    lambda api, **arguments: api.create("m", files={"a": b"a"}, **arguments),
    lambda api, **arguments: api.create_blob(b"a", **arguments),
]


@pytest.mark.parametrize("call", CALLS)
def test_without_tqdm_a_bar_is_an_import_error_that_names_the_extra(
    api: Api, server: OllamaServer, monkeypatch: pytest.MonkeyPatch, call: Callable[..., object]
):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match=r"pip install 'ollama-sdk\[progress\]'"):
        call(api, progress=True)
    assert server.requests == []


@pytest.mark.parametrize("call", CALLS)
def test_anything_but_true_or_a_function_is_told(api: Api, server: OllamaServer, call: Callable[..., object]):
    with pytest.raises(RequestError, match="progress must be True, or a function"):
        call(api, progress="bar")
    assert server.requests == []


@pytest.mark.parametrize("call", CALLS)
def test_an_async_function_which_nobody_would_await_is_told(
    api: Api, server: OllamaServer, call: Callable[..., object]
):
    async def show(progress: Progress) -> None: ...

    with pytest.raises(RequestError, match="progress must be a plain function"):
        call(api, progress=show)
    assert server.requests == []


@pytest.mark.parametrize("name", ["chat", "generate", "show", "delete"])
def test_calls_without_progress_do_not_take_the_argument(api: Api, server: OllamaServer, name: str):
    with pytest.raises(RequestError, match="progress"):
        getattr(api, name)("m", progress=True)
    assert server.requests == []
