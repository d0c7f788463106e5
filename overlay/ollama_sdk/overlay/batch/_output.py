"""The results of a run, as they come or in the order of the items, for the caller who waits for them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from ollama_sdk.overlay.batch._results import Result
from ollama_sdk.overlay.batch._rows import Row

_AHEAD = 1000  # rows that may end before an earlier row that is still running


class Output:
    """Results, and rows of earlier runs, that the caller has not taken.

    Args:
        ordered: Whether they are given in the order of the items.
        places: How many rows are worked at, at the same time.
    """

    def __init__(self, *, ordered: bool, places: int) -> None:
        self._ready: deque[Result[Any, Any] | Row] = deque()
        self._ordered = ordered
        self._places = places
        self._early: dict[int, Result[Any, Any] | Row] = {}
        self._next = 0
        self._woken = asyncio.Event()

    def has_room(self, coming: int) -> bool:
        """Whether another row may be begun, when so many are on their way here: memory stays bounded by it."""
        return len(self._ready) + coming < 2 * self._places and len(self._early) < max(_AHEAD, 4 * self._places)

    def put(self, ended: Result[Any, Any] | Row) -> None:
        """Add one."""
        if not self._ordered:
            self._ready.append(ended)
        else:
            self._early[ended.index] = ended
            while self._next in self._early:
                self._ready.append(self._early.pop(self._next))
                self._next += 1
        self.wake()

    def take(self) -> Result[Any, Any] | Row | None:
        """The next one, if there is one."""
        return self._ready.popleft() if self._ready else None

    async def wait(self) -> None:
        """Wait for `put` or `wake`."""
        self._woken.clear()
        await self._woken.wait()

    def wake(self) -> None:
        """End the waiting."""
        self._woken.set()
