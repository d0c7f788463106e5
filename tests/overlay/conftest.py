"""Fixtures: a scripted server, and clients of both kinds that must leave no connection behind."""

from __future__ import annotations

import gc
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from overlay.callers import Api, LoopThread, http_client, stock_transport

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay._calls import cancel
from ollama_sdk.overlay._calls.calls import Call
from ollama_sdk.overlay.testing import OllamaServer


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "OLLAMA_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.stop()


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer(hosts=["*"]) as running:
        yield running


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens on, and that no other program gets meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, in seconds; they are recorded, not waited for."""
    asked: list[float] = []

    async def sleep(call: Call, seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(cancel, "sleep", lambda call, seconds: asked.append(seconds))
    monkeypatch.setattr(cancel, "sleep_async", sleep)
    return asked


@pytest.fixture
def _interrupts_anywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Allow interrupts in finalizers, where Python drops them, and where they leave sockets to the collector."""
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    yield
    gc.collect()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the two clients."""
    return request.param


@pytest.fixture
def transport() -> str:
    """Whose transport: the client's `own` choice; `all_transports` adds those of httpx and httpx2."""
    return "own"


@pytest.fixture
def make_api(kind: str, transport: str, server: OllamaServer, loop_thread: LoopThread) -> Iterator[Callable[..., Api]]:
    """Make clients; at the end they are closed and have no connection to the server left."""
    made: list[Api] = []
    injected: list[Any] = []

    def make(host: str | None = None, **arguments: Any) -> Api:
        if transport == "stock" and "http_client" not in arguments:
            arguments.setdefault("transport", stock_transport(kind))
        if transport in ("injected", "httpx2"):
            arguments.setdefault("http_client", http_client(kind, "httpx2" if transport == "httpx2" else "httpx"))
            injected.append(arguments["http_client"])
        client = (Ollama if kind == "sync" else AsyncOllama)(host or server.url, **arguments)
        made.append(Api(client, loop_thread))
        return made[-1]

    yield make
    for api in made:
        api.close()
    for client in injected:
        if kind == "sync":
            client.close()
        else:
            loop_thread.run(client.aclose())
    assert server.wait_for_connections(0), "a connection was left open"


@pytest.fixture
def api(make_api: Callable[..., Api]) -> Api:
    """A client of the server, without retries."""
    return make_api(max_retries=0)
