"""`ollama_sdk.overlay.chat(...)` and its like: the methods of one client that is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any

from ollama_sdk.overlay._clients._sync.client import Ollama

_made: dict[str, Ollama] = {}


def default_client() -> Ollama:
    """The client of the functions: the server at OLLAMA_HOST, with the defaults of `Ollama`."""
    # Not under a lock: `abort` may be called by a signal handler that interrupts this.
    client = _made.get("client")
    return _made.setdefault("client", Ollama()) if client is None else client


def function(name: str) -> Callable[..., Any]:
    """The function for a method."""
    method = getattr(Ollama, name)

    @wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(default_client(), name)(*arguments, **keywords)

    call.__wrapped__ = MethodType(method, Ollama)  # inspect.signature leaves `self` out of that of a method
    return call
