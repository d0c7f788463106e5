"""Finalisers that stay quiet while the interpreter exits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

S = TypeVar("S")


def quiet_at_exit(method: Callable[[S], None]) -> Callable[[S], None]:
    """A method that is called by the garbage collector, and fails silently once modules are being taken apart.

    An object that something else keeps to the very end is finalised when the globals of our modules are None already.
    The operating system closes its socket then, and the server sees that.
    """
    is_finalizing = sys.is_finalizing  # here, since a global would be None by then

    def finalize(self: S) -> None:
        try:
            method(self)
        except Exception:
            if not is_finalizing():
                raise

    return finalize
