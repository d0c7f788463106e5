"""Compile the asynchronous clients from `_clients/_source/`: write out the keywords of the methods, and the overloads.

A method there takes `**arguments: Unpack[ChatArguments]`. What is compiled from it takes each keyword of that TypedDict
by name, and explains it in its docstring.

A method that takes `stream` returns a union there: of a response and a stream; if it takes `format` too, also of a
response and a stream whose `.parsed` is a T. What is compiled from it has an overload for each case.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterable, Mapping
from itertools import product

from maintenance.compile.keywords import Keyword, read_keywords

# How overloads take `stream` and `format`, and which members of the union are then returned.
_STREAM = {"Literal[False] = False": [0], "Literal[True]": [1], "bool": [0, 1]}
_FORMAT = {"None = None": (0, ""), "str | Mapping[str, Any]": (2, "Any"), "TypeForm[T]": (2, "T")}
_NO_FORMAT = {"": (0, "")}
# What is written out needs, beside the types of the keywords.
_IMPORTS = (
    "from collections.abc import Mapping",
    "from typing import Any",
    "from typing import Literal",
    "from typing import overload",
    "from ollama_sdk.overlay._clients.arguments import NoArguments",
)
_USED = {
    "refuse_misspelt": "from ollama_sdk.overlay._clients.unknown import refuse_misspelt",
    "hidden": "from ollama_sdk.overlay._secrets import hidden",
}
"""What the statements that are written out use when the program runs."""
_MAY_HAVE_A_KEY = "extra_headers"
_WIDTH = 120 - 8  # of the docstring of a method


def write_out(source: str) -> str:
    """Return the source of an asynchronous client; it is not formatted, and imports more than it needs."""
    tree, lines = ast.parse(source), source.splitlines(keepends=True)
    imports = {*_IMPORTS}
    methods = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)]
    for method in sorted(methods, key=lambda method: method.lineno, reverse=True):
        match method.args.kwarg:
            case ast.arg(annotation=ast.Subscript(slice=typed_dict)):
                own = {arg.arg for arg in method.args.args}
                keywords = read_keywords(ast.unparse(typed_dict).removeprefix("_arguments."))
                keywords = {name: keyword for name, keyword in keywords.items() if name not in own}
                head = slice(method.lineno - 1, method.body[0].end_lineno)
                lines[head] = [textwrap.indent(_write_head(method, keywords), " " * 4)]
                imports.update(*(keyword.imports for keyword in keywords.values()))
    if imports > {*_IMPORTS}:
        _add_imports(tree, lines, imports)
    return "".join(lines)


def _add_imports(tree: ast.Module, lines: list[str], imports: Iterable[str]) -> None:
    """Import names that are not there yet: for type checkers alone, but for what is used."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    there = {alias.asname or alias.name for node in nodes for alias in node.names}
    block = next(node for node in tree.body if isinstance(node, ast.If))
    missing = sorted(statement for statement in imports if statement.split()[-1] not in there)
    lines[block.lineno : block.lineno] = [f"    {statement}\n" for statement in missing]
    used = [f"{statement}\n" for name, statement in _USED.items() if name not in there]
    lines[block.lineno - 1 : block.lineno - 1] = used


def _write_head(method: ast.AsyncFunctionDef, keywords: Mapping[str, Keyword]) -> str:
    """Return a method up to its docstring, which takes the keywords by name, after its overloads."""
    named = {name: f"{keyword.annotation} = None" for name, keyword in keywords.items()}
    overloads = _overloads(method, named)
    method.args.kwonlyargs += [ast.arg(name, ast.Name(keyword.annotation)) for name, keyword in keywords.items()]
    method.args.kw_defaults += [ast.Constant(None)] * len(keywords)
    method.args.kwarg = ast.arg("unknown", ast.Name("Unpack[NoArguments]"))
    method.returns = ast.Name(_replace_type(ast.unparse(method.returns or ast.Constant(None)), "Any"))
    docstring = ast.Expr(ast.Constant(_explain(ast.get_docstring(method) or "", keywords)))
    method.body = [docstring, *ast.parse(_collect(method.name, keywords)).body]
    return f"{overloads}{ast.unparse(method)}\n"


def _overloads(method: ast.AsyncFunctionDef, named: Mapping[str, str]) -> str:
    """Return the overloads, for type checkers alone; nothing for a method without `stream`."""
    args = method.args
    for argument, default in zip(reversed(args.kwonlyargs), reversed(args.kw_defaults), strict=True):
        typed = ast.unparse(argument).removeprefix(f"{argument.arg}: ")
        named = {argument.arg: typed + (f" = {ast.unparse(default)}" if default else ""), **named}
    if "stream" not in named:
        return ""
    positional = ast.unparse(ast.arguments([], args.args, None, [], [], None, args.defaults))
    members = ast.unparse(method.returns or ast.Constant(None)).split(" | ")
    lines = ["if TYPE_CHECKING:"]
    formats = _FORMAT if "format" in named else _NO_FORMAT
    for (stream, chosen), (form, (first, of)) in product(_STREAM.items(), formats.items()):
        changed = {**named, "stream": stream, **({"format": form} if form else {})}
        parameters = ", ".join([positional, "*", *(f"{name}: {typed}" for name, typed in changed.items())])
        returned = _replace_type(" | ".join(members[first + index] for index in chosen), of)
        lines += ["    @overload", f"    async def {method.name}({parameters}) -> {returned}: ..."]
    return "\n".join([*lines, ""])


def _replace_type(annotation: str, of: str) -> str:
    """Return a type with another one in place of T."""
    return re.sub(r"\bT\b", of, annotation)


def _explain(docstring: str, keywords: Mapping[str, Keyword]) -> str:
    """Return a docstring that explains the keywords too; what it says of one itself stays."""
    summary, *rest = re.split(r"^(Args|Returns|Raises|Example):$\n", docstring, flags=re.M)
    sections = {"Args": "", **dict(zip(rest[::2], rest[1::2], strict=True))}
    explained = re.findall(r"^    (\w+): ", sections["Args"], flags=re.M)
    wrapper = textwrap.TextWrapper(_WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8)
    wrapper.break_on_hyphens = False
    missing = (f"{name}: {keyword.description}" for name, keyword in keywords.items() if name not in explained)
    sections["Args"] = "\n".join([*sections["Args"].rstrip().splitlines(), *map(wrapper.fill, missing)])
    parts = [summary.rstrip(), *(f"{name}:\n{text.rstrip()}" for name, text in sections.items())]
    return textwrap.indent("\n\n".join(parts), " " * 4).strip() + "\n" + " " * 4


def _collect(method: str, keywords: Iterable[str]) -> str:
    """Return the statements that put what is given into `arguments`."""
    lines = ["arguments: dict[str, Any] = {**unknown}"]
    lines += ["if unknown:", f"    refuse_misspelt(self.{method}, unknown)"]
    for name in keywords:
        # No traceback shows a key, even one with local variables.
        value = f"{name} = hidden({name})" if name == _MAY_HAVE_A_KEY else name
        lines += [f"if {name} is not None:", f"    arguments[{name!r}] = {value}"]
    return "\n".join(lines)
