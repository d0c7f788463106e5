"""`ollama_sdk.overlay.chat(...)` and its like: the methods of one client that is made when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any

from ollama_sdk.overlay._client import Ollama

_lock = threading.Lock()
_client: Ollama | None = None


def default_client() -> Ollama:
    """The client of the functions: the server at OLLAMA_HOST, with the defaults of `Ollama`."""
    global _client
    with _lock:
        if _client is None:
            _client = Ollama()
        return _client


def function(name: str) -> Callable[..., Any]:
    """The function for a method."""
    method = getattr(Ollama, name)

    @wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(default_client(), name)(*arguments, **keywords)

    call.__wrapped__ = MethodType(method, Ollama)  # inspect.signature leaves `self` out of that of a method
    return call
