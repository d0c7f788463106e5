"""Keeps keys out of what tools print of a failed program: the repr of a local variable, a traceback with locals."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, SupportsIndex, TypeVar, cast

V = TypeVar("V")

_OUR_CONNECTIONS: Final = "ollama_sdk.overlay._http."
_LIBRARIES: Final = frozenset(("anyio", "h11", "h2", "hpack", "httpcore", "httpx", "socksio", "trio"))


class Secret(str):
    """Text that is used as it is, and shown as `'***'`.

    Example:
        >>> Secret("abc")
        '***'
        >>> Secret("abc") == "abc"
        True
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __getitem__(self, key: SupportsIndex | slice) -> Secret:
        # What prints locals shortens them first.
        return Secret(super().__getitem__(key))


def hidden(value: V) -> V:
    """The same value with its texts as `Secret`: of a text, or of the values of a mapping."""
    if isinstance(value, str):
        return cast("V", Secret(value))
    if isinstance(value, Mapping):
        return cast("V", {key: hidden(item) for key, item in cast("Mapping[Any, Any]", value).items()})
    return value


def hidden_host(host: V) -> V:
    """A host string, hidden when it may have a password in it."""
    return hidden(host) if isinstance(host, str) and "@" in host else host


def forget_locals(error: BaseException | None) -> None:
    """Clear the local variables of the HTTP libraries in the traceback of an exception, and of its causes.

    While a request is sent, its raw headers are local variables of our connections, of httpx, of the libraries that it
    stands on, and of what these call of the standard library. Their frames are cleared, unless they still run. All
    other frames keep their variables, such as those of a transport of the caller's.
    """
    seen: set[int] = set()
    errors = [error]
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        errors += [error.__cause__, error.__context__]
        if isinstance(error, BaseExceptionGroup):
            errors += error.exceptions
        has_headers = False
        for frame, _ in traceback.walk_tb(error.__traceback__):
            module = str(frame.f_globals.get("__name__"))
            package = module.partition(".")[0]
            has_headers = (
                package in _LIBRARIES
                or module.startswith(_OUR_CONNECTIONS)
                or (has_headers and package in sys.stdlib_module_names)
            )
            if has_headers:
                with suppress(RuntimeError):  # it still runs
                    frame.clear()
