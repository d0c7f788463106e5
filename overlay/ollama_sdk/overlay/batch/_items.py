"""The items of a run, read one at a time and only when there is a place for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sized
from typing import Any

from ollama_sdk.overlay import RequestError

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
