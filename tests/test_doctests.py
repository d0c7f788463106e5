"""The examples in docstrings run as they stand; those of AsyncOllama as in `python -m asyncio`, which awaits."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import pkgutil
from types import CodeType, ModuleType
from typing import Any

import pytest

import ollama_sdk.overlay

MODULES = [
    module.name
    for module in pkgutil.walk_packages(ollama_sdk.overlay.__path__, "ollama_sdk.overlay.")
    if not module.name.endswith("__main__")
]


class Finder(doctest.DocTestFinder):
    """Finds public classes in the module that has them, although they name the package as theirs."""

    def _from_module(self, module: ModuleType, object: Any) -> bool:
        if inspect.isclass(object) and object.__module__ == "ollama_sdk.overlay":
            return f"\nclass {object.__name__}" in inspect.getsource(module)
        return super()._from_module(module, object)  # type: ignore[misc]  # not in typeshed


@pytest.mark.parametrize("name", ["ollama_sdk.overlay", *MODULES])
def test_the_examples_of_a_module_run(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OLLAMA_HOST", raising=False)
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        pytest.skip(f"needs a package that is not installed: {error.name}")
    runner = doctest.DocTestRunner()
    with asyncio.Runner() as loop:

        def execute(code: CodeType, namespace: dict[str, Any]) -> None:
            result = eval(code, namespace)
            if inspect.iscoroutine(result):
                loop.run(result)

        monkeypatch.setattr(doctest, "exec", execute, raising=False)
        for test in Finder().find(module):
            runner.run(test, compileflags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    assert runner.summarize().failed == 0
