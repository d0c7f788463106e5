"""Keeps keys out of what tools print of a failed program: the repr of a local variable, a traceback with locals."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, SupportsIndex, TypeVar, cast

V = TypeVar("V")


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
    """Take the local variables away from the frames that an exception, or one that it came of, has left.

    Deep down there is a moment when the head of a request is a local variable, keys and all: in our connections, in
    httpcore, in h11. The frames that are still at work keep theirs.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
