"""Compile the asynchronous clients from `_clients/_source/`: write out the keywords of the methods, and the overloads.

A method there takes `**arguments: Unpack[ChatArguments]`. What is compiled from it takes each keyword of that TypedDict
by name, and explains it in its docstring.

A method that takes `stream` returns a union there: of a response and a stream; if it takes `format` too, also of a
response and a stream whose `.parsed` is a T. What is compiled from it has an overload for each case.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, product

from maintenance.keywords import Keyword, read_keywords

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
    "hidden": "from ollama_sdk.overlay._secrets import hidden",
    "refuse_misspelt": "from ollama_sdk.overlay._clients.unknown_arguments import refuse_misspelt",
}
"""What the statements that are written out use when the program runs."""
_MAY_HAVE_A_KEY = "extra_headers"
_INDENT = " " * 8  # of what is in a method
_WIDTH = 120

_Place = tuple[int, int]
_Edit = tuple[_Place, _Place, str]
"""Where a piece of the source begins and ends, in lines and bytes, and what comes in its place."""


def write_out(source: str) -> str:
    """Return the source of an asynchronous client; it is not formatted, and imports more than it needs."""
    tree = ast.parse(source)
    edits: list[_Edit] = []
    imports = {*_IMPORTS}
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef(args=ast.arguments(kwarg=ast.arg(annotation=ast.Subscript(slice=typed_dict)))):
                own = {arg.arg for arg in node.args.args}
                keywords = read_keywords(ast.unparse(typed_dict).removeprefix("_arguments."))
                keywords = {name: keyword for name, keyword in keywords.items() if name not in own}
                edits += _edit_method(node, keywords, source)
                imports.update(*(keyword.imports for keyword in keywords.values()))
    if edits:
        edits += _edit_imports(tree, imports)
    return _apply(edits, source)


def _apply(edits: Iterable[_Edit], source: str) -> str:
    text = source.encode()
    lines = [0, 0, *accumulate(map(len, text.splitlines(keepends=True)))]  # the first line is line 1
    for (first, first_column), (last, last_column), new in sorted(edits, reverse=True):
        text = text[: lines[first] + first_column] + new.encode() + text[lines[last] + last_column :]
    return text.decode()


def _begin(node: ast.expr | ast.stmt | ast.arg) -> _Place:
    return node.lineno, node.col_offset


def _end(node: ast.expr | ast.stmt | ast.arg) -> _Place:
    return node.end_lineno or 0, node.end_col_offset or 0


def _edit_imports(tree: ast.Module, imports: Iterable[str]) -> Iterator[_Edit]:
    """Import names that are not there yet: for type checkers alone, but for what is used."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    there = {alias.asname or alias.name for node in nodes for alias in node.names}
    block = next(node for node in tree.body if isinstance(node, ast.If))
    first = block.body[0]
    missing = sorted(statement for statement in imports if statement.split()[-1] not in there)
    yield _begin(first), _begin(first), "".join(f"{statement}\n    " for statement in missing)
    for name, statement in _USED.items():
        if name not in there:
            yield _begin(block), _begin(block), f"{statement}\n\n"


def _edit_method(method: ast.AsyncFunctionDef, keywords: Mapping[str, Keyword], source: str) -> Iterator[_Edit]:
    docstring, arguments, returned = method.body[0], method.args.kwarg, method.returns
    assert arguments is not None
    assert returned is not None
    named = {name: f"{keyword.annotation} = None" for name, keyword in keywords.items()}
    yield _begin(method), _begin(method), _overloads(method, named)
    line, column = _begin(arguments)
    parameters = [] if method.args.kwonlyargs else ["*"]
    parameters += [f"{name}: {typed}" for name, typed in named.items()]
    parameters += ["**unknown: Unpack[NoArguments]"]
    yield (line, column - len("**")), _end(arguments), ", ".join(parameters)
    yield _begin(returned), _end(returned), _replace_type(ast.unparse(returned), "Any")
    text = ast.get_source_segment(source, docstring) or ""
    yield _begin(docstring), _end(docstring), _explain(text, keywords) + _collect(method.name, keywords)


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
    return "\n    ".join([*lines, "", ""])


def _replace_type(annotation: str, of: str) -> str:
    """Return a type with another one in place of T."""
    return re.sub(r"\bT\b", of, annotation)


def _explain(docstring: str, keywords: Mapping[str, Keyword]) -> str:
    """Return a docstring that explains the keywords too; what it says of one itself stays."""
    summary, *rest = re.split(r"^(Args|Returns|Raises|Example):$\n", inspect.cleandoc(docstring[3:-3]), flags=re.M)
    sections = {"Args": "", **dict(zip(rest[::2], rest[1::2], strict=True))}
    explained = re.findall(r"^    (\w+): ", sections["Args"], flags=re.M)
    wrapper = textwrap.TextWrapper(_WIDTH - len(_INDENT), initial_indent=" " * 4, subsequent_indent=" " * 8)
    wrapper.break_on_hyphens = False
    missing = (f"{name}: {keyword.description}" for name, keyword in keywords.items() if name not in explained)
    sections["Args"] = "\n".join([*sections["Args"].rstrip().splitlines(), *map(wrapper.fill, missing)])
    parts = [summary.rstrip(), *(f"{name}:\n{text.rstrip()}" for name, text in sections.items())]
    return '"""' + textwrap.indent("\n\n".join(parts), _INDENT).strip() + f'\n{_INDENT}"""'


def _collect(method: str, keywords: Iterable[str]) -> str:
    """Return the statements that put what is given into `arguments`."""
    lines = ["", "arguments: dict[str, Any] = {**unknown}"]
    lines += ["if unknown:", f"    refuse_misspelt(self.{method}, unknown)"]
    for name in keywords:
        # No traceback shows a key, even one with local variables.
        value = f"{name} = hidden({name})" if name == _MAY_HAVE_A_KEY else name
        lines += [f"if {name} is not None:", f"    arguments[{name!r}] = {value}"]
    return f"\n{_INDENT}".join(lines)
