"""Importing this hides msgspec and httptools, as if they were not installed."""

from __future__ import annotations

from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

_HIDDEN = {"msgspec", "httptools"}
_find = PathFinder.find_spec


def _find_others(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
    return None if name.partition(".")[0] in _HIDDEN else _find(name, path, target)


PathFinder.find_spec = _find_others  # type: ignore[assignment,method-assign]
