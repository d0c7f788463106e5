"""pytest fixtures; enable them with `pytest_plugins = ["ollama_sdk.overlay.testing.pytest_plugin"]`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ollama_sdk.overlay.testing._server import OllamaServer

__all__ = ["ollama_model_server", "ollama_server"]


@pytest.fixture
def ollama_server() -> Iterator[OllamaServer]:
    """A scriptable server, started and stopped for each test."""
    with OllamaServer() as server:
        yield server


@pytest.fixture(scope="session")
def ollama_model_server() -> Iterator[OllamaServer]:
    """A server with the embedded model `smollm2:135m`, one for the whole session; skips where it is not installed."""
    from ollama_sdk.overlay.testing._model import EmbeddedModel
    from ollama_sdk.overlay.testing._model_api import ModelApi

    try:
        model = EmbeddedModel(threads=1)  # the other cores are often busy with tests
    except ImportError as error:
        pytest.skip(str(error))
    with model, OllamaServer(responder=ModelApi(model)) as server:
        yield server
