"""The rows that have ended: kept in the checkpoint, and given to the caller once they are on the disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from attrs import define, field

from ollama_sdk.overlay import OllamaError
from ollama_sdk.overlay.batch._checkpoint import Checkpoint
from ollama_sdk.overlay.batch._kept import line_of, result_of
from ollama_sdk.overlay.batch._results import CheckpointError, Result, WorkError
from ollama_sdk.overlay.batch._rows import Row
from ollama_sdk.overlay.batch._vectors import Vectors
from ollama_sdk.overlay.batch._work import Answer

_AHEAD = 1000  # rows that may end before an earlier row that is still running


@define(eq=False)
class Output:
    """Takes the rows that have ended, and gives their results as they come or in the order of the items.

    Attributes:
        ordered: Whether they are given in the order of the items.
        places: How many rows are worked at, at the same time.
        checkpoint: Where they are kept, if they are.
        vectors: Where the vectors of embeddings are, if they have a file.
        changed: Called after a row was written.
        fail: Called with what prevented that.
        unwritten: How many results are on their way to the disk.
    """

    _ordered: bool
    _places: int
    _checkpoint: Checkpoint | None
    _vectors: Vectors | None
    _changed: Callable[[], object]
    _fail: Callable[[CheckpointError], object]
    unwritten: int = field(default=0, init=False)
    _loop: asyncio.AbstractEventLoop = field(factory=asyncio.get_running_loop, init=False)
    _ready: deque[Result[Any, Any] | Row] = field(factory=deque, init=False)
    _early: dict[int, Result[Any, Any] | Row] = field(factory=dict, init=False)
    _next: int = field(default=0, init=False)
    _woken: asyncio.Event = field(factory=asyncio.Event, init=False)

    async def load(self) -> None:
        """Read what earlier runs have kept."""
        if self._checkpoint is not None:
            await self._checkpoint.load()
            if self._vectors is not None and len(self._checkpoint):
                self._vectors.open()

    def has_room(self) -> bool:
        """Whether another row may be begun, with those that wait to be written or taken: it bounds the memory."""
        waiting = len(self._ready) + self.unwritten
        return waiting < 2 * self._places and len(self._early) < max(_AHEAD, 4 * self._places)

    def add(self, row: Row, outcome: Answer | OllamaError, host: str | None = None, seconds: float = 0.0) -> None:
        """Take the result of a row.

        Args:
            row: The row.
            outcome: The answer to it, or its error.
            host: Where it was sent.
            seconds: How long the last attempt took.

        Raises:
            CheckpointError: The value has a type that cannot be kept.
        """
        result = result_of(row, outcome, host, seconds)
        if self._vectors is not None and not result.ok:
            self._vectors.fail(row.index)
        line = None if self._checkpoint is None else line_of(row, outcome, result)
        if self._checkpoint is None or line is None:
            self.give(result)
        else:
            try:
                self._checkpoint.add(line, partial(self._written_in_thread, result))
            except WorkError as error:
                self.add(row, error, host, seconds)
                return
            self.unwritten += 1

    def _written_in_thread(self, result: Result[Any, Any], error: OSError | None) -> None:
        with suppress(RuntimeError):  # the loop has ended, and nobody waits for the row
            self._loop.call_soon_threadsafe(self._written, result, error)

    def _written(self, result: Result[Any, Any], error: OSError | None) -> None:
        self.unwritten -= 1
        if error is None:
            self.give(result)
        else:
            failure = CheckpointError(f"the checkpoint cannot be written: {error}")
            failure.__cause__ = error
            self._fail(failure)
        self._changed()

    def give(self, ended: Result[Any, Any] | Row) -> None:
        """Let the caller have a result, or a row that an earlier run has finished."""
        if not self._ordered:
            self._ready.append(ended)
        else:
            self._early[ended.index] = ended
            while self._next in self._early:
                self._ready.append(self._early.pop(self._next))
                self._next += 1
        self.wake()

    def take(self) -> Result[Any, Any] | Row | None:
        return self._ready.popleft() if self._ready else None

    async def wait(self) -> None:
        """Wait for `give` or `wake`."""
        self._woken.clear()
        await self._woken.wait()

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        """Write what is not written, and release the files."""
        if self._checkpoint is not None:
            self._checkpoint.close()
        if self._vectors is not None:
            self._vectors.flush()
