"""The requests that make up one call: so many at the same time, begun in order, until one fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ollama_sdk.overlay._calls.calls import CallGroup

T = TypeVar("T")


def run_in_threads(functions: Sequence[Callable[[], T]], at_once: int, group: CallGroup, name: str) -> list[T]:
    """Call functions in threads, or in this one when there is nothing to do beside it.

    Args:
        functions: What to call; their requests are calls of the group.
        at_once: How many may run at the same time.
        group: Aborted when a function fails, so that the others stop.
        name: What the threads are called.

    Returns:
        What the functions return, in their order.

    Raises:
        AbortError: The group was aborted.
        Exception: What the first function that fails raises.
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

    count = min(at_once, len(functions))
    if count <= 1:
        work()
    else:
        _run_workers(work, count, group, name)
    return [results[index] for index in range(len(functions))]


def _run_workers(work: Callable[[], None], count: int, group: CallGroup, name: str) -> None:
    from concurrent.futures import ThreadPoolExecutor, as_completed
    from contextvars import copy_context

    with ThreadPoolExecutor(count, thread_name_prefix=name) as threads:
        try:
            for worker in as_completed(threads.submit(copy_context().run, work) for _ in range(count)):
                worker.result()
        except BaseException:  # also Ctrl-C, from the first thread on: leaving the block waits for them
            group.abort()
            raise


async def run_in_tasks(
    functions: Sequence[Callable[[], Awaitable[T]]], at_once: int, group: CallGroup, name: str
) -> list[T]:
    """As `run_in_threads`, in tasks; an abort of the group cancels the functions in any phase."""
    import anyio

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
        async with anyio.create_task_group() as tasks:
            for _ in range(min(at_once, len(functions))):
                tasks.start_soon(work, tasks.cancel_scope, name=name)

    await run_in_group(group, run_all())
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(functions))]
