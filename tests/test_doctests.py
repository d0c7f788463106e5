"""The examples in docstrings run as they stand."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import ollama_sdk.overlay

MODULES = [
    module.name
    for module in pkgutil.walk_packages(ollama_sdk.overlay.__path__, "ollama_sdk.overlay.")
    if not module.name.endswith("__main__")
]


@pytest.mark.parametrize("name", ["ollama_sdk.overlay", *MODULES])
def test_the_examples_of_a_module_run(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        pytest.skip(f"needs a package that is not installed: {error.name}")
    assert doctest.testmod(module).failed == 0
