"""Files for `create` and `create_blob`: sent side by side, once, in a stream, and again after an interruption."""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from overlay.callers import Api, background, outcome
from overlay.scripts import Together, both_transports
from overlay.signals import signalled

from ollama_sdk.overlay import AbortError, AsyncOllama, ConnectError, RequestError, ResponseError
from ollama_sdk.overlay.testing import Json, Never, OllamaServer, Received, Reply, answer

BIG = bytes(range(256)) * 20_000
CREATED = Reply(status=201)


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def sent(server: OllamaServer, method: str = "POST") -> list[str]:
    """The digests that requests of a method were about."""
    return [r.path.rpartition("/")[2] for r in server.requests if r.method == method and "/blobs/" in r.path]


def store(received: Received) -> Reply:
    """What Ollama does with a blob: it compares the digest."""
    wanted = received.path.rpartition("/")[2]
    if received.digest != wanted:
        return Reply(Json({"error": f'digest mismatch, expected "{wanted}", got "{received.digest}"'}), status=400)
    return CREATED


@pytest.fixture
def accepting(server: OllamaServer) -> OllamaServer:
    """A server that has no blobs yet and takes all."""
    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", store)
    server.reply("POST", "/api/create", lambda received: answer("/api/create", stream=received.json["stream"]))
    return server


def files(folder: Path, count: int, content: bytes = BIG) -> dict[str, Path]:
    paths = {f"{index}.gguf": folder / f"{index}.gguf" for index in range(count)}
    for name, path in paths.items():
        path.write_bytes(content + name.encode())
    return paths


# Side by side


@both_transports
def test_files_are_sent_side_by_side_but_not_too_many(api: Api, accepting: OllamaServer, tmp_path: Path):
    together = Together(4, store)
    accepting.reply("POST", "/api/blobs/*", together)
    paths = files(tmp_path, 12, BIG[:100_000])

    assert api.create("new", files=paths).status == "success"

    assert together.most == 4
    assert sorted(sent(accepting)) == sorted(digest_of(path.read_bytes()) for path in paths.values())


def test_a_file_that_is_given_twice_is_sent_once(api: Api, accepting: OllamaServer, tmp_path: Path):
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    (tmp_path / "same.gguf").write_bytes(b"GGUF")
    (tmp_path / "link.gguf").symlink_to(tmp_path / "a.gguf")
    paths = {name: tmp_path / name for name in ("a.gguf", "same.gguf", "link.gguf")}

    api.create("new", files={**paths, "bytes": b"GGUF"}, adapters={"adapter": tmp_path / "a.gguf"})

    assert sent(accepting) == sent(accepting, "HEAD") == [digest_of(b"GGUF")]
    assert set(accepting.requests[-1].json["files"].values()) == {digest_of(b"GGUF")}


@both_transports
def test_the_first_failure_ends_the_others_and_names_its_file(api: Api, server: OllamaServer, tmp_path: Path):
    paths = files(tmp_path, 3)
    bad = digest_of(paths["1.gguf"].read_bytes())
    others_are_there = threading.Barrier(3, timeout=60)

    def receive(received: Received) -> Reply:
        others_are_there.wait()
        return Reply(Json({"error": "disk full"}), status=500) if received.path.endswith(bad) else Reply(Never())

    server.reply("HEAD", "/api/blobs/*", status=404)
    server.reply("POST", "/api/blobs/*", receive)

    with pytest.raises(ResponseError, match=r"disk full.*1\.gguf"):
        api.create("new", files=paths)

    assert server.wait_for_disconnect(count=2)
    assert "/api/create" not in [received.path for received in server.requests]
    assert not _upload_threads()


def test_a_failed_question_names_the_file(api: Api, server: OllamaServer, tmp_path: Path):
    server.reply("HEAD", "/api/blobs/*", status=500)
    with pytest.raises(ResponseError, match=r"0\.gguf"):
        api.create("new", files=files(tmp_path, 1))


# Abort


