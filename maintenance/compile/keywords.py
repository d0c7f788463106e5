"""Read the keyword arguments of the clients' methods: the TypedDicts of `_clients/arguments.py`, with their bases.

Most fields are those of openapi.yaml, in the TypedDicts that are generated from it. Nothing is imported.
"""

from __future__ import annotations

import ast
import builtins
import re
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
_MODELS = "ollama_sdk.generated.models"
_ARGUMENTS = "ollama_sdk.overlay._clients.arguments"


@frozen
class Keyword:
    """A keyword argument.

    Attributes:
        annotation: The type. `models` in it is the module, which the clients import.
        description: What it is, in one line.
        imports: The statements that import the other names of the type.
    """

    annotation: str
    description: str
    imports: frozenset[str]


def read_keywords(typed_dict: str, module: str = _ARGUMENTS) -> dict[str, Keyword]:
    """Return the fields of a TypedDict by name: its own, then those of its bases, the last base first."""
    body = _tree(module).body
    cls = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == typed_dict)
    keywords: dict[str, Keyword] = {}
    for node, after in zip(cls.body, [*cls.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            keywords[node.target.id] = _keyword(module, node.annotation, after)
    for base in reversed(cls.bases):
        if isinstance(base, ast.Name) and base.id != "TypedDict":
            inherited = read_keywords(base.id, _imports(module).get(base.id, module))
            keywords |= {name: keyword for name, keyword in inherited.items() if name not in keywords}
    return keywords


def _keyword(module: str, annotation: ast.expr, after: ast.stmt | None) -> Keyword:
    """Return a keyword whose type has names that the clients know."""
    imports = set()

    def known(match: re.Match[str]) -> str:
        name = match[0]
        origin = _imports(module).get(name, module)
        if hasattr(builtins, name):
            return name
        if origin.startswith(_MODELS):
            return f"models.{name}"
        imports.add(f"from {origin} import {name}" if origin else f"import {name}")
        return name

    text = re.sub(r"(?<![.\w])[^\W\d]\w*", known, ast.unparse(annotation))
    match after:
        case ast.Expr(ast.Constant(str(docstring))):
            description = " ".join(docstring.split())
        case _:
            description = ""
    return Keyword(text if "None" in text.split(" | ") else f"{text} | None", description, frozenset(imports))


@cache
def _tree(module: str) -> ast.Module:
    half = "generated" if module.startswith(_MODELS) else "overlay"
    return ast.parse(ROOT.joinpath(half, *module.split(".")).with_suffix(".py").read_text(encoding="utf-8"))


@cache
def _imports(module: str) -> dict[str, str]:
    """Return where the names come from that a module imports; "" for a module that is imported as a whole."""
    origins: dict[str, str] = {}
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            origins |= {alias.name: origin for alias in node.names}
        elif isinstance(node, ast.Import):
            origins |= {alias.name: "" for alias in node.names}
    return origins
