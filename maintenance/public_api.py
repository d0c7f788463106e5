"""What the package promises its users, written down, and what of it is gone or changed since the last release.

`make api-baseline` writes the names that `ollama_sdk.overlay` and `ollama_sdk.overlay.testing` export, with their
members, as text that reads like a stub file; a release commits it. griffe reads the text of then and of now, and says
what breaks callers: names, members and parameters that are gone, parameters that moved, became required or have
another default, bases that are gone. Types of attributes are compared by `make spec-diff OLD=...`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import griffe

from maintenance.description import ROOT

BASELINE = ROOT / "tests" / "compatibility" / "public-api.txt"
PACKAGES = ("ollama_sdk.overlay", "ollama_sdk.overlay.testing")
_KIND = inspect.Parameter
# Its classes are the keyword arguments that methods take by Unpack.
_KEYWORDS = "ollama_sdk.overlay._clients.arguments"
_INTRODUCTION = "# The public API of ollama-sdk {version}. Written by `make api-baseline` at a release; not by hand."


def public_api() -> str:
    """The public API of the package as it is now."""
    lines = [_INTRODUCTION.format(version=import_module(PACKAGES[0]).__version__)]
    for package in PACKAGES:
        module = import_module(package)
        for name in sorted(module.__all__):
            lines += _of_name(name, getattr(module, name), prefix="" if package == PACKAGES[0] else "testing_")
    return "\n".join(lines) + "\n"


def breakages(old: str, new: str) -> list[str]:
    """What of an old public API a new one breaks, each in words."""
    read = [griffe.visit("ollama_sdk", Path("public-api.py"), code) for code in (old, new)]
    return [_explained(breakage) for breakage in griffe.find_breaking_changes(*read)]


def version_of(text: str) -> str:
    """The version that a written-down API belongs to."""
    return text.partition("ollama-sdk ")[2].partition(". ")[0]


def may_break(old: str, new: str) -> bool:
    """Whether a version may break what an older one promised: another major version, or, below 1.0, minor version."""
    before, after = (tuple(int(number) for number in version.split(".")[:2]) for version in (old, new))
    return after[0] > before[0] or (before[0] == after[0] == 0 and after[1] > before[1])


def _of_name(name: str, value: object, prefix: str) -> list[str]:
    if inspect.isclass(value):
        return _class(prefix + name, value)
    if inspect.isfunction(value):
        return [_function(prefix + name, value)]
    return [f"{prefix}{name} = ..."]


def _class(name: str, value: type) -> list[str]:
    bases = [base.__name__ for base in value.__mro__[1:] if base.__module__ in ("builtins", *PACKAGES) or _public(base)]
    lines = [f"class {name}({', '.join(base for base in bases if base != 'object')}):"]
    lines += [f"    {member}" for member in _members(value)]
    return lines if len(lines) > 1 else [lines[0] + " ..."]


def _public(value: type) -> bool:
    return getattr(import_module(PACKAGES[0]), value.__name__, None) is value


def _members(value: type) -> Iterator[str]:
    """The members of a class and of our own classes that it is made of."""
    ours = [base for base in value.__mro__ if base.__module__.startswith("ollama_sdk.")]
    names = {name for base in ours for name in (*vars(base), *inspect.get_annotations(base))}
    for name in sorted(names):
        if name.startswith("_") and not (name == "__init__" and _is_made_by_callers(value)):
            continue
        member = inspect.getattr_static(value, name, None)
        if isinstance(member, staticmethod | classmethod):
            member = member.__func__
        if inspect.isfunction(member):
            yield _function(name, member)
        elif name != "__init__":
            yield f"{name} = ..."


def _is_made_by_callers(value: type) -> bool:
    """Whether callers write the class with brackets; streams and errors are made by the package alone."""
    return not value.__name__.endswith(("Stream", "Error"))


def _function(name: str, function: Callable[..., object]) -> str:
    told: list[str] = []
    before = None
    for parameter in _parameters(function):
        if parameter.kind is _KIND.KEYWORD_ONLY and before not in (_KIND.KEYWORD_ONLY, _KIND.VAR_POSITIONAL):
            told.append("*")
        if before is _KIND.POSITIONAL_ONLY and parameter.kind is not before:
            told.append("/")
        star = "*" if parameter.kind is _KIND.VAR_POSITIONAL else "**" if parameter.kind is _KIND.VAR_KEYWORD else ""
        default = "" if parameter.default is _KIND.empty else f"={_default(parameter.default)}"
        told.append(f"{star}{parameter.name}{default}")
        before = parameter.kind
    if before is _KIND.POSITIONAL_ONLY:
        told.append("/")
    return f"def {name}({', '.join(told)}): ..."


def _parameters(function: Callable[..., object]) -> Iterator[inspect.Parameter]:
    """The parameters, with the keyword arguments that the function takes by Unpack one by one."""
    for parameter in inspect.signature(function).parameters.values():
        unpacked = re.fullmatch(r"Unpack\[_arguments\.(\w+)\]", str(parameter.annotation))
        if unpacked:
            keys = getattr(import_module(_KEYWORDS), unpacked[1]).__optional_keys__
            yield from (_KIND(key, _KIND.KEYWORD_ONLY, default=...) for key in sorted(keys))
        else:
            yield parameter


def _default(value: object) -> str:
    """A default as it is written; what only the program can make stands as dots."""
    return repr(value) if isinstance(value, str | int | float | bool | tuple | None) else "..."


def _explained(breakage: griffe.Breakage) -> str:
    """The words of griffe without the file in front, which is ours for reading only, and without colours."""
    words = re.sub(r"\x1b\[\d+m", "", breakage.explain(griffe.ExplanationStyle.ONE_LINE))
    return words.partition(": ")[2]


if __name__ == "__main__":
    BASELINE.parent.mkdir(exist_ok=True)
    BASELINE.write_text(public_api(), encoding="utf-8")
    print(f"Written: {BASELINE.relative_to(ROOT)}", file=sys.stderr)
