"""Digests are made and checked, and the files of a model are found."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import anyio
import pytest

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay._library.blobs import Upload, check_digest
from ollama_sdk.overlay._library.files import boundary_of, model_files

HELLO = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.mark.parametrize(
    "digest",
    [
        *("", "abc", HELLO.upper(), HELLO[:-1], HELLO + "0", HELLO + "\n", HELLO.replace(":", "-")),
        *("sha256:" + "../" * 22, "sha256:" + "\uff10" * 64, None, 5, HELLO.encode(), "x" * 10_000),
    ],
)
def test_what_is_no_digest_never_gets_into_a_url(digest: object) -> None:
    with pytest.raises(RequestError, match="must be 'sha256:' and 64 lower-case") as caught:
        check_digest(digest, "files['a']")
    assert str(caught.value).startswith("files['a'] ")
    assert len(str(caught.value)) < 300


def test_a_digest_passes() -> None:
    assert check_digest(HELLO) == HELLO


def test_every_kind_of_source_has_the_same_digest(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"hello")
    opened = io.BytesIO(b"__hello")
    opened.seek(2)
    views = memoryview(b"hello"), memoryview(b"h.e.l.l.o")[::2]
    sources = [path, str(path), b"hello", bytearray(b"hello"), *views, opened]
    assert {Upload(source).digest() for source in sources} == {HELLO}
    with path.open("rb") as file:
        assert Upload(file).digest() == HELLO


def test_the_digest_of_nothing_is_that_of_no_bytes() -> None:
    assert Upload(b"").digest() == "sha256:" + hashlib.sha256().hexdigest()


def test_hashing_tells_how_far_it_is() -> None:
    counts: list[int] = []
    Upload(bytes(3_000_000)).digest(counts.append)
    assert counts == sorted(counts)
    assert counts[-1] == 3_000_000


def test_hashing_can_be_ended_from_its_callback() -> None:
    class Stop(Exception):
        pass

    def stop(count: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        Upload(bytes(100)).digest(stop)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_hashing_in_a_thread_gives_the_same(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(b"hello")
    assert anyio.run(Upload(path).digest_async, backend=backend) == HELLO


def test_a_cancelled_hashing_ends_its_thread() -> None:
    import threading

    started, ended, go_on = threading.Event(), threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            started.set()
            assert go_on.wait(60)
            return super().read(size)

    upload = Upload(Slow(bytes(10_000_000)))
    original = upload.digest

    def digest(watch: object) -> str:
        try:
            return original(watch)  # type: ignore[arg-type]  # any watch
        finally:
            ended.set()

    upload.digest = digest  # type: ignore[method-assign, assignment]  # a stand-in that watches

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(upload.digest_async)
            assert await anyio.to_thread.run_sync(started.wait, 60)
            group.cancel_scope.cancel()
        go_on.set()
        assert await anyio.to_thread.run_sync(ended.wait, 60)

    anyio.run(main)


def make(root: Path, *names: str) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes({".pth": b"PK\x03\x04", ".bin": b"PK\x03\x04"}.get(file.suffix, b"x"))


@pytest.mark.parametrize(
    ("there", "taken"),
    [
        (
            ["model-1.safetensors", "model-2.safetensors", "config.json", "tokenizer.json", "README.md", "old.gguf"],
            ["model-1.safetensors", "model-2.safetensors", "config.json", "tokenizer.json"],
        ),
        (
            ["model.safetensors", "2_Dense/model.safetensors", "1_Pooling/config.json", "tokenizer.model"],
            ["model.safetensors", "2_Dense/model.safetensors", "1_Pooling/config.json", "tokenizer.model"],
        ),
        (["consolidated.safetensors", "params.json"], ["consolidated.safetensors", "params.json"]),
        (["adapter_model.safetensors", "adapter_config.json"], ["adapter_model.safetensors", "adapter_config.json"]),
        (["pytorch_model.bin", "training_args.bin"], ["pytorch_model.bin"]),
        (["consolidated.00.pth", "original/tokenizer.model"], ["consolidated.00.pth", "original/tokenizer.model"]),
        (["a.gguf", "b.gguf", "chat_template.jinja"], ["a.gguf", "b.gguf", "chat_template.jinja"]),
        (["model.safetensors", ".cache/state.json", ".hidden.json"], ["model.safetensors"]),
    ],
)
def test_a_folder_gives_the_files_of_its_model(tmp_path: Path, there: list[str], taken: list[str]) -> None:
    make(tmp_path, *there)
    files = model_files(tmp_path, None)
    assert list(files) == taken
    assert all(files[name] == tmp_path / name for name in taken)


def test_a_bin_file_counts_when_it_is_gguf(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"GGUF...")
    make(tmp_path, "other.bin")
    assert list(model_files(tmp_path, None)) == ["weights.bin"]


def test_a_file_is_its_own_model(tmp_path: Path) -> None:
    make(tmp_path, "any.name")
    assert model_files(tmp_path / "any.name", None) == {"any.name": tmp_path / "any.name"}


def test_a_folder_of_links_out_of_it_is_refused_unless_asked_for(tmp_path: Path) -> None:
    make(tmp_path, "store/abc", "model/config.json")
    (tmp_path / "model" / "model.safetensors").symlink_to(tmp_path / "store" / "abc")
    with pytest.raises(RequestError, match="allow_outside=True"):
        model_files(tmp_path / "model", boundary_of(tmp_path / "model"))
    files = model_files(tmp_path / "model", None)
    assert files["model.safetensors"] == tmp_path / "store" / "abc"


def test_a_git_lfs_pointer_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(RequestError, match="git lfs pull"):
        model_files(tmp_path, None)


def test_a_folder_without_weights_is_told(tmp_path: Path) -> None:
    make(tmp_path, "config.json")
    with pytest.raises(RequestError, match="has no safetensors, PyTorch or GGUF files"):
        model_files(tmp_path, None)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="nope cannot be read: No such file"):
        model_files(tmp_path / "nope", None)
