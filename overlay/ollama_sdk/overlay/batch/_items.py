"""The items of a run, read one at a time and only when there is a place for the next, and their ids."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sized
from typing import Any

from ollama_sdk.overlay import RequestError
from ollama_sdk.overlay.batch._results import CheckpointError, RowError
from ollama_sdk.overlay.batch._templates import fields_of_item, without_numpy
from ollama_sdk.overlay.batch._work import work_error

_ENDS_ALL = (KeyboardInterrupt, SystemExit)  # an event loop passes on these two, and no other BaseException


def check_items(items: object) -> Iterable[Any]:
    """Return the items; raise RequestError when they are none."""
    if not isinstance(items, Iterable) or isinstance(items, str | bytes | Mapping):
        raise RequestError(f"items must be an iterable of rows, not {type(items).__name__}")
    if hasattr(items, "columns"):  # iterates over the names of its columns in pandas, over the columns in others
        raise RequestError(
            f"items must be an iterable of rows, which a {type(items).__name__} is not; give its rows as dicts, "
            "of pandas by items.to_dict('records')"
        )
    return items


def length(items: object) -> int | None:
    """How many items there are, if that can be known."""
    return len(items) if isinstance(items, Sized) else None


class Items:
    """Reads items, from an iterable at once and from an async iterable in a task.

    Args:
        items: The items.
        arrived: Called when the task has read something.

    Attributes:
        is_over: Whether there are no more.
        error: What reading has failed with.
    """

    def __init__(self, items: object, arrived: Callable[[], object]) -> None:
        self.is_over = False
        self.error: BaseException | None = None
        self._arrived = arrived
        self._task: asyncio.Task[None] | None = None
        self._read: list[Any] = []
        self._count = 0
        self._plain: Iterator[Any] | None = None
        self._awaited: AsyncIterator[Any] | None = None
        if isinstance(items, AsyncIterable):
            self._awaited = aiter(items)
        else:
            self._plain = iter(check_items(items))

    def next(self) -> tuple[int, Any] | None:
        """The next item and its index; None when there is none, or none yet."""
        if self.is_over:
            return None
        if self._plain is not None:
            try:
                item = next(self._plain)
            except StopIteration:
                self.is_over = True
                return None
            except _ENDS_ALL:
                raise
            except BaseException as error:  # raised by a generator of the caller
                self._end(error)
                return None
        elif self._read:
            item = self._read.pop()
        else:
            if self._task is None:
                # Not by create_task, which may be set to run what it is given at once.
                self._task = asyncio.Task(self._read_next(), loop=asyncio.get_running_loop())
            return None
        self._count += 1
        return self._count - 1, item

    async def _read_next(self) -> None:
        assert self._awaited is not None
        try:
            self._read.append(await anext(self._awaited))
        except StopAsyncIteration:
            self.is_over = True
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            self._end(RequestError("an item cannot be read: what it waited for was cancelled"))
        except _ENDS_ALL:
            raise
        except BaseException as error:
            self._end(error)
        self._task = None
        self._arrived()

    def _end(self, error: BaseException) -> None:
        self.is_over, self.error = True, error

    async def close(self) -> None:
        """End the task that reads."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


class Ids:
    """Gives rows their ids, no two of them the same.

    Args:
        given: The name of the field that has the id, or a function from the item to it; None for ids made here.
        hashed: Whether an id that is made here is a hash of what is asked, as a checkpoint needs it, rather than the
            index.
    """

    def __init__(self, given: str | Callable[[Any], object] | None, *, hashed: bool) -> None:
        self._given = given
        self._hashed = hashed
        self._seen: dict[str, int] = {}

    def of(self, index: int, item: Any, digest: str | None) -> str:
        """The id of a row.

        Raises:
            RowError: What is given is no id, or another row has it.
            WorkError: The function failed.
            CheckpointError: No id can be made of the item.
        """
        if self._given is None and not self._hashed:
            return str(index)
        if self._given is None:
            if digest is None:
                raise CheckpointError(f"an item of {type(item).__name__} has no JSON form: give id=, a function of it")
            # Two rows with the same request stay two rows.
            number = self._seen[digest] = self._seen.get(digest, 0) + 1
            return digest if number == 1 else f"{digest}-{number}"
        given = without_numpy(self._given_to(item))
        if isinstance(given, bool) or not isinstance(given, str | int):
            raise RowError(f"an id must be text or a whole number, not {given!r}")
        id = str(given)
        if id in self._seen:
            raise RowError(f"the id {id!r} is that of row {self._seen[id]}, too")
        self._seen[id] = index
        return id

    def _given_to(self, item: Any) -> object:
        if not isinstance(self._given, str):
            assert self._given is not None
            try:
                return self._given(item)
            except Exception as error:
                raise work_error(error) from error
        fields = fields_of_item(item) or {}
        if self._given not in fields:
            raise RowError(f"the row has no field {self._given!r}, which is to be its id")
        return fields[self._given]
