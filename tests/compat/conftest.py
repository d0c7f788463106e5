"""Fixtures: a scripted server, the official client where it is installed, and an environment without settings."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from ollama_sdk.overlay.compat import _default
from ollama_sdk.overlay.testing import OllamaServer


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OLLAMA_HOST", "OLLAMA_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def _fresh_default_client(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(_default, "_made", {})
    yield
    for client in _default._made.values():
        client.close()


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture
def official() -> ModuleType:
    """The official client, whose behaviour is the measure; the group `test` has it."""
    module: ModuleType = pytest.importorskip("ollama", reason="compared with the official client, version 0.6.3")
    return module
