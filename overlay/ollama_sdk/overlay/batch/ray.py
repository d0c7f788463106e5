"""Batches on a cluster: `OllamaRows` is a callable class for `Dataset.map_batches` of Ray Data.

>>> import ray  # doctest: +SKIP
>>> from ollama_sdk.overlay.batch.ray import OllamaRows
>>> request = {"model": "llama3.2", "prompt": "Answer in one word, good or bad: {text}"}
>>> rows = ray.data.read_json("reviews.jsonl").map_batches(  # doctest: +SKIP
...     OllamaRows, fn_constructor_args=[request], batch_size=64, concurrency=4
... )

Ray moves the data, starts actors and restarts those that die; within each actor the engine of batches sends the rows.
Ray itself (extra `ray`) is not imported here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from os import PathLike
from typing import Any

from ollama_sdk.overlay import AsyncOllama, RequestError
from ollama_sdk.overlay.batch._hosts import Hosts
from ollama_sdk.overlay.batch._models import IfMissing
from ollama_sdk.overlay.batch._results import Result
from ollama_sdk.overlay.batch._run import Run
from ollama_sdk.overlay.batch._servers import Host
from ollama_sdk.overlay.batch._settings import Settings
from ollama_sdk.overlay.batch._shards import Shards
from ollama_sdk.overlay.batch._work import Work

__all__ = ["OllamaRows"]

_COLUMNS = ("value", "error", "host", "attempts", "seconds", "prompt_tokens", "tokens")


class OllamaRows:
    """Sends the rows of Ray's batches to models, and adds columns with what became of each.

    These are `value`, `error`, `host`, `attempts`, `seconds`, `prompt_tokens` and `tokens`. A row that fails stays: its
    `error` is text, and its `value` None. A value is text, a vector, or, as JSON, what a `format` or a function gave.

    Args:
        work: What is to be done, as for `batch.run`; an item is a dict of the columns of a row.
        hosts: As for `batch.run`; by default OLLAMA_HOST of the actor, which is the server on its node.
        concurrency: How many rows a host works at for this actor, at the same time.
        checkpoint: A folder that all nodes share, in which each actor keeps the rows that it has finished.
        id: The column that names a row, or a function from the item to it. By default the id is a hash of the request,
            so that rows with the same request share an answer.
        job: The name of the job in the checkpoint, as for `batch.run`.
        prefix: What the names of the columns begin with.
        max_attempts: As for `batch.run`.
        outage: As for `batch.run`; what is raised then fails the task of Ray.
        if_missing: As for `batch.run`.

    Raises:
        RequestError: An argument cannot be used.
        CheckpointError: The checkpoint cannot be used.
    """

    def __init__(
        self,
        work: Mapping[str, Any] | Callable[..., Any],
        *,
        hosts: str | AsyncOllama | Host | Iterable[str | AsyncOllama | Host] | None = None,
        concurrency: int = 4,
        checkpoint: str | PathLike[str] | None = None,
        id: str | Callable[[Any], object] | None = None,
        job: str | None = None,
        prefix: str = "",
        max_attempts: int = 5,
        outage: float = 300.0,
        if_missing: IfMissing = "error",
    ) -> None:
        self._work = Work.of(work, typed=False)
        self._prefix = prefix
        self._settings = Settings(
            hosts=Hosts(hosts, concurrency=concurrency),  # which all batches of the actor share
            checkpoint=None if checkpoint is None else Shards(checkpoint, job or self._work.job),
            id=id,
            job=job,
            ordered=True,
            max_attempts=max_attempts,
            outage=outage,
            if_missing=if_missing,
        )

    async def __call__(self, batch: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Send a batch of rows, in the form that Ray calls numpy: its columns as arrays, by their names."""
        names = [self._prefix + column for column in _COLUMNS]
        taken = sorted(set(names) & set(batch))
        if taken:
            raise RequestError(f"the rows have the columns {', '.join(taken)} already; give prefix='ollama_'")
        items = [dict(zip(batch, row, strict=True)) for row in zip(*map(_plain, batch.values()), strict=True)]
        run: Run[Any, Any] = Run(items, self._work, self._settings)
        rows = [_cells(result) async for result in run]
        yield {**batch, **{name: [row[number] for row in rows] for number, name in enumerate(names)}}

    async def close(self) -> None:
        """Close connections and files, where that is not left to the end of the process, as Ray does it."""
        await self._settings.hosts.close()
        if isinstance(self._settings.checkpoint, Shards):
            self._settings.checkpoint.close()


def _cells(result: Result[Any, Any]) -> tuple[Any, ...]:
    """Return the values of a row for `_COLUMNS`, in their order."""
    value, error = result.value, result.error
    is_vector = isinstance(value, list) and all(isinstance(number, float) for number in value)
    if not is_vector and not isinstance(value, str | None):
        value = json.dumps(value, ensure_ascii=False)
    text = None if error is None else f"{type(error).__name__}: {error}"
    return value, text, result.host, result.attempts, result.seconds, result.prompt_tokens, result.tokens


def _plain(value: Any) -> Any:
    """A value without arrays of numpy, which Ray makes of lists."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
