"""On PYTHONPATH, this hides the compiled packages from a Python and its child processes, as if they were not installed.

None in sys.modules would not do: xllamacpp 2026.10 takes it for the package.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

HIDDEN = {"httptools", "msgspec"}
_find = PathFinder.find_spec


@classmethod  # type: ignore[misc]  # as PathFinder's own, since pytest keeps it in a class of its own
def _find_others(cls: type, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
    return None if name.partition(".")[0] in HIDDEN else _find(name, path, target)


PathFinder.find_spec = _find_others  # type: ignore[assignment,method-assign]
