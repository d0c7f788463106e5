"""The files of a model: those of a folder are selected as by Ollama's own command."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._files import open_regular
from ollama_sdk.overlay._library.blobs import Upload, unreadable

_WEIGHTS: tuple[tuple[tuple[str, ...], bytes], ...] = (
    (("model*.safetensors", "*/model*.safetensors"), b""),
    (("consolidated*.safetensors",), b""),
    (("adapter*.safetensors",), b""),
    (("pytorch_model*.bin",), b"PK\x03\x04"),
    (("consolidated*.pth",), b"PK\x03\x04"),
    (("*.gguf",), b""),
    (("*.bin",), b"GGUF"),
)
"""The patterns of files with weights, and the bytes that such files begin with; the first kind that exists is taken."""
_BESIDES = ("*.json", "*/*.json", "chat_template.jinja")
_LFS_POINTER = b"version https://git-lfs"


def resolve(path: str | os.PathLike[str]) -> Path:
    """Return a path with its links resolved; raise RequestError if they change meanwhile."""
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise unreadable(f"the path {os.fspath(path)}", error) from error


def boundary_of(path: str | os.PathLike[str]) -> Path | None:
    """Return the folder that links in it must not lead out of; None for a file, which may be a link itself."""
    return resolve(path) if os.path.isdir(path) else None


def model_files(path: str | os.PathLike[str], boundary: Path | None) -> dict[str, Path]:
    """Return the files to upload for a model, by their names for `create`.

    Of a folder these are the weights (safetensors, else PyTorch, else GGUF), the configuration and the tokenizer, as
    Ollama's own command selects them, but none in hidden folders. Links are resolved.

    Args:
        path: A file, or a folder with a model.
        boundary: The folder, with its own links resolved, that links must not lead out of; None for anywhere.

    Raises:
        RequestError: There is no such file, no model in the folder, or a file must not or cannot be read.
    """
    root = Path(path)
    if root.is_dir():
        found = {file.relative_to(root).as_posix(): file for file in _folder_files(root)}
    else:
        Upload(root)  # raises an error that says what is wrong with the path
        if root.suffix == ".safetensors":
            needed = "adapter_config.json" if root.name.startswith("adapter") else "config.json and the tokenizer"
            raise RequestError(f"{root} alone makes no model: give its folder, which has {needed} too")
        found = {root.name: root}
    files: dict[str, Path] = {}
    for name, file in found.items():
        resolved = files[name] = resolve(file)
        if boundary is not None and not resolved.is_relative_to(boundary):
            raise RequestError(f"{file} is a link out of {boundary}; pass allow_outside=True when that is meant")
        try:
            start = _start(resolved, len(_LFS_POINTER), boundary)
        except OSError as error:
            raise unreadable(f"the file {file}", error) from error
        if start == _LFS_POINTER:
            raise RequestError(f"the file {file} is a pointer that Git LFS left; get the file by `git lfs pull`")
    return files


def _folder_files(root: Path) -> list[Path]:
    for patterns, beginning in _WEIGHTS:
        top, *nested = patterns
        files = [file for file in _matches(root, top) if _begins(file, beginning)]
        if files:
            break
    else:
        raise RequestError(f"the folder {root} has no safetensors, PyTorch or GGUF files of a model")
    files += [file for pattern in (*nested, *_BESIDES) for file in _matches(root, pattern)]
    return files + (_matches(root, "tokenizer.model") or _matches(root, "*/tokenizer.model"))


def _matches(root: Path, pattern: str) -> list[Path]:
    try:
        found = [file for file in sorted(root.glob(pattern)) if file.is_file()]
    except OSError as error:
        raise unreadable(f"the folder {root}", error) from error
    return [file for file in found if not any(part.startswith(".") for part in file.relative_to(root).parts)]


def _begins(file: Path, beginning: bytes) -> bool:
    if not beginning:
        return True
    with suppress(OSError):
        return _start(file, len(beginning)) == beginning
    return False


def _start(file: Path, size: int, boundary: Path | None = None) -> bytes:
    with open_regular(file, boundary) as opened:
        return opened.read(size)
