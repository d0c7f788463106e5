"""Helpers for the interpreter: finalizers at exit, forks, locks as signals, threads, event loops, and a browser's."""

from __future__ import annotations

import logging  # noqa: F401  # first, so that a fork takes its lock after ours, which imports that need it may hold
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, TypeVar

S = TypeVar("S")
R = TypeVar("R")

HAS_THREADS: Final = sys.platform != "emscripten"
"""Whether threads can be started; in a browser they cannot."""
_LONGEST_TIMER: Final = 2e6  # seconds; a longer timer of a browser rings at once

fork_lock: Final = threading.RLock()  # reentrant, as a signal handler may fork while its thread holds it
"""Held by a thread that imports modules or makes a TLS context; a fork waits for it.

Otherwise the child would inherit the locks of modules and of OpenSSL in their locked state, and wait for them for ever.
"""
_PATIENCE: Final = 60.0  # seconds that a fork waits: the holder may itself wait for an import of the forking thread
_forks: Final[list[bool]] = []  # whether the lock was taken, of each fork that is going on


def _before_fork() -> None:
    _forks.append(fork_lock.acquire(timeout=_PATIENCE))


def _after_fork() -> None:
    if _forks.pop():
        fork_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


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
    """Whether the code runs under trio, also as a guest of another event loop."""
    if "trio" not in sys.modules:
        return False
    import sniffio  # trio depends on it

    try:
        return sniffio.current_async_library() == "trio"
    except sniffio.AsyncLibraryNotFoundError:  # no event loop is running
        return False


def current_loop() -> Any:
    """Return the running event loop of asyncio, or the token of trio's."""
    if is_trio():
        import trio

        return trio.lowlevel.current_trio_token()
    import asyncio

    return asyncio.get_running_loop()


def call_soon(loop: Any, function: Callable[..., object], *arguments: object) -> bool:
    """Call a function in a loop of `current_loop`, from any thread or signal handler; return False if that is over."""
    schedule = getattr(loop, "call_soon_threadsafe", None) or loop.run_sync_soon
    try:
        schedule(function, *arguments)
    except RuntimeError:  # trio.RunFinishedError is one
        return False
    return True


async def run_in_thread(function: Callable[..., R], *arguments: Any, abandon: bool = False) -> R:
    """Call a function in a thread, and await its result; where there are no threads, call it here.

    With `abandon`, cancelling the task ends the wait at once; the function then goes on in its thread.
    """
    if not HAS_THREADS:
        return function(*arguments)
    await load_anyio()
    from anyio import to_thread

    return await to_thread.run_sync(function, *arguments, abandon_on_cancel=abandon)


def start_daemon(function: Callable[[], R], then: Callable[[R | BaseException], object]) -> None:
    """Call a function in a thread for which nobody waits at exit, and `then` with its result or exception."""

    def run() -> None:
        try:
            result: R | BaseException = function()
        except BaseException as error:
            result = error
        then(result)

    threading.Thread(target=run, name="ollama-sdk", daemon=True).start()


async def run_in_daemon(function: Callable[[], R]) -> R:
    """Await a function in a daemon thread: it takes no thread of asyncio's executor, for which `asyncio.run` waits.

    Raise RuntimeError if there can be no more threads.
    """
    if not HAS_THREADS:
        return function()
    if is_trio():
        import trio

        return await trio.to_thread.run_sync(function)
    import asyncio

    loop = asyncio.get_running_loop()
    done: asyncio.Future[R | BaseException] = loop.create_future()

    def deliver(result: R | BaseException) -> None:
        if not done.done():
            done.set_result(result)

    start_daemon(function, lambda result: call_soon(loop, deliver, result))
    result = await done
    if isinstance(result, BaseException):
        raise result
    return result


async def load(function: Callable[[], object]) -> None:
    """Await a function that imports modules: off the event loop, and so that no thread forks the process meanwhile."""

    def load_locked() -> None:
        with fork_lock:
            function()

    try:
        await run_in_daemon(load_locked)
    except RuntimeError:  # no more threads
        load_locked()


async def load_anyio() -> None:
    """Import anyio, which takes as long as the rest of the SDK, and what it needs in this event loop."""
    backend = f"anyio._backends.{'_trio' if is_trio() else '_asyncio'}"
    if backend not in sys.modules:
        await load(lambda: (import_module(backend), import_module("anyio.to_thread")))


def can_run_sync() -> bool:
    """Whether code of a browser that is not async can wait for its event loop (JSPI)."""
    from pyodide import ffi  # type: ignore[import-not-found, unused-ignore]

    return bool(ffi.can_run_sync())


def run_sync(awaitable: Awaitable[R]) -> R:
    """Wait in a browser, in code that is not async, while its event loop goes on."""
    from pyodide import ffi  # type: ignore[import-not-found, unused-ignore]

    result: R = ffi.run_sync(awaitable)
    return result


def call_later(function: Callable[[], object], seconds: float) -> Callable[[], None]:
    """Call a function in the event loop of a browser after some seconds, at most 23 days; return what cancels that.

    A cancelled call keeps no objects alive. In Pyodide, one of `loop.call_later` does until its time has come.
    """
    import js  # type: ignore[import-not-found, unused-ignore]
    from pyodide.ffi import create_once_callable  # type: ignore[import-not-found, unused-ignore]

    is_over = False

    def call() -> None:
        nonlocal is_over
        is_over = True
        function()

    def stop() -> None:
        nonlocal is_over
        if not is_over:
            is_over = True
            js.clearTimeout(timer)
            ring.destroy()

    ring = create_once_callable(call)
    timer = js.setTimeout(ring, int(min(max(seconds, 0.0), _LONGEST_TIMER) * 1000))
    return stop
