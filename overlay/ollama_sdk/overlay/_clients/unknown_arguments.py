"""Arguments that a method does not have: what they are meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from inspect import signature
from keyword import iskeyword
from typing import Any, Final

from ollama_sdk.generated import models
from ollama_sdk.overlay._checks import OTHER_OPTIONS, closest
from ollama_sdk.overlay._errors import RequestError

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


def _is_a_field(name: str, known: list[str]) -> bool:
    """Whether a name is that of a field by another way of writing: as on the wire, or as in the model."""
    return iskeyword(name) or name.removesuffix("_") in known


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
        elif not _is_a_field(name, known) and (meant := closest(name, known)):
            raise RequestError(f"{method.__name__}() has no argument {name!r}; did you mean {meant!r}?")
        else:
            continue
        raise RequestError(f"{name} is not an argument of {method.__name__}(); {advice}")
