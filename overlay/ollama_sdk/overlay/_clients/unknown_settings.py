"""A TypeError for settings that a client does not take, which says where they go instead."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from ollama_sdk.overlay._checks import closest

P = ParamSpec("P")


def explains_unknown_settings(init: Callable[P, None]) -> Callable[P, None]:
    """Let the constructor of a client say of a keyword that it does not take what to give instead."""
    known = frozenset(init.__kwdefaults__ or ()) | {"host"}

    @wraps(init)
    def checked(*arguments: P.args, **settings: P.kwargs) -> None:
        try:
            for name in settings.keys() - known:
                raise TypeError(_message(type(arguments[0]).__name__, name, known))
            init(*arguments, **settings)
        finally:
            del arguments, settings  # so that no traceback with local variables shows keys

    return checked


_OTHER_NAMES = {
    "base_url": "host",
    "url": "host",
    "token": "api_key",
    "retries": "max_retries",
    "client": "http_client",
    "key": "api_key",
    "default_headers": "headers",
}
_OF_CALLS = ("deadline", "stall_timeout", "stream", "model", "options", "keep_alive", "think", "format", "tools")


def _message(client: str, name: str, known: frozenset[str]) -> str:
    if name in _OTHER_NAMES:
        return f"{client}() takes no {name}=; did you mean {_OTHER_NAMES[name]}=?"
    if name in _OF_CALLS:
        copy = ", or for many to with_options(deadline=...)" if name == "deadline" else ""
        return f"{client}() takes no {name}=; give it to the call, such as chat(){copy}"
    import httpx

    kind = "Async" if client.startswith("Async") else ""
    settings: dict[str, Any] = {
        f"transport=httpx.{kind}HTTPTransport({name}=...)": httpx.HTTPTransport,
        f"http_client=httpx.{kind}Client({name}=...)": httpx.Client,
    }
    ways = [way for way, takes in settings.items() if name in signature(takes).parameters]
    if ways:
        return f"{client}() takes no {name}=; give {' or '.join(ways)}"
    meant = closest(name, known)
    return f"{client}() takes no {name}={f'; did you mean {meant}=?' if meant else ''}"