@both_transports
@pytest.mark.parametrize("count", [1, 3])
def test_abort_ends_all_uploads(api: Api, accepting: OllamaServer, tmp_path: Path, count: int):
    accepting.reply("POST", "/api/blobs/*", Never())
    call = background(lambda: outcome(lambda: api.create("new", files=files(tmp_path, count))))
    assert accepting.wait_for_requests(2 * count)

    api.abort()

    assert isinstance(call.result(60), AbortError)
    assert accepting.wait_for_disconnect(count=count)
    assert not _upload_threads()
    accepting.reply("POST", "/api/blobs/*", store)
    assert api.create("new", files=files(tmp_path, count)).status == "success"


@pytest.mark.parametrize("count", [1, 3])
def test_abort_ends_an_upload_that_is_still_computing_its_digest(api: Api, server: OllamaServer, count: int):
    class Aborting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            api.abort()
            return super().read(size)

    sources = {str(index): Aborting(BIG) for index in range(count)}
    with pytest.raises(AbortError):
        api.create("new", files=sources)
    assert server.requests == []


@both_transports
@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("count", [1, 3])
def test_ctrl_c_ends_all_uploads(api: Api, accepting: OllamaServer, tmp_path: Path, count: int):
    accepting.reply("POST", "/api/blobs/*", Never())
    uploading = partial(accepting.wait_for_requests, 2 * count)
    with signalled(signal.SIGINT, uploading), pytest.raises(KeyboardInterrupt):
        api.create("new", files=files(tmp_path, count))
    assert accepting.wait_for_disconnect(count=count)
    assert not _upload_threads()


@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("count", [1, 3])
def test_abort_in_a_signal_handler_ends_all_uploads(api: Api, accepting: OllamaServer, tmp_path: Path, count: int):
    accepting.reply("POST", "/api/blobs/*", Never())
    before = signal.signal(signal.SIGUSR1, lambda number, frame: api.client.abort())
    try:
        with signalled(signal.SIGUSR1, partial(accepting.wait_for_requests, 2 * count)), pytest.raises(AbortError):
            api.create("new", files=files(tmp_path, count))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert accepting.wait_for_disconnect(count=count)


def test_files_are_hashed_and_sent_under_trio(accepting: OllamaServer, tmp_path: Path):
    paths = files(tmp_path, 3)

    async def main() -> None:
        async with AsyncOllama(accepting.url) as client:
            await client.create("new", files=paths)

    trio.run(main)
    assert sorted(sent(accepting)) == sorted(digest_of(path.read_bytes()) for path in paths.values())


