"""Helpers for the interpreter and its event loops: finalizers at exit, locks as signals, detection of trio."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

S = TypeVar("S")


def quiet_at_exit(method: Callable[[S], None], at_exit: Callable[[S], None] | None = None) -> Callable[[S], None]:
    """Return a method for the garbage collector that suppresses exceptions while the interpreter exits.

    An object that lives until then may be finalized when the globals of our modules are None already. The operating
    system closes its socket, which the server notices.

    Args:
        method: The method that the garbage collector calls.
        at_exit: The method that it calls instead while the interpreter exits; it must not need a global.
    """
    is_finalizing = sys.is_finalizing  # a local variable, since globals may be None then

    def finalize(self: S) -> None:
        try:
            if at_exit is not None and is_finalizing():
                at_exit(self)
            else:
                method(self)
        except Exception:
            if not is_finalizing():
                raise

    return finalize


def release(lock: threading.Lock) -> None:
    """Release a lock that serves as a signal, unless it was released already; never wait."""
    with suppress(RuntimeError):
        lock.release()


def is_trio() -> bool:
    """Whether the code runs under trio, where our own transport uses httpx's."""
    if "trio" not in sys.modules:
        return False
    import sniffio  # trio depends on it

    try:
        return sniffio.current_async_library() == "trio"  # also as a guest of asyncio's loop
    except sniffio.AsyncLibraryNotFoundError:  # no event loop is running
        return False
