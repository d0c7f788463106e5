"""Files that a call reads: images, Modelfiles, models. Only regular ones, and not in the thread of an event loop."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api, LoopThread, background, outcome
from overlay.scripts import HI, assert_usable

from ollama_sdk.overlay import AbortError, OllamaTimeoutError, RequestError
from ollama_sdk.overlay import _files as files_module
from ollama_sdk.overlay._library import blobs, files, modelfile
from ollama_sdk.overlay._sending import images
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

LIMIT = 60.0
SECRET = b"TOPSECRET"
READERS = (images, modelfile, files, blobs)
"""The modules that open files."""


@pytest.fixture(autouse=True)
def _server(server: OllamaServer) -> None:
    def reply(received: Received) -> Reply:
        return answer("/api/chat", stream=received.json["stream"])

    server.reply("POST", "/api/chat", reply)
    server.reply("POST", "/api/generate", answer("/api/generate", stream=False))
    server.reply("HEAD", "/api/blobs/*", Reply(status=404))
    server.reply("POST", "/api/blobs/*", Reply(status=201))
    server.reply("POST", "/api/create", Json({"status": "success"}))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a model and a Modelfile."""
    folder = tmp_path / "model"
    (folder / "1_Pooling").mkdir(parents=True)
    for name in ("model.safetensors", "config.json", "1_Pooling/config.json"):
        (folder / name).write_bytes(b"{}")
    (folder / "Modelfile").write_text("FROM .")
    return folder


def with_image(path: Path) -> list[dict[str, Any]]:
    return [*HI, {"role": "user", "content": "What is it?", "images": [path]}]


READING: dict[str, Callable[[Api, Path], object]] = {
    "chat": lambda api, path: api.chat("m", with_image(path)),
    "chat, streamed": lambda api, path: api.chat("m", with_image(path), stream=True).final(),
    "chat of an iterator": lambda api, path: api.chat("m", iter(with_image(path))),
    "run_tools": lambda api, path: api.run_tools("m", with_image(path), tools=[len]),
    "run_tools, streamed": lambda api, path: api.run_tools("m", with_image(path), tools=[len], stream=True).final(),
    "generate": lambda api, path: api.generate("m", "What is it?", images=[path]),
    "modelfile": lambda api, path: api.create("m", modelfile=path),
    "create, messages": lambda api, path: api.create("m", from_="b", messages=with_image(path)),
    "create, files": lambda api, path: api.create("m", files=path),
    "create, a mapping": lambda api, path: api.create("m", files={"a.gguf": path}),
    "create_blob": lambda api, path: api.create_blob(path),
}
every_reader = pytest.mark.parametrize("read", READING.values(), ids=READING)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[Path], object]], None]]:
    """Set a function that is called whenever a file is opened, before it is."""
    before: list[Callable[[Path], object]] = []

    def open_regular(path: Path, boundary: Path | None = None) -> Any:
        for function in before:
            function(path)
        return files_module.open_regular(path, boundary)

    for module in READERS:
        monkeypatch.setattr(module, "open_regular", open_regular)
    yield before.append
    before.clear()


@every_reader
def test_an_event_loop_goes_on_while_a_file_is_opened(
    api: Api, kind: str, loop_thread: LoopThread, model: Path, opened: Callable[..., None], read: Any
):
    def wait(path: Path) -> None:
        if kind == "async":
            ticked = threading.Event()
            loop_thread.loop.call_soon_threadsafe(ticked.set)
            assert ticked.wait(LIMIT), "the event loop was blocked"

    opened(wait)
    read(api, model / "Modelfile")


STOPS = [
    pytest.param(lambda api: api.client.abort(), AbortError, id="abort"),
    pytest.param(
        lambda api: [alarm.ring() for alarm in tuple(api.client._sender.calls.alarms._alarms)],
        OllamaTimeoutError,
        id="deadline",
    ),
]


@pytest.mark.parametrize("kind", ["async"])
@every_reader
@pytest.mark.parametrize(("stop", "error"), STOPS)
def test_a_disk_that_hangs_is_left(
    make_api: Callable[..., Api],
    server: OllamaServer,
    model: Path,
    opened: Callable[..., None],
    read: Any,
    stop: Callable[[Api], object],
    error: type[Exception],
):
    api = make_api(max_retries=0).with_options(deadline=LIMIT)
    reached, go_on = threading.Event(), threading.Event()

    def hang(path: Path) -> None:
        reached.set()
        assert go_on.wait(LIMIT)

    opened(hang)
    call = background(lambda: read(api, model / "Modelfile"))
    assert reached.wait(LIMIT)
    stop(api)
    with pytest.raises(error):
        call.result(LIMIT)
    go_on.set()
    assert server.requests == []
    assert_usable(api, server)


@pytest.mark.parametrize(("stop", "error"), STOPS)
def test_hashing_ends_with_the_call(
    api: Api, server: OllamaServer, tmp_path: Path, stop: Callable[[Api], object], error: type[Exception]
):
    path = tmp_path / "big.gguf"
    with path.open("wb") as file:
        file.truncate(1 << 30)

    def on_progress(progress: Any) -> None:
        assert progress.status.startswith("hashing")
        stop(api)

    for call in (
        lambda: api.create_blob(path, deadline=LIMIT, progress=on_progress),
        lambda: api.create("m", files=path, deadline=LIMIT, progress=on_progress),
    ):
        with pytest.raises(error):
            call()
    assert server.requests == []
    assert_usable(api, server)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other special files")
@every_reader
@pytest.mark.parametrize("make", [pipe, listening, device, Path.mkdir])
def test_what_is_no_regular_file_is_refused_without_waiting(
    api: Api, server: OllamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, make: Any
):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    make(Path("odd"))

    with pytest.raises(RequestError, match=r"not a regular file|is a folder|the folder odd has no"):
        read(api, Path("odd"))
    assert server.requests == []


def swap_file(model: Path, secret: Path) -> None:
    (model / "config.json").unlink()
    (model / "config.json").symlink_to(secret / "config.json")


def swap_folder(model: Path, secret: Path) -> None:
    (model / "1_Pooling").rename(model / "was")
    (model / "1_Pooling").symlink_to(secret)


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="the system cannot open below a folder")
@pytest.mark.parametrize("given", ["files", "modelfile"])
@pytest.mark.parametrize("swap", [swap_file, swap_folder])
@pytest.mark.parametrize("at", range(9))
def test_a_link_that_takes_the_place_of_a_checked_file_is_not_followed(
    api: Api,
    server: OllamaServer,
    tmp_path: Path,
    model: Path,
    opened: Callable[..., None],
    swap: Any,
    given: str,
    at: int,
):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "config.json").write_bytes(SECRET)
    openings = count()  # one step, as several threads open files

    def swap_once(path: Path) -> None:
        if next(openings) == at:
            swap(model, secret)

    opened(swap_once)
    arguments: dict[str, Any] = {given: model if given == "files" else model / "Modelfile"}
    result = outcome(lambda: api.create("m", **arguments))
    # From the seventh on, several threads open the files: all may be open before the swap.
    assert isinstance(result, RequestError) or at >= 6
    assert all(SECRET not in request.body for request in server.requests)
