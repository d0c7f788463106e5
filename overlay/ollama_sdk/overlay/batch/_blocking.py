"""A run of a batch, as a program without an event loop sees it: the loop is in a thread."""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, Self

from attrs import evolve, frozen

from ollama_sdk.overlay import OllamaError, RequestError
from ollama_sdk.overlay.batch._items import check_items, length
from ollama_sdk.overlay.batch._progress import Progress
from ollama_sdk.overlay.batch._results import ItemT, Result, ValueT
from ollama_sdk.overlay.batch._run import Run
from ollama_sdk.overlay.batch._settings import Settings

# A wait without an end is not ended by Ctrl-C on Windows.
_LONGEST_WAIT = 0.1 if sys.platform == "win32" else None
_NO_MORE = object()


@frozen
class _Over:
    """The run is over."""

    error: BaseException | None


async def _callers_items(events: SimpleQueue[Any]) -> AsyncIterator[Any]:
    """Items that are read in the thread of the caller, to which generators and database cursors often belong."""
    while True:
        future = asyncio.get_running_loop().create_future()
        events.put(future)  # the caller's thread gives it the next item
        item = await future
        if item is _NO_MORE:
            return
        yield item


class BlockingRun(Generic[ItemT, ValueT]):
    """What `map` returns: an iterable of results, which can be iterated once; see `Run`.

    The calls are made in a thread with an event loop, and go on while the caller is busy with a result. Items are read
    in the thread of the caller, while that waits for a result.
    """

    def __init__(self, items: Any, work: object, settings: Settings) -> None:
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._items: Iterator[Any] | None = None
        if not isinstance(items, AsyncIterable):
            total = length(items) if settings.total is None else settings.total
            settings = evolve(settings, total=total)
            self._items = iter(check_items(items))
            items = _callers_items(self._events)
        self._run: Run[ItemT, ValueT] = Run(items, work, settings)
        self._has_begun = self._is_closed = False
        self._thread: threading.Thread | None = None
        self._is_driven = threading.Event()
        self._task: asyncio.Task[Any] | None = None

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        return self._run.progress

    def abort(self) -> None:
        """End what is in flight and the run; see `Run.abort`."""
        self._run.abort()

    def __iter__(self) -> Iterator[Result[ItemT, ValueT]]:
        """Begin, and iterate over the results.

        Raises:
            RequestError: The run was begun before.
        """
        if self._has_begun:
            raise RequestError("a run can be iterated once; call map() again for another one")
        self._has_begun = True
        return self._results()

    def _results(self) -> Iterator[Result[ItemT, ValueT]]:
        main = partial(copy_context().run, self._main)  # with the caller's context variables, such as a span
        self._thread = threading.Thread(target=main, name="ollama-batch", daemon=True)
        try:
            self._start()
            atexit.register(self.close)  # closes before the interpreter ends its threads
            self._is_driven.wait()
            while not isinstance(event := self._next_event(), _Over):
                if isinstance(event, asyncio.Future):
                    self._give_item(event)
                else:
                    yield event
                    self._in_loop(self._taken.set)
            if event.error is not None:
                raise event.error
        finally:
            try:
                self.close()
            finally:
                self.close()  # Ctrl-C may have interrupted the first call

    def _start(self) -> None:
        assert self._thread is not None
        try:
            self._thread.start()
        except RuntimeError as error:
            raise OllamaError(
                f"map() cannot start its thread: {error}; run() needs none, as in a browser, which has none"
            ) from error

    def _next_event(self) -> Any:
        while True:
            try:
                return self._events.get(timeout=_LONGEST_WAIT)
            except Empty:
                pass

    def _give_item(self, future: asyncio.Future[Any]) -> None:
        assert self._items is not None
        item: object = None
        failure: Exception | None = None
        try:
            item = next(self._items, _NO_MORE)
        except Exception as error:
            failure = error
        self._in_loop(_settle, future, item, failure)

    def _in_loop(self, function: Callable[..., object], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed; the next event has the reason
            self._loop.call_soon_threadsafe(function, *arguments)

    def _main(self) -> None:
        error: BaseException | None = None
        try:
            asyncio.run(self._drive())
        except BaseException as failure:  # `_results` raises it
            error = failure
        self._events.put(_Over(error))
        self._is_driven.set()  # also if no event loop can be made

    async def _drive(self) -> None:
        self._loop, self._taken = asyncio.get_running_loop(), asyncio.Event()
        self._task = asyncio.current_task()
        self._is_driven.set()
        if self._is_closed:  # read after the task is set: `close` does both in the other order
            return
        async for result in self._run:
            self._taken.clear()
            self._events.put(result)
            await self._taken.wait()

    def close(self) -> None:
        """End the run, if it is not over; what is finished is kept."""
        self._has_begun = self._is_closed = True
        thread = self._thread
        if thread is None:
            return
        if self._task is not None:
            self._in_loop(self._task.cancel)
        if thread.is_alive():  # otherwise it has ended, or ends as soon as it starts
            thread.join()
        atexit.unregister(self.close)
        self._thread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _settle(future: asyncio.Future[Any], item: object, error: Exception | None) -> None:
    if future.done():  # the run has ended meanwhile
        return
    if error is None:
        future.set_result(item)
    else:
        future.set_exception(error)
