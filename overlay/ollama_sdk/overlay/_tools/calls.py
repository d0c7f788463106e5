"""Run the calls that a model asks for, in turn or at the same time, in threads or tasks; their results are text."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from contextvars import copy_context
from typing import Any

from attrs import frozen

from ollama_sdk.overlay._calls.calls import CallGroup
from ollama_sdk.overlay._calls.cancel import run_in_group
from ollama_sdk.overlay._errors import AbortError, RequestError
from ollama_sdk.overlay._runtime import HAS_THREADS, run_in_thread, run_sync
from ollama_sdk.overlay._sending.observer import observed_tool
from ollama_sdk.overlay._tools.definitions import FunctionTool
from ollama_sdk.overlay._tools.results import Result, result_text

_MOST_THREADS = 8


@frozen
class PendingCall:
    """A call that a model asks for.

    Attributes:
        name: The name of the function, as the model wrote it.
        id: The server's identifier of the call, or None.
        arguments: The arguments, as the model wrote them.
        tool: The function, or None when there is none of this name.
        reports: Whether an exception of the function is reported to the model, rather than raised.
        refusal: The text for the model when there is no such function.
    """

    name: str
    id: str | None
    arguments: Mapping[str, Any] | str
    tool: FunctionTool | None
    reports: bool = True
    refusal: str = ""

    def run(self, group: CallGroup) -> Result:
        """Call the function, wait for it when it is async, and return what the model is told.

        An abort of the group cancels an async function; one that is not async runs to its end.

        Raises:
            AbortError: The group, or the function's own use of a client, was aborted.
            OllamaTimeoutError: The deadline of the group has passed.
            TypeError: The function has returned what has no text.
            Exception: What the function raises, unless that is reported to the model.
        """
        if self.tool is not None and self.tool.needs_loop:
            raise RequestError(f"{self.name} runs in the event loop that it was made in: use AsyncOllama there")
        call = self._bound(group)
        if isinstance(call, str):
            return call
        try:
            with self._observed() as observe:
                result = call()
                if inspect.isawaitable(result):
                    awaitable: Awaitable[object] = result
                    result = _run(run_in_group(group, lambda: awaitable))
                observe(result)
        except Exception as error:
            return self._report(error, group)
        return result_text(result)

    async def run_async(self, group: CallGroup) -> Result:
        """Do as `run` does, in an event loop, where a function that is not async runs in a thread."""
        call = self._bound(group)
        if isinstance(call, str):
            return call
        try:
            with self._observed() as observe:
                result = call() if self._is_async() else await run_in_thread(call, abandon=True)
                if inspect.isawaitable(result):
                    result = await result
                observe(result)
        except Exception as error:
            return self._report(error, group)
        return result_text(result)

    def _observed(self) -> AbstractContextManager[Callable[[object], object]]:
        return observed_tool(self.name, self.id, self.tool.description if self.tool else "", self.arguments)

    def _bound(self, group: CallGroup) -> Callable[[], Any] | str:
        """Return the call, or the text that reports to the model why it cannot be made, so that it can correct it."""
        if self.tool is None:
            return self.refusal
        try:
            bound = self.tool.bind(self.arguments)
        except RequestError as error:
            return f"Error: {error}"

        def call() -> Any:
            group.check()  # here, since it may have waited for a thread
            return bound()

        return call

    def _report(self, error: Exception, group: CallGroup) -> str:
        """Return the text that reports an exception to the model, or raise the exception."""
        group.check()
        if isinstance(error, AbortError) or not self.reports:
            raise error
        return f"Error: {type(error).__name__}: {error}"

    def _is_async(self) -> bool:
        function = self.tool.function if self.tool else None
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004  # whether it is async, not whether it exists


def run_calls(calls: Sequence[PendingCall], group: CallGroup, *, parallel: bool = False) -> list[Result]:
    """Run calls of a group and return what the model is told, in the same order.

    With `parallel` they run in threads, all at the same time, each with a copy of the context variables. After a
    failure, an abort, or Ctrl-C no more of them begin.

    Raises:
        AbortError: The group was aborted; functions that are not async have ended by then.
        OllamaTimeoutError: The deadline of the group has passed; likewise.
        Exception: What the first of the functions that failed raises, unless it is reported to the model; with
            `parallel` after those that run have ended.
    """
    if not parallel or len(calls) < 2 or not HAS_THREADS:
        results = [call.run(group) for call in calls]
        group.check()
        return results
    texts: list[Result] = [""] * len(calls)
    failures: dict[int, BaseException] = {}

    def run(index: int) -> None:
        if not failures:
            try:
                texts[index] = calls[index].run(group)
            except BaseException as error:
                failures[index] = error

    pool = ThreadPoolExecutor(min(len(calls), _MOST_THREADS), thread_name_prefix="ollama-tool")
    try:
        wait([pool.submit(copy_context().run, run, index) for index in range(len(calls))])
    except BaseException:  # Ctrl-C, which does not wait for the functions that run
        group.abort()
        raise
    finally:
        pool.shutdown(wait=False)
    group.check()
    if failures:
        raise failures[min(failures)]
    return texts


async def run_calls_async(calls: Sequence[PendingCall], group: CallGroup, *, parallel: bool = False) -> list[Result]:
    """Run calls as `run_calls` does, in an event loop, where functions that are not async run in threads.

    An abort of the group cancels async functions; others run to their end.
    """
    if not parallel:
        return await run_in_group(group, lambda: _run_in_turn(calls, group))
    return await run_in_group(group, lambda: _run_together(calls, group))


async def _run_together(calls: Sequence[PendingCall], group: CallGroup) -> list[Result]:
    import anyio

    texts: list[Result] = [""] * len(calls)  # that of a function that raises CancelledError stays empty
    failures: dict[int, Exception] = {}

    async def run(index: int) -> None:
        if not failures:
            try:
                texts[index] = await calls[index].run_async(group)
            except Exception as error:  # kept out of the task group, which would wrap it and cancel the others
                failures[index] = error

    async with anyio.create_task_group() as tasks:
        for index in range(len(calls)):
            tasks.start_soon(run, index)
    if failures:
        raise failures[min(failures)]
    return texts


async def _run_in_turn(calls: Sequence[PendingCall], group: CallGroup) -> list[Result]:
    return [await call.run_async(group) for call in calls]


def _run(coroutine: Coroutine[Any, Any, object]) -> object:
    if not HAS_THREADS:
        return run_sync(coroutine)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    # The thread of a running event loop cannot run a second one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, coroutine).result()
