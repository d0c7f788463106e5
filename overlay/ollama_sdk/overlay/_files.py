"""Open files of the caller: regular ones only, and below a folder without following links."""

from __future__ import annotations

import os
import stat
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

# A pipe without a writer does not block, and a terminal does not become that of the process.
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def open_regular(path: Path, boundary: Path | None = None) -> BinaryIO:
    """Open a regular file for reading, without a buffer.

    Args:
        path: The path; with a boundary one whose links were resolved.
        boundary: A folder; none of the folders below it, and not the file, may have become a link since then.

    Raises:
        OSError: It cannot be opened, or is a folder, a pipe, a device or a socket.
        ValueError: It cannot be a path.
    """
    _check_regular(path.stat())  # first, since opening some devices does something
    file = cast("BinaryIO", open(path, "rb", buffering=0, opener=partial(_open, boundary=boundary)))  # noqa: SIM115  # the caller closes it
    try:
        _check_regular(os.fstat(file.fileno()))
    except BaseException:
        file.close()
        raise
    return file


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(None, f"it is {_KINDS.get(stat.S_IFMT(status.st_mode), 'a device')}, not a regular file")


def _open(path: str, flags: int, *, boundary: Path | None) -> int:
    """Return a descriptor of a file, opened folder by folder from the boundary on."""
    flags |= _FLAGS
    if boundary is None or os.open not in os.supports_dir_fd:
        return os.open(path, flags)
    as_folder = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
    folder = os.open(boundary, as_folder)
    try:
        *names, name = Path(path).relative_to(boundary).parts
        for inner_name in names:
            inner = os.open(inner_name, as_folder | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)
