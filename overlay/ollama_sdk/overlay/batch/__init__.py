"""The same work for many rows, on one host or several: retries, a checkpoint, order and progress.

>>> from ollama_sdk.overlay import batch
>>> reviews = [{"text": "I love it."}, {"text": "It broke."}]
>>> request = {"model": "llama3.2", "prompt": "One word, good or bad: {text}"}
>>> for result in batch.map(reviews, request, checkpoint="moods.jsonl"):  # doctest: +SKIP
...     print(result.item["text"], result.value or result.error)

`run` is for programs with an event loop, `map` for those without, `python -m ollama_sdk.overlay.batch` for files; the
engine is the same. `Hosts` picks a host for a single call.

What comes in: items, a request or a function, hosts. What goes out: a `Result` for each item. This package uses the
public names of `ollama_sdk.overlay` only, but for the objects that it makes of answers in a checkpoint, and the bar.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ollama_sdk.overlay import AsyncOllama
from ollama_sdk.overlay.batch._blocking import BlockingRun
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._progress import Progress
from ollama_sdk.overlay.batch._results import CheckpointError, Result, RowError, WorkError
from ollama_sdk.overlay.batch._run import Run
from ollama_sdk.overlay.batch._servers import Host
from ollama_sdk.overlay.batch._settings import Settings

if TYPE_CHECKING:
    from typing import Unpack

    from ollama_sdk.overlay.batch._settings import Arguments

__all__ = [
    "BlockingRun",
    "CheckpointError",
    "Host",
    "Hosts",
    "Progress",
    "Result",
    "RowError",
    "Run",
    "WorkError",
    "map",
    "run",
]

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")


@overload
def run(
    items: Iterable[ItemT] | AsyncIterable[ItemT],
    work: Mapping[str, Any] | Callable[[ItemT], Mapping[str, Any]],
    **arguments: Unpack[Arguments],
) -> Run[ItemT, Any]: ...
@overload
def run(
    items: Iterable[ItemT] | AsyncIterable[ItemT],
    work: Callable[[AsyncOllama, ItemT], Awaitable[ValueT]],
    **arguments: Unpack[Arguments],
) -> Run[ItemT, ValueT]: ...
def run(items: Iterable[ItemT] | AsyncIterable[ItemT], work: Any, **arguments: Unpack[Arguments]) -> Run[ItemT, Any]:
    """Do the same work for every item, at many of them at the same time, and give a `Result` for each.

    A row that fails is tried again, on another host if there is one, when the connection fails or the server answers
    429 or 5xx, and when the answer does not fit its `format`; not when it can never succeed. What it failed with is the
    `error` of its result, which ends nothing.

    Args:
        items: The rows: anything that can be iterated over, which is read no further than needed.
        work: A request: the arguments of `chat` (it has messages), `generate` (prompt) or `embed` (input) as a dict, in
            whose texts `{name}` stands for a field of the item, and `{item}` for an item that is no dict. Or a function
            from the item to such a request. Or an async function that takes a client and the item.
        **arguments: `hosts`, `concurrency`, `checkpoint`, `ordered`, … as `Arguments` says.

    Returns:
        An async iterable of results.

    Raises:
        RequestError: An argument cannot be used. All other errors are raised while iterating, before the first row is
            sent where that is possible.
        CheckpointError: The checkpoint cannot be used.
        ConnectError: No host answers, at the beginning or for too long.
        NotFoundError: A host lacks the model.
        OllamaTimeoutError: The deadline has passed.
        AbortError: `abort()` was called.

    Example:
        >>> async def main():
        ...     request = {"model": "llama3.2", "prompt": "Translate into French: {item}"}
        ...     async for result in run(["Good morning", "Good night"], request, hosts=["gpu1", "gpu2"]):
        ...         print(result.item, "->", result.value)
    """
    return Run(items, work, Settings(**arguments))


@overload
def map(
    items: Iterable[ItemT] | AsyncIterable[ItemT],
    work: Mapping[str, Any] | Callable[[ItemT], Mapping[str, Any]],
    **arguments: Unpack[Arguments],
) -> BlockingRun[ItemT, Any]: ...
@overload
def map(
    items: Iterable[ItemT] | AsyncIterable[ItemT],
    work: Callable[[AsyncOllama, ItemT], Awaitable[ValueT]],
    **arguments: Unpack[Arguments],
) -> BlockingRun[ItemT, ValueT]: ...
def map(
    items: Iterable[ItemT] | AsyncIterable[ItemT], work: Any, **arguments: Unpack[Arguments]
) -> BlockingRun[ItemT, Any]:
    """As `run`, for a program without an event loop, and for notebooks: returns an iterable of results.

    Items are read in the thread of the caller; functions of `work` run in another one.
    """
    return BlockingRun(items, work, Settings(**arguments))


def _show_arguments(function: Callable[..., Any]) -> None:
    """Give a function the signature with each of its arguments, which `help` and the completion of notebooks show."""
    signature = inspect.signature(function)
    *first, _ = signature.parameters.values()
    settings = inspect.signature(Settings).parameters.values()
    function.__signature__ = signature.replace(parameters=[*first, *settings])  # type: ignore[attr-defined]


_show_arguments(run)
_show_arguments(map)
