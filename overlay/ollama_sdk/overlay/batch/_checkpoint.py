"""The finished rows of a job, in a JSON lines file that only grows. A row is on the disk before it is yielded."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ollama_sdk.overlay.batch._json_forms import json_form
from ollama_sdk.overlay.batch._locks import lock
from ollama_sdk.overlay.batch._results import CheckpointError, WorkError

_log = logging.getLogger("ollama_sdk")
_BEGINNING = b'{"id": '
_LINES_AT_A_TIME = 500  # lines that are read before other tasks may run


class Checkpoint:
    """An open, locked checkpoint.

    Args:
        path: The file; it is made when it is not there.
        job: The name of the job.
        before: What has to be done, in the thread that writes, before rows are.

    Raises:
        CheckpointError: It cannot be opened for writing, or another run has it open.
    """

    def __init__(self, path: str | os.PathLike[str], job: str, before: Callable[[], object] | None = None) -> None:
        self.path = Path(path)
        self.job = job
        self._before = before
        self._offsets: dict[str, int] = {}
        self._pending: list[tuple[bytes, Callable[[OSError | None], None]]] = []
        self._guard = threading.Lock()
        self._writing = False
        self._failed: OSError | None = None
        self._file = self._open()
        self._size = 0
        self._has_name = os.fstat(self._file.fileno()).st_nlink > 0  # some file systems count no links
        self._reader: BinaryIO = self.path.open("rb")
        # Its thread writes all pending rows, even after the event loop is closed.
        self._thread = ThreadPoolExecutor(1, "ollama-batch-checkpoint")
        try:
            self._thread.submit(int)  # starts it, before there is something to be written
        except RuntimeError as error:
            self.close()
            raise CheckpointError(f"the thread that writes the checkpoint cannot be started: {error}") from error

    def __len__(self) -> int:
        return len(self._offsets)

    def _open(self) -> BinaryIO:
        try:
            file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise CheckpointError(f"the checkpoint cannot be written: {error}") from error
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CheckpointError(f"the checkpoint {self.path} is no regular file")
            if not lock(file):
                raise CheckpointError(f"the checkpoint {self.path} is in use by another run; wait for it, or end it")
            _sync_folder(self.path.parent)
        except OSError as error:
            file.close()
            raise CheckpointError(f"the checkpoint {self.path} cannot be locked: {error}") from error
        except CheckpointError:
            file.close()
            raise
        return file

    async def load(self) -> None:
        """Read which rows are finished; a torn last line is cut off.

        Raises:
            CheckpointError: It belongs to another job, or is no checkpoint.
        """
        offset, line = 0, b"\n"
        try:
            for number, line in enumerate(self._reader, 1):
                if line.endswith(b"\n") or not self._is_torn(line, offset):
                    self._offsets[row_of(line, number, self.path, self.job)["id"]] = offset
                    offset += len(line)
                if number % _LINES_AT_A_TIME == 0:
                    await asyncio.sleep(0)
            self._size = offset
            if not line.endswith(b"\n") and self._reader.tell() == offset:
                self._file.write(b"\n")  # an editor has removed it
        except OSError as error:
            raise CheckpointError(f"the checkpoint {self.path} cannot be read or written: {error}") from error

    def _is_torn(self, line: bytes, offset: int) -> bool:
        """Whether the last line, which has no end, was cut off while it was written; it is removed then."""
        with suppress(ValueError):
            json.loads(line)
            return False
        line = line.rstrip(b"\0")  # a power failure may leave zeros in the place of a line
        if not (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)) or not (line or offset):
            return False  # not a line that was written here
        _log.warning("the last line of the checkpoint %s was cut off: its row is done again", self.path)
        self._file.truncate(offset)
        return True

    def find(self, id: str) -> dict[str, Any] | None:
        """The line of a finished row, by its id.

        Raises:
            CheckpointError: Somebody has changed the file since it was read.
        """
        offset = self._offsets.get(id)
        if offset is None:
            return None
        try:
            return line_at(self._reader, offset, id)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the checkpoint {self.path} was changed while this run has it open") from error

    def add(self, row: dict[str, Any], then: Callable[[OSError | None], None]) -> None:
        """Write a row.

        Args:
            row: What is kept of it; `id` comes first.
            then: Called once it is on the disk, or with what prevented that, in the thread that writes.

        Raises:
            CheckpointError: The value has a type without a JSON form.
            WorkError: The value has a number that JSON does not have.
        """
        try:
            line = json.dumps({**row, "job": self.job}, ensure_ascii=False, allow_nan=False, default=json_form)
            data = line.encode("utf-8", "backslashreplace") + b"\n"  # of lone surrogates, as JSON escapes them
        except (TypeError, ValueError) as error:
            # The program returns such a type for all rows; NaN may be in the value of one.
            failure = CheckpointError if isinstance(error, TypeError) else WorkError
            raise failure(
                f"the value of row {row['index']} cannot be kept in a checkpoint, which is JSON: {error}"
            ) from error
        with self._guard:
            self._pending.append((data, then))
            begins, self._writing = not self._writing, True
        if begins:
            self._thread.submit(self._write)

    def _write(self) -> None:
        """Write what is pending with one fsync for all of it, until nothing is."""
        while True:
            with self._guard:
                batch = self._pending[:]
                if not batch:
                    self._writing = False
                    return
            if self._failed is None:
                try:
                    if self._before is not None:
                        self._before()
                    data = memoryview(b"".join(line for line, _ in batch))
                    self._size += len(data)
                    while data:
                        data = data[self._file.write(data) or 0 :]
                    os.fsync(self._file.fileno())
                    self._check_file()
                except OSError as error:
                    self._failed = error  # the file may end with half a line
            with self._guard:
                del self._pending[: len(batch)]
            for _, then in batch:
                then(self._failed)

    def _check_file(self) -> None:
        """Raise if the file was deleted or truncated: the rows that are written to it would be lost."""
        status = os.fstat(self._file.fileno())
        if status.st_size < self._size or (self._has_name and not status.st_nlink):
            raise OSError("it was deleted, or made shorter, while this run has it open")

    def close(self) -> None:
        """Write what is pending, and release the lock."""
        self._thread.shutdown()
        self._reader.close()
        self._file.close()


def line_at(file: BinaryIO, offset: int, id: str) -> dict[str, Any]:
    """Return the line of a row; raise ValueError when it is not there any more."""
    file.seek(offset)
    line = json.loads(file.readline())
    if not isinstance(line, dict) or line.get("id") != id:
        raise ValueError(f"there is no row {id!r} at {offset}")
    return line


def row_of(line: bytes, number: int, path: Path, job: str) -> dict[str, Any]:
    """Return the row of a line.

    Raises:
        CheckpointError: It is none, or that of another job.
    """
    try:
        row = json.loads(line)
        if isinstance(row["id"], str) and row["job"] == job:
            return row  # type: ignore[no-any-return]  # an object, since it has keys
        other = row["job"]
    except (ValueError, KeyError, TypeError, IndexError):
        raise CheckpointError(
            f"line {number} of {path} is no row of a checkpoint; name another file, or remove that line"
        ) from None
    raise CheckpointError(
        f"the checkpoint {path} is of another job: it has rows of {other!r}, and this is {job!r}. "
        "Name another file, or delete this one to begin anew"
    )


def _sync_folder(folder: Path) -> None:
    """Let the name of a new file survive a power failure, where folders can be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
