"""Keep keys out of the output of debugging tools: the repr of variables, and tracebacks with local variables."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, SupportsIndex, TypeVar, cast

V = TypeVar("V")

_OUR_CONNECTIONS: Final = ("ollama_sdk.overlay._http.", "ollama_sdk.overlay._httpcore.")
_LIBRARIES: Final = frozenset(
    ("anyio", "h11", "h2", "hpack", "httpcore", "httpcore2", "httpx", "httpx2", "socksio", "trio")
)


class Secret(str):
    """Text whose repr is `'***'`.

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
        # Tools shorten local variables before they show them.
        return Secret(super().__getitem__(key))


def hidden(value: V) -> V:
    """Return text as `Secret`, a mapping with the texts of its values as `Secret`, and other values as they are."""
    if isinstance(value, str):
        return cast("V", Secret(value))
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value).items()
        return cast("V", {key: Secret(item) if isinstance(item, str) else item for key, item in items})
    return value


def hidden_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return keyword arguments of a call with its headers hidden."""
    return {name: hidden(value) if name == "extra_headers" else value for name, value in arguments.items()}


def hidden_host(host: V) -> V:
    """Return a host string as `Secret` if it may contain a password."""
    return hidden(host) if isinstance(host, str) and "@" in host else host


def forget_headers(error: BaseException | None) -> None:
    """Take the headers that were sent out of an exception and its causes: out of their requests and local variables.

    The request of an exception of httpx keeps its method and URL. While a request is sent, its raw headers are local
    variables of our connections, of httpx, of the libraries that httpx uses, and of functions of the standard library
    that these call. Their frames are cleared, unless they still run. All other frames keep their variables, such as
    those of the caller's own transport.
    """
    seen: set[int] = set()
    errors = [error]
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        errors += [error.__cause__, error.__context__]
        request = getattr(error, "_request", None)
        if isinstance(error, Exception) and request is not None:
            error.__dict__["_request"] = type(request)(request.method, request.url.copy_with(query=None))
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
