"""Uploads stream a source in chunks, can be tried again, and tell when the source has changed."""

from __future__ import annotations

import gc
import hashlib
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import pytest
from overlay.scripts import needs_own_transport

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._http import transports
from ollama_sdk.overlay._library.blobs import CHUNK_SIZE, BlobSource, Upload
from ollama_sdk.overlay.testing import OllamaServer, Reply, Start

CONTENT = bytes(range(256)) * 10_000  # 2.44 chunks
Send = Callable[[OllamaServer, Upload], int]


def send_sync(server: OllamaServer, upload: Upload) -> int:
    with httpx.Client(transport=transports.Transport()) as client:
        return client.send(_request(server, upload)).status_code


def send_async(server: OllamaServer, upload: Upload, backend: str = "asyncio") -> int:
    async def main() -> int:
        async with httpx.AsyncClient() as client:
            return (await client.send(_request(server, upload))).status_code

    return anyio.run(main, backend=backend)


def send_trio(server: OllamaServer, upload: Upload) -> int:
    return send_async(server, upload, "trio")


def send_own_async(server: OllamaServer, upload: Upload) -> int:
    async def main() -> int:
        async with httpx.AsyncClient(transport=transports.AsyncTransport()) as client:
            return (await client.send(_request(server, upload))).status_code

    return anyio.run(main)


def _request(server: OllamaServer, upload: Upload) -> httpx.Request:
    url = f"{server.url}/api/blobs/{upload.digest()}"
    request = httpx.Request("POST", url, headers={"content-length": str(upload.size)})
    request.stream = upload  # an httpx.Request made with stream= has no Host header
    return request


@pytest.fixture(
    params=[
        pytest.param(send_sync, marks=needs_own_transport),
        pytest.param(send_own_async, marks=needs_own_transport),
        send_async,
        send_trio,
    ]
)
def send(request: pytest.FixtureRequest) -> Send:
    return request.param


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.gguf"
    file.write_bytes(CONTENT)
    return file


@pytest.fixture(params=["path", "bytes", "bytearray", "file"])
def source(request: pytest.FixtureRequest, path: Path) -> BlobSource:
    sources: dict[str, BlobSource] = {"path": path, "bytes": CONTENT, "bytearray": bytearray(CONTENT)}
    return sources.get(request.param) or io.BytesIO(CONTENT)


def test_the_server_gets_what_the_source_has(send: Send, source: BlobSource) -> None:
    upload = Upload(source)
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", status=201)
        assert send(server, upload) == 201
        (request,) = server.requests
    assert request.digest == upload.digest() == "sha256:" + hashlib.sha256(CONTENT).hexdigest()
    assert request.headers["content-length"] == str(len(CONTENT))
    assert "transfer-encoding" not in request.headers


def test_an_upload_can_be_sent_again(send: Send, source: BlobSource) -> None:
    upload = Upload(source)
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", status=201)
        send(server, upload)
        send(server, upload)
        assert [request.body_size for request in server.requests] == [len(CONTENT)] * 2


def test_an_interrupted_upload_starts_again_from_the_beginning(path: Path) -> None:
    counts: list[int] = []
    upload = Upload(path)
    upload.on_progress = counts.append
    chunks = iter(upload)
    assert len(next(chunks)) == CHUNK_SIZE
    next(chunks)
    del chunks
    assert b"".join(upload) == CONTENT
    assert counts == [0, CHUNK_SIZE, 0, CHUNK_SIZE, 2 * CHUNK_SIZE, len(CONTENT)]


def test_progress_counts_what_was_handed_over(send: Send, path: Path) -> None:
    counts: list[int] = []
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", status=201)
        upload = Upload(path)
        upload.on_progress = counts.append
        send(server, upload)
    assert counts == [0, CHUNK_SIZE, 2 * CHUNK_SIZE, len(CONTENT)]


