"""httpx, imported when something of it is first used: importing it takes as long as all else that a client needs.

A module that is loaded before the first request writes `from ollama_sdk.overlay import _httpx as httpx`, which is what
`lazy import httpx` will be in Python 3.15 (PEP 810).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # What __getattr__ gives, as type checkers see it.
    from httpx import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]  # all of it is meant
else:

    def __getattr__(name: str) -> object:
        import httpx

        value = globals()[name] = getattr(httpx, name)
        return value
