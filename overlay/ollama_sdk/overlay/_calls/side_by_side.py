"""The requests of one call: several at a time, started in order, until one fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ollama_sdk.overlay._calls.calls import CallGroup
from ollama_sdk.overlay._runtime import HAS_THREADS

if TYPE_CHECKING:
    import anyio

T = TypeVar("T")


def run_in_threads(functions: Sequence[Callable[[], T]], at_once: int, group: CallGroup, name: str) -> list[T]:
    """Call functions in threads, or one after the other where threads do not exist; return their results in order.

    At most `at_once` run at the same time, in threads whose names begin with `name`. Their requests are calls of the
    group, which is aborted when one fails, so that the others stop. Raise the exception of the first that failed, or
    AbortError if the group was aborted.
    """
    results: dict[int, T] = {}
    waiting = deque(enumerate(functions))

    def work() -> None:
        while True:
            try:
                index, function = waiting.popleft()
            except IndexError:
                return
            group.check()
            results[index] = function()

    count = min(at_once, len(functions)) if HAS_THREADS else 1
    if count <= 1:
        work()
    else:
        from concurrent.futures import ThreadPoolExecutor, as_completed
        from contextvars import copy_context

        with ThreadPoolExecutor(count, thread_name_prefix=name) as threads:
            try:
                for worker in as_completed(threads.submit(copy_context().run, work) for _ in range(count)):
                    worker.result()
            except BaseException:  # Ctrl-C, too: leaving the block waits for the threads
                group.abort()
                raise
    return [results[index] for index in range(len(functions))]


async def run_in_tasks(
    functions: Sequence[Callable[[], Awaitable[T]]], at_once: int, group: CallGroup, name: str
) -> list[T]:
    """Call functions as `run_in_threads` does, in tasks, which an abort of the group cancels."""
    from ollama_sdk.overlay._calls.cancel import run_in_group

    results: dict[int, T] = {}
    failures: list[Exception] = []
    waiting = deque(enumerate(functions))

    async def work(scope: anyio.CancelScope) -> None:
        while waiting:
            index, function = waiting.popleft()
            try:
                results[index] = await function()
            except Exception as error:  # kept out of the task group, which would wrap it
                failures.append(error)
                scope.cancel()
                return

    async def run_all() -> None:
        import anyio

        async with anyio.create_task_group() as tasks:
            for _ in range(min(at_once, len(functions))):
                tasks.start_soon(work, tasks.cancel_scope, name=name)

    await run_in_group(group, run_all)
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(functions))]