def test_a_file_of_no_bytes_is_sent_as_such(send: Send, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", status=201)
        assert send(server, Upload(tmp_path / "empty")) == 201
        assert server.requests[0].body_size == 0


def test_an_open_file_stays_open_and_is_read_from_where_it_stood(path: Path) -> None:
    with path.open("rb") as file:
        file.seek(1000)
        upload = Upload(file)
        assert b"".join(upload) == b"".join(upload) == CONTENT[1000:]
        assert upload.size == len(CONTENT) - 1000
        assert not file.closed


@pytest.mark.parametrize("change", ["grow", "shrink", "rewrite", "replace", "remove"])
@pytest.mark.parametrize("when", ["before", "between"])
def test_a_file_that_changes_is_told_before_its_last_chunk(path: Path, change: str, when: str) -> None:
    upload = Upload(path)
    chunks = iter(upload)
    received = [next(chunks)] if when == "between" else []
    if change == "grow":
        with path.open("ab") as file:
            file.write(b"more")
    elif change == "shrink":
        with path.open("r+b") as file:
            file.truncate(CHUNK_SIZE + 1)
    elif change == "rewrite":
        path.write_bytes(bytes(len(CONTENT)))
    else:
        path.unlink()
        if change == "replace":
            path.write_bytes(CONTENT)
    if when == "between" and change in ("replace", "remove"):
        assert b"".join([*received, *chunks]) == CONTENT  # the file that was opened is still what it was
        return
    with pytest.raises(RequestError, match=r"model.gguf (has changed while it was uploaded|cannot be read: No such)"):
        received.extend(chunks)
    assert len(b"".join(received)) < len(CONTENT)


def test_a_file_that_changes_before_it_is_hashed_is_told(path: Path) -> None:
    upload = Upload(path)
    path.write_bytes(b"other")
    with pytest.raises(RequestError, match="has changed"):
        upload.digest()


@pytest.mark.parametrize("content", [b"longer now", b""])
def test_an_open_file_that_changes_is_told(content: bytes) -> None:
    file = io.BytesIO(b"short")
    upload = Upload(file)
    file.seek(0)
    file.truncate()
    file.write(content)
    with pytest.raises(RequestError, match="has changed"):
        list(upload)


def test_the_connection_ends_when_the_file_changes(path: Path, send: Send) -> None:
    def shrink(count: int) -> None:
        if count:
            with path.open("r+b") as file:
                file.truncate(10)

    upload = Upload(path)
    upload.on_progress = shrink
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", status=201)
        with pytest.raises(RequestError, match="has changed"):
            send(server, upload)
        assert server.wait_for_connections(0)


def test_an_unusable_source_is_told(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise OSError("not seekable")

    closed = io.BytesIO(b"x")
    closed.close()
    text = tmp_path / "text"
    text.touch()
    sources: list[tuple[object, str]] = [
        (tmp_path, "is a folder"),
        (tmp_path / "nope", "cannot be read: No such file"),
        ("nul\0byte", "cannot be read"),
        (5, "not int"),
        (None, "not NoneType"),
        (io.StringIO("x"), "binary mode"),
        (Pipe(b"x"), "can seek"),
        (closed, "closed"),
    ]
    for source, message in sources:
        with pytest.raises(RequestError, match=message):
            Upload(source)  # type: ignore[arg-type]  # wrong on purpose
    with text.open() as file, pytest.raises(RequestError, match="binary mode"):
        Upload(file)  # type: ignore[arg-type]  # wrong on purpose


def test_a_failing_disk_is_told() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    upload = Upload(Broken(b"content"))
    with pytest.raises(RequestError, match="the open file cannot be read: Input/output error"):
        list(upload)
    with pytest.raises(RequestError, match="Input/output error"):
        upload.digest()


def test_a_dropped_upload_leaves_no_file_open(path: Path) -> None:
    async def some() -> None:
        chunks = aiter(Upload(path))
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator

    next(iter(Upload(path)))
    anyio.run(some)
    gc.collect()  # an open file would warn here


def test_the_server_may_answer_before_the_body_is_sent(path: Path, send: Send) -> None:
    with OllamaServer() as server:
        server.reply("POST", "/api/blobs/*", lambda request: Reply(Start(), status=200))
        assert send(server, Upload(path)) == 200


@needs_own_transport
@pytest.mark.parametrize("send_one", [send_sync, send_own_async])
def test_a_large_file_takes_little_memory(tmp_path: Path, send_one: Send) -> None:
    size = 64 * 1024 * 1024
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(size)
    with OllamaServer(body_limit=1024) as server:
        server.reply("POST", "/api/blobs/*", status=201)
        tracemalloc.start()
        try:
            assert send_one(server, Upload(tmp_path / "sparse")) == 201
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert server.requests[0].body_size == size
    assert peak < 16 * 1024 * 1024


def test_the_representation_has_no_content() -> None:
    assert repr(Upload(b"secret")) == "Upload(the bytes, 6 bytes)"
