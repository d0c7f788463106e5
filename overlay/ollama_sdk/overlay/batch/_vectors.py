"""The vectors of a run in one file of numpy, a row of it for each row of the run."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ollama_sdk.overlay import DecodeError, RequestError
from ollama_sdk.overlay.batch._results import CheckpointError

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


_MAGIC = b"\x93NUMPY"


class Vectors:
    """A .npy file of float32 that is mapped into memory; it is made when the length of the first vector is known.

    Args:
        path: The file.
        total: How many rows there are.

    Raises:
        RequestError: The number of rows is not known, or the folder is not there.
        ImportError: numpy is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], total: int | None) -> None:
        try:
            import numpy
        except ImportError as error:
            raise ImportError("vectors= needs numpy: pip install 'ollama-sdk[numpy]'") from error
        if total is None:
            raise RequestError("vectors= needs the number of rows: give total=, or items that have a len()")
        self._numpy = numpy
        self._path, self._total = Path(path), total
        self._matrix: NDArray[numpy.float32] | None = None
        self._failed: list[int] = []
        if not self._path.parent.is_dir():
            raise RequestError(f"there is no folder {self._path.parent} for the vectors")

    def open(self) -> None:
        """Open the file of an earlier run of the same job, whose vectors are kept.

        Raises:
            CheckpointError: It is of another form.
        """
        if not self._path.exists():
            return
        try:
            matrix = self._numpy.lib.format.open_memmap(self._path, mode="r+")
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the vectors of an earlier run cannot be read: {error}") from error
        if matrix.dtype != self._numpy.float32 or matrix.ndim != 2 or len(matrix) != self._total:
            form = f"{matrix.dtype} {matrix.shape}"
            raise CheckpointError(f"{self._path} has the form {form}, and not float32 with {self._total} rows")
        self._matrix = matrix

    def put(self, index: int, response: Any) -> NDArray[numpy.float32]:
        """Keep the vector of a row, and return it as it lies in the file.

        Raises:
            CheckpointError: There are more rows than `total`, or the file cannot be made.
            DecodeError: The answer does not have one vector, or one of another length.
        """
        if index >= self._total:
            raise CheckpointError(f"there are more rows than total={self._total}, by which vectors= goes")
        found = response.as_numpy()
        if self._matrix is None and len(found) == 1:
            self._make(found.shape[1])
        width = 0 if self._matrix is None else self._matrix.shape[1]
        if found.shape != (1, width):
            reason = f"the answer has vectors of the shape {found.shape}, and (1, {width}) is wanted"
            raise DecodeError(reason, status_code=200, error=reason)
        row = self.get(index)
        row[:] = found[0]
        return row

    def _make(self, width: int) -> None:
        try:
            self._check_replaceable()
            self._matrix = self._numpy.lib.format.open_memmap(
                self._path, mode="w+", dtype=self._numpy.float32, shape=(self._total, width)
            )
            self._take_room()
        except OSError as error:
            raise CheckpointError(f"the file for the vectors cannot be made: {error}") from error
        for index in self._failed:
            self.fail(index)

    def _check_replaceable(self) -> None:
        """Raise CheckpointError if there is a file that has no vectors."""
        with suppress(FileNotFoundError), self._path.open("rb") as file:
            if file.read(len(_MAGIC)) not in (b"", _MAGIC):
                raise CheckpointError(f"{self._path} is there, is no file of vectors, and is not written over")

    def _take_room(self) -> None:
        """Take the room on the disk now: a page of a mapped file that finds none ends the process (SIGBUS)."""
        if not hasattr(os, "posix_fallocate"):
            return
        with self._path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # of a file system that cannot
                    raise

    def fail(self, index: int) -> None:
        """Mark the row of one that failed, which has no numbers."""
        if self._matrix is None:
            self._failed.append(index)
        elif index < self._total:
            self._matrix[index] = self._numpy.nan

    def get(self, index: int) -> NDArray[numpy.float32]:
        """The vector of a row.

        Raises:
            CheckpointError: The file is not there.
        """
        if self._matrix is None or index >= self._total:
            raise CheckpointError(f"the checkpoint has row {index}, and {self._path} has not")
        row: NDArray[numpy.float32] = self._matrix[index]
        return row

    def flush(self) -> None:
        """Write what was put to the disk."""
        if self._matrix is not None:
            self._matrix.flush()  # type: ignore[attr-defined]  # a memmap