def test_the_event_loop_runs_while_a_file_is_hashed(accepting: OllamaServer):
    the_loop_runs = threading.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        class Slow(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                loop.call_soon_threadsafe(the_loop_runs.set)
                assert the_loop_runs.wait(60)
                return super().read(size)

        async with AsyncOllama(accepting.url) as client:
            assert await client.create_blob(Slow(BIG)) == digest_of(BIG)

    asyncio.run(main())
    assert sent(accepting) == [digest_of(BIG)]


def test_a_cancelled_create_leaves_nothing(accepting: OllamaServer, tmp_path: Path):
    async def main() -> None:
        async with AsyncOllama(accepting.url) as client:
            task = asyncio.create_task(client.create("new", files=files(tmp_path, 3)))
            assert await asyncio.to_thread(accepting.wait_for_requests, 6)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(accepting.wait_for_disconnect, count=3)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    accepting.reply("POST", "/api/blobs/*", Never())
    asyncio.run(main())
    assert accepting.wait_for_connections(0)


def _upload_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ollama-sdk upload")]


# Again


def _call(api: Api, source: Any, by: str) -> object:
    return api.create_blob(source) if by == "create_blob" else api.create("new", files={"model.gguf": source})


@both_transports
@pytest.mark.parametrize("by", ["create_blob", "create"])
@pytest.mark.parametrize("kind_of_source", ["path", "file", "bytes"])
def test_an_interrupted_upload_can_be_tried_again(
    api: Api, accepting: OllamaServer, tmp_path: Path, by: str, kind_of_source: str
):
    path = tmp_path / "model.gguf"
    path.write_bytes(BIG)
    for _ in range(2 if by == "create" else 1):  # on a connection that HEAD has used, it is sent again at once
        accepting.interrupt("POST", "/api/blobs/*", after=len(BIG) // 2)
    with path.open("rb") as file:
        source: Any = {"path": path, "file": file, "bytes": BIG}[kind_of_source]
        with pytest.raises(ConnectError, match=r"the bytes" if kind_of_source == "bytes" else r"model\.gguf"):
            _call(api, source, by)
        assert sent(accepting) == []

        _call(api, source, by)

    assert sent(accepting) == [digest_of(BIG)]


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("by", ["create_blob", "create"])
def test_an_interrupted_upload_is_tried_again_by_itself(
    make_api: Callable[..., Api], accepting: OllamaServer, tmp_path: Path, by: str
):
    path = tmp_path / "model.gguf"
    path.write_bytes(BIG)
    for size in (0, 3_000_000):
        accepting.interrupt("POST", "/api/blobs/*", after=size)
    _call(make_api(max_retries=2), path, by)
    assert sent(accepting) == [digest_of(BIG)]


# What changes on the way


def test_a_file_that_changes_after_its_digest_is_told_and_nothing_is_made(
    api: Api, accepting: OllamaServer, tmp_path: Path
):
    path = tmp_path / "model.gguf"
    path.write_bytes(BIG)

    def change(received: Received) -> Reply:
        path.write_bytes(b"other" + BIG)
        return Reply(status=404)

    accepting.reply("HEAD", "/api/blobs/*", change)
    with pytest.raises(RequestError, match=r"model\.gguf has changed while it was uploaded"):
        api.create("new", files=path)
    assert [received.path for received in accepting.requests if received.method == "POST"] == []


def test_content_that_changes_unseen_is_told_by_the_server_and_nothing_is_made(api: Api, accepting: OllamaServer):
    content = io.BytesIO(BIG)

    def change(received: Received) -> Reply:
        content.getbuffer()[0] ^= 1
        return Reply(status=404)

    accepting.reply("HEAD", "/api/blobs/*", change)
    with pytest.raises(ResponseError, match=r"digest mismatch, expected \"sha256:.*the open file"):
        api.create("new", files={"model.gguf": content})
    assert accepting.requests[-1].path != "/api/create"


# Large


# Bytes, and the digest of so many zeros: more than 32 bits once, since what counts them is the same for both clients.
ZEROS = {
    "sync": (4 * 1024**3, "sha256:8479e43911dc45e89f934fe48d01297e16f51d17aa561d4d1c216b1ae0fcddca"),
    "async": (1024**3, "sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"),
}
UPLOAD_AND_MEASURE = """
import asyncio, resource, sys
from ollama_sdk.overlay import AsyncOllama, Ollama

kind, url, path = sys.argv[1:]

def upload(source):
    if kind == "sync":
        with Ollama(url) as client:
            return client.create_blob(source)

    async def main():
        async with AsyncOllama(url) as client:
            return await client.create_blob(source)

    return asyncio.run(main())

upload(b"GGUF")  # what is loaded for any upload is no growth
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
digest = upload(path)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, digest)
"""


def count_and_discard(listener: socket.socket, sizes: list[int]) -> None:
    """A server that does nothing with uploads but count their bytes: it does not even copy them from the kernel."""
    buffer = bytearray(1024 * 1024)
    for _ in range(2):
        connection = listener.accept()[0]
        with connection, connection.makefile("rb", buffering=0) as reader:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += reader.read(1)
            size = left = int(re.findall(rb"content-length: (\d+)", head.lower())[0])
            while left and (count := connection.recv_into(buffer, min(left, len(buffer)), socket.MSG_TRUNC)):
                left -= count
            sizes.append(size - left)
            connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has another unit, and files may not be sparse")
@pytest.mark.parametrize("kind", ZEROS)
def test_gigabytes_take_less_than_64_megabytes_of_memory(kind: str):
    size, expected = ZEROS[kind]
    sizes: list[int] = []
    # Where there is a disk below, the kernel makes a copy of each zero that is read.
    with (
        tempfile.NamedTemporaryFile(dir="/dev/shm", suffix=".gguf") as file,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        file.truncate(size)
        server = background(lambda: count_and_discard(listener, sizes))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [sys.executable, "-c", UPLOAD_AND_MEASURE, kind, url, file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        server.result(60)
    growth, digest = done.stdout.split()
    assert sizes == [4, size]
    assert digest == expected
    assert int(growth) * 1024 < 64 * 1024 * 1024
