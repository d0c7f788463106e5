"""The engine of a batch: send rows to hosts, as many at a time as these accept, and retry those that failed."""

from __future__ import annotations

import asyncio
import heapq
import time
from functools import partial
from typing import Any

from ollama_sdk.overlay import NotFoundError, OllamaError, OllamaTimeoutError
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._items import Items
from ollama_sdk.overlay.batch._models import Models
from ollama_sdk.overlay.batch._output import Output
from ollama_sdk.overlay.batch._results import CheckpointError, is_of_host, may_retry, wait_before_retry
from ollama_sdk.overlay.batch._rows import Row, Rows
from ollama_sdk.overlay.batch._servers import Server
from ollama_sdk.overlay.batch._settings import Settings
from ollama_sdk.overlay.batch._shards import Shards, open_checkpoint
from ollama_sdk.overlay.batch._vectors import Vectors
from ollama_sdk.overlay.batch._work import Answer, Work, work_error


class Engine:
    """One run, in the event loop in which it is made.

    `_fill` starts all rows that can be started now, and is called whenever that may have changed. It awaits nothing;
    each row that it starts is a task.

    Args:
        items: The items, or what reads them.
        work: What is to be done.
        settings: How.
        hosts: Where.
        vectors: Where vectors are put, if they are.

    Attributes:
        output: What the caller takes.
        failure: What the run has failed with.

    Raises:
        OllamaError: Something is not as the run needs it.
    """

    def __init__(self, items: object, work: Work, settings: Settings, hosts: Hosts, vectors: Vectors | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._settings = settings
        self._hosts = hosts
        self._vectors = vectors
        self._models = Models(hosts, settings.if_missing)
        self._places = sum(server.places for server in hosts.servers)
        self.failure: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: list[tuple[float, int, Row]] = []  # a heap of rows that failed, by the time of their next attempt
        self._due: list[Row] = []  # wait for a place at a host
        self._is_full = False
        self._timer: asyncio.TimerHandle | None = None
        reader = Items(items, self._changed)  # before a file is opened, since it may fail
        before = None if vectors is None else vectors.flush
        checkpoint = open_checkpoint(settings.checkpoint, settings.job or work.job, before)
        self.output = Output(settings.ordered, self._places, checkpoint, vectors, self._changed, self.end)
        self._rows = Rows(reader, work, settings.id, checkpoint)
        self._deadline: asyncio.TimerHandle | None = None
        if settings.deadline is not None:
            self._deadline = self._loop.call_later(settings.deadline, self._run_out)
        self._has_begun = self._knows_hosts = False
        self._start(self._begin())

    # Beginning and ending

    async def _begin(self) -> None:
        """Read the checkpoint, before the first row is read."""
        await self.output.load()
        self._hosts.listen(self._changed)
        self._has_begun = True

    async def _ask_hosts(self, model: str | None) -> None:
        """Ask the hosts, before the first row is sent, and only if one is."""
        await self._models.begin(model)
        self._knows_hosts = True

    def end(self, failure: BaseException) -> None:
        """Start nothing more, end what is in flight, and let the run fail."""
        if self.failure is None:
            self.failure = failure
        for task in self._tasks:
            task.cancel()
        self._changed()

    def _run_out(self) -> None:
        limit = self._settings.deadline
        self.end(OllamaTimeoutError(f"the batch did not end within {limit} s", phase="deadline", limit=limit))

    def is_over(self) -> bool:
        """Whether there is nothing more to come."""
        if self._tasks or self.output.unwritten:
            return False
        return self.failure is not None or (self._rows.items.is_over and not self._again and not self._due)

    async def close(self) -> None:
        """End what is in flight, write what is finished, and release the files."""
        if self._has_begun:
            self._hosts.stop_listening(self._changed)
        self._has_begun = False
        for timer in (self._deadline, self._timer):
            if timer is not None:
                timer.cancel()
        try:
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._rows.items.close()
        finally:
            if not isinstance(self._settings.checkpoint, Shards):  # which other runs of its owner use, too
                self.output.close()
            self.output.wake()

    def _changed(self) -> None:
        self._fill()
        if self.is_over():
            self.output.wake()

    # Starting rows

    def taken(self) -> None:
        """Note that the caller has taken a result, which makes room for a row."""
        if self._is_full:
            self._fill()

    def _start(self, coroutine: Any, server: Server | None = None) -> None:
        # Not by create_task, which may be set to run what it is given at once: in the middle of `_start_rows`.
        task = asyncio.Task(coroutine, loop=self._loop)
        self._tasks.add(task)
        task.add_done_callback(partial(self._ended, server))

    def _ended(self, server: Server | None, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.end(error)
        if server is not None:
            self._hosts.release(server)  # which calls `_changed`, unless the run is being closed
        else:
            self._changed()

    def _fill(self) -> None:
        if not self._has_begun or self.failure is not None:
            return
        try:
            self._start_rows()
            self._set_timer()
        except Exception as error:  # from the checkpoint, the hosts, or an unusual item
            self.end(error)
            return
        failed = self._rows.items.error
        if failed is not None and not self._tasks and not self._again and not self._due:
            self.end(failed)

    def _start_rows(self) -> None:
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            self._due.append(heapq.heappop(self._again)[2])
        due, self._due = self._due, []
        self._due += [row for row in due if not self._start_row(row)]
        if self._due and not self._knows_hosts:
            return
        while self._has_room() and self._hosts.has_place() and (row := self._next_row()) is not None:
            if not self._start_row(row):
                self._due.append(row)
                if not self._knows_hosts:
                    self._start(self._ask_hosts(row.model))
                    return

    def _next_row(self) -> Row | None:
        """Return the next row to send; those that need not be sent go to the caller."""
        # No more rows wait for a host or for their next attempt than there are places.
        while len(self._due) + len(self._again) < self._places and self._has_room():
            row = self._rows.next()
            if row is None:
                return None
            if row.stored is not None:
                self.output.give(row)
            elif row.error is not None:
                self.output.add(row, row.error)
            else:
                return row
        return None

    def _has_room(self) -> bool:
        self._is_full = not self.output.has_room()
        return not self._is_full

    def _start_row(self, row: Row) -> bool:
        """Start a row, or let it fail, if there is a place for it; return whether that was done."""
        if not self._knows_hosts:
            return False
        missing = self._models.missing_everywhere(row.model)
        if missing is not None:
            self.output.add(row, missing)
            return True
        # The model is not passed: rows go to all hosts, not first to those that have it loaded.
        server = self._hosts.take(avoid=row.avoid, without=self._models.lacking(row.model))
        if server is None:
            return False
        self._start(self._work_at(server, row), server)
        return True

    def _set_timer(self) -> None:
        """Call `_changed` when a row is to be tried again, a host has rested, or none has answered for too long."""
        now = time.monotonic()
        away_since = self._hosts.away_since()
        if away_since is not None and now - away_since >= self._settings.outage:
            raise self._hosts.unreachable()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        again_at = self._again[0][0] if self._again else None
        moments = (self._hosts.next_change(), again_at, away_since and away_since + self._settings.outage)
        at = min((moment for moment in moments if moment is not None), default=None)
        if at is not None:
            self._timer = self._loop.call_later(max(0.0, at - now), self._changed)

    # One attempt, and its result

    async def _work_at(self, server: Server, row: Row | None) -> None:
        """Send a row, then others at the same place: a task for each, and connections that wait, would cost more."""
        while row is not None:
            await self._attempt(row, server)
            row = None
            if self.failure is None and not self._due and server.failing_since is None and not self._hosts.is_shared():
                row = self._next_row()
                if row is not None and server in self._models.lacking(row.model):
                    self._due.append(row)
                    row = None

    async def _attempt(self, row: Row, server: Server) -> None:
        call = row.call
        assert call is not None
        started = time.monotonic()
        outcome: Answer | OllamaError
        row.attempts += 1
        try:
            if call.model is not None and not await self._has_model(server, call.model):
                row.attempts -= 1  # nothing was sent
                self._try_again(row, 0.0)
                return
            started = time.monotonic()
            place = None if self._vectors is None else partial(self._vectors.put, row.index)
            outcome = await call.send(server.once, place)
        except CheckpointError:
            raise
        except OllamaError as error:
            outcome = error
        except asyncio.CancelledError as error:
            if (task := asyncio.current_task()) is None or task.cancelling():
                raise
            outcome = work_error(error)
        except Exception as error:
            outcome = work_error(error)
        failure = outcome if isinstance(outcome, OllamaError) else None
        server.note(failure, started)
        may_pass = failure is not None and row.attempts < self._settings.max_attempts
        # A host that has its model no more would fail all rows, faster than the others do them.
        model = call.model if may_pass and isinstance(failure, NotFoundError) else None
        if model is not None and await self._models.had_lost(server, model, started):
            self._try_again(row, 0.0)
        elif may_pass and failure is not None and may_retry(failure):
            row.avoid = server
            elsewhere = row.attempts == 1 and is_of_host(failure) and self._hosts.has_other(server)
            self._try_again(row, 0.0 if elsewhere or server.is_down else wait_before_retry(row.attempts, failure))
        else:
            self.output.add(row, outcome, server.url, time.monotonic() - started)

    async def _has_model(self, server: Server, model: str) -> bool:
        try:
            return await self._models.ensure(server, model)
        except NotFoundError as error:
            self.end(error)
            raise asyncio.CancelledError from error

    def _try_again(self, row: Row, wait: float) -> None:
        heapq.heappush(self._again, (time.monotonic() + wait, row.index, row))
        self._set_timer()
