"""Waits that an abort ends: a sleep between two attempts, and an `await`, which is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._runtime import (
    HAS_THREADS,
    call_soon,
    can_run_sync,
    current_loop,
    load_anyio,
    release,
    run_sync,
)

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call, CallGroup

T = TypeVar("T")


async def run_abortable(call: Call, function: Callable[[], Awaitable[T]]) -> T:
    """Await what a function returns. An abort of the call cancels the wait and raises httpx.ReadError.

    The interrupt of the call is restored.
    """
    await load_anyio()
    import anyio

    with anyio.CancelScope() as scope:
        before = call.set_interrupt(partial(call_soon, current_loop(), scope.cancel))
        try:
            return await function()
        finally:
            call.set_interrupt(before)
    raise httpx.ReadError("aborted")


async def run_in_group(group: CallGroup, function: Callable[[], Awaitable[T]]) -> T:
    """Await what a function returns. An abort of the group cancels the wait and raises AbortError."""
    call = group.start()
    try:
        result = await run_abortable(call, function)
    except httpx.ReadError:
        group.check()
        raise  # of the function itself
    finally:
        group.end(call)
    group.check()
    return result


def sleep(call: Call, seconds: float) -> None:
    """Sleep; an abort of the call ends the sleep."""
    if not HAS_THREADS and can_run_sync():
        run_sync(sleep_async(call, seconds))
        return
    lock = threading.Lock()
    lock.acquire()
    call.set_interrupt(lambda: release(lock))
    lock.acquire(timeout=seconds)
    call.set_interrupt(None)


async def sleep_async(call: Call, seconds: float) -> None:
    """Sleep; an abort of the call ends the sleep."""

    async def rest() -> None:
        import anyio

        await anyio.sleep(seconds)

    with suppress(httpx.ReadError):
        await run_abortable(call, rest)
