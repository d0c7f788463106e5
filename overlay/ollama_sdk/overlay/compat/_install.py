"""Let `import ollama` be this package, in this process and in those that multiprocessing starts."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterable
from importlib.metadata import Distribution, DistributionFinder
from pathlib import Path
from typing import Final

from ollama_sdk.overlay.compat._settings import VERSION

_MODULES: Final = {
    "ollama": "ollama_sdk.overlay.compat",
    "ollama._client": "ollama_sdk.overlay.compat._clients",
    "ollama._types": "ollama_sdk.overlay.compat._types",
    "ollama._utils": "ollama_sdk.overlay.compat._utils",
}
_STAND_IN: Final = str(Path(__file__).with_name("_stand_in"))


def install() -> None:
    """Put the modules of this package in the place of the official ones; see `compat.install`."""
    modules = {name: importlib.import_module(ours) for name, ours in _MODULES.items()}
    there = sys.modules.get("ollama") or modules["ollama"]
    if there is not modules["ollama"] and not str(getattr(there, "__file__", "")).startswith(_STAND_IN):
        warnings.warn(
            "the official client was imported before compat.install(); the modules that have it keep it",
            RuntimeWarning,
            stacklevel=3,  # who has called compat.install()
        )
    sys.modules.update(modules)
    if _STAND_IN not in sys.path:
        # A process that multiprocessing spawns has the path of this one, but none of its modules.
        sys.path.insert(0, _STAND_IN)
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)


class _Metadata(Distribution):
    """The metadata of the official client's package, where that is not installed."""

    def read_text(self, filename: str) -> str | None:
        return f"Metadata-Version: 2.1\nName: ollama\nVersion: {VERSION}\n" if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        return Path(_STAND_IN) / str(path)


class _Finder(DistributionFinder):
    """Finds the metadata alone, after all other finders, and only when it is asked for by name."""

    def find_spec(self, *arguments: object) -> None:
        """Find no module."""

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterable[Distribution]:
        wanted = None if context is None else context.name
        return [_Metadata()] if wanted is not None and wanted.lower() == "ollama" else []


_FINDER: Final = _Finder()
