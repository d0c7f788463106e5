"""The functions on a default client, abort() for all clients of the process, and install()."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any

from ollama_sdk.overlay.compat._base import clients
from ollama_sdk.overlay.compat._sync.client import Client

_made: dict[str, Client] = {}


def default_client() -> Client:
    """The client of the functions, made when it is first needed: the environment of that moment counts."""
    client = _made.get("client")
    return _made.setdefault("client", Client()) if client is None else client


def function(name: str) -> Callable[..., Any]:
    """The function for a method of the default client."""
    method = getattr(Client, name)

    @wraps(method)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return getattr(default_client(), name)(*arguments, **keywords)

    call.__wrapped__ = MethodType(method, Client)  # inspect.signature leaves `self` out of that of a method
    return call


def install() -> None:
    """Make `import ollama`, and `ollama._client`, `._types` and `._utils`, give this package from now on.

    Call it before anything imports `ollama`: a module that has the official client already keeps it, of which a
    RuntimeWarning tells. Where the official package is not installed, `importlib.metadata.version("ollama")` says
    "0.6.3". May be called any number of times.
    """
    from ollama_sdk.overlay.compat._install import install

    install()


def abort() -> None:
    """End every call in flight of all clients of this process; who waits for one gets AbortError.

    The clients can be used at once. Safe in any thread, any task and a signal handler, any number of times.
    """
    for client in clients():
        client.abort()
