"""A run of a batch, as an asynchronous program sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from typing import Any, Generic, Self

from ollama_sdk.overlay import AbortError, RequestError
from ollama_sdk.overlay.batch._engine import Engine
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._items import check_items, length
from ollama_sdk.overlay.batch._kept import restored
from ollama_sdk.overlay.batch._progress import Counts, Progress
from ollama_sdk.overlay.batch._results import ItemT, Result, ValueT
from ollama_sdk.overlay.batch._settings import Settings
from ollama_sdk.overlay.batch._vectors import Vectors
from ollama_sdk.overlay.batch._work import Work

_TAKEN_AT_A_TIME = 100  # results that are yielded before other tasks may run


class Run(Generic[ItemT, ValueT]):
    """What `run` returns: an async iterable of results, which can be iterated once.

    The run begins when the first result is asked for, and ends with the loop: also when that is left early, whether by
    `break`, an error, or because its task is cancelled. What has no place in memory waits: rows are read as they are
    needed, and no more of them begun while results wait to be taken.
    """

    def __init__(self, items: Any, work: object, settings: Settings) -> None:
        self._items = items if isinstance(items, AsyncIterable) else check_items(items)
        self._work = Work.of(work)
        self._settings = settings
        total = length(items) if settings.total is None else settings.total
        self._vectors: Vectors | None = None
        if settings.vectors is not None:
            if self._work.embeds is False:
                raise RequestError("vectors= is for work that is a request with one text as its input")
            self._vectors = Vectors(settings.vectors, total)
        self._own_hosts: Hosts | None = None
        self._hosts = settings.hosts
        if not isinstance(settings.hosts, Hosts):
            self._hosts = self._own_hosts = Hosts(settings.hosts, concurrency=settings.concurrency)
        self._counts = Counts(total, settings.progress)
        self._engine: Engine | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_begun = self._is_aborted = False

    @property
    def progress(self) -> Progress:
        """How far the run is."""
        return self._counts.progress()

    def abort(self) -> None:
        """End what is in flight and the run; what is finished is kept, and whoever iterates gets AbortError.

        Safe in any thread, any task and a signal handler, any number of times, also before the run has begun.
        """
        self._is_aborted = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed, and so the run is over
                self._loop.call_soon_threadsafe(self._end_if_aborted)

    def _end_if_aborted(self) -> None:
        if self._is_aborted and self._engine is not None:
            self._engine.end(AbortError("the batch was ended by abort()"))

    def __aiter__(self) -> AsyncIterator[Result[ItemT, ValueT]]:
        """Begin, and iterate over the results.

        Raises:
            RequestError: The run was begun before.
        """
        if self._has_begun:
            raise RequestError("a run can be iterated once; call run() again for another one")
        self._has_begun = True
        return self._results()

    async def _results(self) -> AsyncIterator[Result[ItemT, ValueT]]:
        self._loop = asyncio.get_running_loop()
        try:
            self._counts.start()
            engine = self._engine = Engine(self._items, self._work, self._settings, self._hosts, self._vectors)
            self._end_if_aborted()
            taken = 0
            while True:
                ended = engine.output.take()
                if ended is None:
                    if engine.is_over():
                        break
                    await engine.output.wait()
                    continue
                result = ended if isinstance(ended, Result) else await restored(ended, self._vectors)
                engine.taken()
                self._counts.add(result)
                yield result
                taken += 1
                if taken % _TAKEN_AT_A_TIME == 0:
                    await asyncio.sleep(0)
        finally:
            await self._close()
        if engine.failure is not None:
            raise engine.failure

    async def _close(self) -> None:
        engine, self._engine = self._engine, None
        try:
            if engine is not None:
                await engine.close()
        finally:
            self._counts.close()
            if self._own_hosts is not None:
                await self._own_hosts.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self._has_begun = True
        if self._engine is not None:
            self._engine.end(AbortError("the batch was ended by the end of its with block"))
        await self._close()
