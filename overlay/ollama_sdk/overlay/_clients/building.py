"""Build the request of a call; in an event loop, what reads files does so in a thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ollama_sdk.overlay._calls.cancel import run_in_group
from ollama_sdk.overlay._runtime import run_in_thread

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls

T = TypeVar("T")


def build(calls: Calls, arguments: Mapping[str, object], make: Callable[[], T], *sources: object) -> T:
    return make()


async def build_async(calls: Calls, arguments: Mapping[str, object], make: Callable[[], T], *sources: object) -> T:
    """Return what `make` returns, called in a thread if it may read files: a disk can be as slow as a network.

    An abort ends the wait, and so does the deadline, which was started in the arguments. The sources are the lists of
    messages or images that are read; without any, `make` is assumed to read files.
    """
    if sources and not any(map(_may_read, sources)):
        return make()
    with calls.group(arguments["deadline"]) as group:
        return await run_in_group(group, lambda: run_in_thread(make, abandon=True))


def _may_read(source: object) -> bool:
    """Return whether a list of messages or images has files, or may have some, as what can be iterated once."""
    if not isinstance(source, list | tuple):
        return source is not None
    for item in cast("list[Any]", source):
        kind = type(item)
        if kind is str or kind is bytes:
            continue
        if kind is not dict and (isinstance(item, os.PathLike) or hasattr(kind, "read")):
            return True
        fields: Any = item if kind is dict or isinstance(item, Mapping) else getattr(item, "__dict__", {})
        if "images" in fields and _may_read(fields["images"]):
            return True
    return False
