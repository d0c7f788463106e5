"""Keywords that a method or the constructor of a client does not take: what they are meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from keyword import iskeyword
from typing import Any, Final, ParamSpec

from ollama_sdk.generated import models
from ollama_sdk.overlay._checks import OTHER_OPTIONS, closest
from ollama_sdk.overlay._errors import RequestError

P = ParamSpec("P")
_ELSEWHERE: Final = {
    "system": ("messages", "put {'role': 'system', 'content': ...} first in messages"),
    "prompt": ("messages", "give messages=[{'role': 'user', 'content': ...}]"),
    "images": ("messages", "images belong in a message: {'role': 'user', 'content': ..., 'images': [...]}"),
    "messages": ("prompt", "chat() takes messages, generate() a prompt"),
    "tools": ("prompt", "chat() and run_tools() take tools"),
    "response_format": ("format", "give format="),
    "schema": ("format", "give format="),
}
"""Where something goes that other methods, or other libraries, have as an argument: in methods that have the first."""


def refuse_misspelt(method: Callable[..., Any], unknown: Iterable[str]) -> None:
    """Raise RequestError for arguments that are meant to be something else, and say what.

    Others may be fields of the request that are no keywords, which are known where the request is built.
    """
    parameters = signature(method).parameters
    known = [name for name in parameters if name != "unknown"]
    for name in unknown:
        option = name if name in models.Options._field_names() else OTHER_OPTIONS.get(name)
        needed, advice = _ELSEWHERE.get(name, ("", ""))
        if needed in parameters:
            pass
        elif option and "options" in parameters:
            advice = f"model options go into options={{{option!r}: ...}}"
        elif iskeyword(name) or name.removesuffix("_") in known:  # a field, as it is on the wire or in the model
            continue
        elif meant := closest(name, known):
            raise RequestError(f"{method.__name__}() has no argument {name!r}; did you mean {meant!r}?")
        else:
            continue
        raise RequestError(f"{name} is not an argument of {method.__name__}(); {advice}")


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
