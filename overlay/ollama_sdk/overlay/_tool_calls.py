"""Running the calls that a model asks for: one after another, in threads, or as tasks; their results as text."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from attrs import define, frozen

from ollama_sdk.overlay._errors import AbortError, RequestError
from ollama_sdk.overlay._tools import FunctionTool
from ollama_sdk.overlay._type_checks import to_json

_MOST_THREADS = 8


@define
class _Outcome:
    text: str = ""


@frozen
class PendingCall:
    """A call that a model asks for.

    Attributes:
        name: The name of the function, as the model wrote it.
        id: The server's identifier of the call, or None.
        arguments: The arguments, as the model wrote them.
        tool: The function, or None when there is none of this name.
        tells: Whether an exception of the function is told to the model, rather than raised.
        refusal: What the model is told when there is no such function.
    """

    name: str
    id: str | None
    arguments: Mapping[str, Any]
    tool: FunctionTool | None
    tells: bool = True
    refusal: str = ""

    def run(self) -> str:
        """Call the function, wait for it when it is async, and return the text for the model.

        Raises:
            AbortError: The function's own use of a client was aborted.
            Exception: What the function raises, unless that is told to the model.
        """
        call = self._prepared()
        if isinstance(call, str):
            return call
        with self._told() as outcome:
            result = call()
            if inspect.isawaitable(result):
                result = _wait_for(_as_coroutine(result))
            outcome.text = result_text(result)
        return outcome.text

    async def run_async(self, *, in_thread: bool) -> str:
        """The same, awaiting the function when it is async.

        Args:
            in_thread: Whether a function that is not async runs in a thread, so that others go on meanwhile.
        """
        call = self._prepared()
        if isinstance(call, str):
            return call
        with self._told() as outcome:
            result = await asyncio.to_thread(call) if in_thread and not self._is_async() else call()
            if inspect.isawaitable(result):
                result = await result
            outcome.text = result_text(result)
        return outcome.text

    def _prepared(self) -> Callable[[], Any] | str:
        """The call, or what the model is told about why it cannot be made: its mistakes are its own to correct."""
        if self.tool is None:
            return self.refusal
        try:
            return self.tool.bind(self.arguments)
        except RequestError as error:
            return f"Error: {error}"

    def _is_async(self) -> bool:
        function = self.tool.function if self.tool else None
        return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004  # not asked whether it can be called

    @contextmanager
    def _told(self) -> Iterator[_Outcome]:
        outcome = _Outcome()
        try:
            yield outcome
        except AbortError:
            raise  # the caller wants everything to end
        except Exception as error:
            if not self.tells:
                raise
            outcome.text = f"Error: {type(error).__name__}: {error}"


def run_calls(calls: Sequence[PendingCall], *, parallel: bool = False) -> list[str]:
    """Run calls and return their texts in the same order.

    Args:
        calls: The calls.
        parallel: Whether they run in threads, all at the same time, each with a copy of the context variables.

    Raises:
        Exception: What the first of the functions that failed raises, unless it is told to the model; with `parallel`
            after the others have ended.
    """
    if not parallel or len(calls) < 2:
        return [call.run() for call in calls]
    with ThreadPoolExecutor(min(len(calls), _MOST_THREADS), thread_name_prefix="ollama-tool") as pool:
        futures = [pool.submit(copy_context().run, call.run) for call in calls]
    return [future.result() for future in futures]


async def run_calls_async(calls: Sequence[PendingCall], *, parallel: bool = False) -> list[str]:
    """Run calls and return their texts in the same order.

    Args:
        calls: The calls.
        parallel: Whether they run all at the same time, those of functions that are not async in threads. Without it
            such a function runs in the thread of the event loop, which waits for it.

    Raises:
        Exception: As `run_calls` says.
    """
    if not parallel:
        return [await call.run_async(in_thread=False) for call in calls]
    outcomes = await asyncio.gather(*(call.run_async(in_thread=True) for call in calls), return_exceptions=True)
    texts: list[str] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        texts.append(outcome)
    return texts


def result_text(result: object) -> str:
    """What a function returned, as text for the model: text as it is, anything else as JSON.

    Raises:
        TypeError: It cannot be written as JSON.
        ValueError: It holds something that is not JSON, such as NaN.
    """
    return result if type(result) is str else to_json(result)


async def _as_coroutine(awaitable: Any) -> object:
    return await awaitable


def _wait_for(coroutine: Coroutine[Any, Any, object]) -> object:
    """Run a coroutine to its end, from code that is not async."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    # Called within an event loop's thread, which can run no second loop.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(copy_context().run, asyncio.run, coroutine).result()
