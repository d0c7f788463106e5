"""Import what the first request needs: off the event loop, and so that no thread forks the process meanwhile.

A child that is forked while another thread imports a module could never import it: the lock of the module, which that
thread holds, is never released in the child. So a fork waits until the imports are done.
"""

from __future__ import annotations

import logging  # noqa: F401  # first, so that a fork takes its lock after ours, which imports that need it may hold
import os
import threading
from importlib import import_module
from typing import Any, Final, Literal

from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._config import Host
from ollama_sdk.overlay._runtime import run_in_daemon

_PATIENCE: Final = 10.0  # seconds; the thread that imports may wait for an import of the thread that forks
_OF_HTTPX: Final = ("ollama_sdk.overlay._httpcore.transports", "ollama_sdk.overlay._httpcore.abort", "h11")
"""What a request over httpx's own transport imports on its way."""
_OF_HTTPX_ASYNC: Final = ("anyio._backends._asyncio", "httpcore._backends.anyio")
_lock: Final = threading.RLock()  # reentrant, as a signal handler may fork while its thread imports
_holds: Final[list[bool]] = []
_loaded: Final[set[object]] = set()  # names of operations, and kinds of routes


def load_models(operation: Operation[Any, Any]) -> None:
    """Import the models of an operation, and the package that writes them as JSON."""
    if operation.name not in _loaded:
        with _lock:
            if operation.request:
                operation.request_model()
            if operation.response:
                operation.response_model()
            _json.dumps({})
            _loaded.add(operation.name)


def load(host: Host) -> None:
    """Import what a blocking request to a host needs."""
    _load("sync", host)


async def load_async(host: Host) -> None:
    """Import what an asynchronous request to a host needs, in a thread."""
    if ("async", host.is_loopback) not in _loaded:
        try:
            await run_in_daemon(lambda: _load("async", host))
        except RuntimeError:  # no more threads
            _load("async", host)


def _load(kind: Literal["sync", "async"], host: Host) -> None:
    key = kind, host.is_loopback
    if key not in _loaded:
        with _lock:
            "localhost".encode("idna")  # imports the codec, which looking up a host needs
            if not host.is_loopback:
                import_module("urllib.request")  # for the proxies of the environment
            import_module(f"ollama_sdk.overlay._sending._{kind}.routes")
            is_available = import_module("ollama_sdk.overlay._http.settings").is_available
            if is_available() and not os.environ.get("OLLAMA_SDK_TRANSPORT"):
                import_module(f"ollama_sdk.overlay._http.{kind}_pool")
            else:
                for name in (*_OF_HTTPX, *(_OF_HTTPX_ASYNC if kind == "async" else ())):
                    import_module(name)
            _loaded.add(key)


def _before_fork() -> None:
    _holds.append(_lock.acquire(timeout=_PATIENCE))


def _after_fork() -> None:
    if _holds.pop():
        _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
