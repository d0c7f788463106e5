"""Import what the first request needs: off the event loop, and so that no thread forks the process meanwhile."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from typing import Any, Final, Literal

from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay import _json, _runtime
from ollama_sdk.overlay._answers.shapes import shaper
from ollama_sdk.overlay._config import Host
from ollama_sdk.overlay._runtime import fork_lock, is_trio
from ollama_sdk.overlay._sending.environment import proxy_for

_loaded: Final[set[object]] = set()  # names of operations, and kinds of routes


def load_models(operation: Operation[Any, Any]) -> None:
    """Import the models of an operation, and the package that writes them as JSON."""
    if operation.name not in _loaded:
        with fork_lock:
            if operation.request:
                operation.request_model()
            if operation.response:
                shaper(operation.response_model())  # which needs the models of its fields
            _json.dumps({})
            _loaded.add(operation.name)


def load(host: Host, *, injected: bool) -> None:
    """Import what a blocking request to a host needs, over a client or a transport of the caller if `injected`."""
    key = "sync", injected, host.is_loopback or host.origin
    if key not in _loaded:
        with fork_lock:
            _load("sync", host, injected=injected)
        _loaded.add(key)


async def load_async(host: Host, *, injected: bool) -> None:
    """Import what an asynchronous request needs, in a thread; see `load`."""
    loop = "_trio" if is_trio() else "_asyncio"
    key = loop, injected, host.is_loopback or host.origin
    if key not in _loaded:
        await _runtime.load(lambda: _load("async", host, injected=injected, loop=loop))
        _loaded.add(key)


def _load(kind: Literal["sync", "async"], host: Host, *, injected: bool, loop: str = "") -> None:
    if hasattr(os, "fork"):
        import _socket  # not socket, whose lookup a program may have replaced

        with suppress(OSError):  # what the first lookup loads, in Python and in the C library
            _socket.getaddrinfo("localhost", None)
    import_module(f"ollama_sdk.overlay._sending._{kind}.routes")
    is_available = import_module("ollama_sdk.overlay._http.settings").is_available
    over_httpx = not is_available() or injected or loop == "_trio" or os.environ.get("OLLAMA_SDK_TRANSPORT")
    if over_httpx or proxy_for(host):
        import_module("ollama_sdk.overlay._httpcore.transports")
        import_module("ollama_sdk.overlay._httpcore.abort")
        if loop:
            import_module(f"anyio._backends.{loop}")
    else:
        import_module(f"ollama_sdk.overlay._http.{kind}_pool")
