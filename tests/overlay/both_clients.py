"""The fixture `api` of folders whose tests bring a server of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from overlay.callers import Api, LoopThread

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay.testing import OllamaServer


@pytest.fixture(params=[Ollama, AsyncOllama])
def api(request: pytest.FixtureRequest, server: OllamaServer) -> Iterator[Api[Any]]:
    """A client of each kind for the server."""
    loop = LoopThread()
    api: Api[Any] = Api(request.param(server.url), loop)
    yield api
    api.close()
    loop.stop()
