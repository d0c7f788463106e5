"""Servers that answer whatever rows ask, and runs of batches against them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from batch.server import answering

from ollama_sdk.overlay import batch
from ollama_sdk.overlay.batch import Result, _results
from ollama_sdk.overlay.testing import OllamaServer

MakeServer = Callable[[], OllamaServer]
Collect = Callable[..., list[Result[Any, Any]]]


@pytest.fixture(autouse=True)
def _short_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide the pauses of retries and of failing hosts by fifty."""
    monkeypatch.setattr(_results, "_jittered", lambda seconds: seconds / 50)


@pytest.fixture
def make_server() -> Iterator[MakeServer]:
    """Start servers that have every model, and answer each prompt with itself."""
    with ExitStack() as running:
        yield lambda: running.enter_context(answering(OllamaServer()))


@pytest.fixture
def server(make_server: MakeServer) -> OllamaServer:
    return make_server()


@pytest.fixture(params=["run", "map"])
def collect(request: pytest.FixtureRequest) -> Collect:
    """Do a batch by `run` or by `map`, and return all results."""

    def by_run(items: Any, work: Any, **arguments: Any) -> list[Result[Any, Any]]:
        async def main() -> list[Result[Any, Any]]:
            return [result async for result in batch.run(items, work, **arguments)]

        return asyncio.run(main())

    def by_map(items: Any, work: Any, **arguments: Any) -> list[Result[Any, Any]]:
        return list(batch.map(items, work, **arguments))

    return by_run if request.param == "run" else by_map
