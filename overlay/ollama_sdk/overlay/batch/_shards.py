"""A checkpoint that many processes share: a folder, in which each writes a file of its own and reads those of all."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ollama_sdk.overlay.batch._checkpoint import Checkpoint, line_at, row_of
from ollama_sdk.overlay.batch._results import CheckpointError


class Shards(Checkpoint):
    """The file of this process in such a folder, and the rows of all files.

    Args:
        folder: The folder, which is there.
        job: The name of the job.

    Raises:
        CheckpointError: Nothing can be written there.
    """

    def __init__(self, folder: str | os.PathLike[str], job: str) -> None:
        super().__init__(Path(folder, f"{uuid.uuid4().hex}.jsonl"), job)
        self._places: dict[str, tuple[Path, int]] = {}
        self._read: dict[Path, tuple[int, int]] = {}  # how many bytes of each file were read, and lines

    def __len__(self) -> int:
        return len(self._places)

    async def load(self) -> None:
        """Read what has come to the files since the last time; the last line of another process may be half written.

        Raises:
            CheckpointError: A file belongs to another job, or is no checkpoint.
        """
        for path in sorted(self.path.parent.glob("*.jsonl")):
            try:
                self._load_file(path)
            except OSError as error:
                raise CheckpointError(f"the checkpoint {path} cannot be read: {error}") from error
            await asyncio.sleep(0)

    def _load_file(self, path: Path) -> None:
        offset, number = self._read.get(path, (0, 0))
        if path.stat().st_size == offset:
            return
        with path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                number += 1
                self._places[row_of(line, number, path, self.job)["id"]] = path, offset
                offset += len(line)
        self._read[path] = offset, number

    def find(self, id: str) -> dict[str, Any] | None:
        place = self._places.get(id)
        if place is None:
            return None
        path, offset = place
        try:
            with path.open("rb") as file:
                return line_at(file, offset, id)
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the checkpoint {path} was changed while this run goes by it") from error


def open_checkpoint(
    where: str | os.PathLike[str] | Shards | None, job: str, before: Callable[[], object] | None
) -> Checkpoint | None:
    """Open a checkpoint: a file, or a folder that processes share; one that is open stays as it is.

    Args:
        where: The path.
        job: The name of the job.
        before: What has to be done before rows are written.

    Raises:
        CheckpointError: It cannot be used.
    """
    if where is None or isinstance(where, Shards):
        return where
    if not os.path.isdir(where):  # False, and no error, for a path that cannot be
        return Checkpoint(where, job, before)
    if before is not None:
        raise CheckpointError(f"{where} is a folder; with vectors= a checkpoint is a file")
    return Shards(where, job)
