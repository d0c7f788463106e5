"""The operations as functions on a default client, such as `ollama_sdk.overlay.chat(...)`: the list of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any, cast

from ollama_sdk.overlay._clients._sync.client import Ollama
from ollama_sdk.overlay._secrets import hidden_arguments

_made: dict[str, Ollama] = {}


def default_client() -> Ollama:
    """Return the client of the functions, made when it is first needed: for OLLAMA_HOST, with the defaults."""
    # Not under a lock: `abort` may be called by a signal handler that interrupts this.
    client = _made.get("client")
    return _made.setdefault("client", Ollama()) if client is None else client


class _Functions:
    """Gives a function for each method of a client; type checkers take it for a client."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(Ollama, name)

        @wraps(method)
        def call(*arguments: Any, **keywords: Any) -> Any:
            keywords = hidden_arguments(keywords)
            return getattr(default_client(), name)(*arguments, **keywords)

        call.__wrapped__ = MethodType(method, Ollama)  # inspect.signature leaves `self` out of that of a method
        call.__module__, call.__qualname__ = Ollama.__module__, name  # by which another process finds it, too
        return call


_client: Ollama = cast("Ollama", _Functions())
abort = _client.abort
chat = _client.chat
copy = _client.copy
create = _client.create
create_blob = _client.create_blob
delete = _client.delete
embed = _client.embed
embeddings = _client.embeddings
generate = _client.generate
has_blob = _client.has_blob
has_model = _client.has_model
is_running = _client.is_running
list = _client.list
load = _client.load
model_recommendations = _client.model_recommendations
ps = _client.ps
pull = _client.pull
push = _client.push
run_tools = _client.run_tools
show = _client.show
signout = _client.signout
status = _client.status
systemone = _client.systemone
unload = _client.unload
version = _client.version
web_fetch = _client.web_fetch
web_search = _client.web_search
whoami = _client.whoami

__all__ = [
    "abort",
    "chat",
    "copy",
    "create",
    "create_blob",
    "delete",
    "embed",
    "embeddings",
    "generate",
    "has_blob",
    "has_model",
    "is_running",
    "list",
    "load",
    "model_recommendations",
    "ps",
    "pull",
    "push",
    "run_tools",
    "show",
    "signout",
    "status",
    "systemone",
    "unload",
    "version",
    "web_fetch",
    "web_search",
    "whoami",
]
