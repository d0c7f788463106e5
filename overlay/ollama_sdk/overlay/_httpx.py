"""httpx, imported when an attribute of it is first used: the import takes as long as all other imports of a client.

A module that is loaded before the first request writes `from ollama_sdk.overlay import _httpx as httpx`, like
`lazy import httpx` of Python 3.15 (PEP 810).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What __getattr__ returns, for type checkers.
    from httpx import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]  # all of it is meant
else:

    def __getattr__(name: str) -> object:
        import httpx

        value = globals()[name] = getattr(httpx, name)
        return value
