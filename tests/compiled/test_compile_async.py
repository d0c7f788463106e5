"""How the asynchronous clients are made of their source: keywords, docstrings and overloads."""

from __future__ import annotations

import ast
import inspect
from textwrap import dedent

import pytest

from maintenance.compile.asynchronous import write_out
from maintenance.compile.keywords import read_keywords
from ollama_sdk.overlay import AsyncOllama, Ollama

SOURCE = dedent('''\
    """Clients."""

    from __future__ import annotations

    from typing import TYPE_CHECKING

    if TYPE_CHECKING:
        from typing import Unpack

        from ollama_sdk.overlay._clients import arguments as _arguments


    class Client:
        async def version(self, **arguments: Unpack[_arguments.CallArguments]) -> str:
            """Tell the version.

            Raises:
                OllamaError: Always — so far.
            """
            # A comment.
            return await self.send(arguments)

        async def chat(
            self, model: str, *, stream: bool = False, format: Any = None, **arguments: Unpack[_arguments.CallArguments]
        ) -> Response | Stream | ParsedResponse[T] | ParsedStream[T]:
            """Chat.

            Args:
                model: The model.
                timeout: A limit
                    of its own.

            Returns:
                The response.
            """

        async def pull(
            self, *, stream: bool = False, **arguments: Unpack[_arguments.CallArguments]
        ) -> Progress | ProgressStream:
            """Pull."""

        async def close(self) -> None:
            """Close."""
''')


@pytest.fixture(scope="module")
def compiled() -> ast.ClassDef:
    (cls,) = (node for node in ast.parse(write_out(SOURCE)).body if isinstance(node, ast.ClassDef))
    return cls


def method(cls: ast.ClassDef, name: str) -> ast.AsyncFunctionDef:
    (node,) = (node for node in cls.body if isinstance(node, ast.AsyncFunctionDef) and node.name == name)
    return node


def overloads(cls: ast.ClassDef, name: str) -> list[tuple[str, ...]]:
    """What the overloads of a method take as `stream` and `format`, and what they return."""
    nodes = [node for node in ast.walk(cls) if isinstance(node, ast.AsyncFunctionDef) and node.name == name]
    written = []
    for node in nodes:
        if node.decorator_list:
            types = [ast.unparse(one) for one in node.args.kwonlyargs if one.arg in ("stream", "format")]
            written.append((*types, ast.unparse(node.returns or ast.Constant(None))))
    return written


def test_each_argument_is_a_keyword_and_no_other_is_taken(compiled: ast.ClassDef):
    assert ast.unparse(method(compiled, "version").args) == (
        "self, *, timeout: Timeout | None=None, deadline: float | None=None, "
        "max_response_bytes: int | None=None, "
        "extra_headers: Mapping[str, str] | None=None, extra_body: Mapping[str, Any] | None=None, "
        "**unknown: Unpack[NoArguments]"
    )
    assert ast.unparse(method(compiled, "close").args) == "self"


def test_a_docstring_explains_each_argument_and_keeps_what_it_says_itself(compiled: ast.ClassDef):
    plain, own = (ast.get_docstring(method(compiled, name)) or "" for name in ("version", "chat"))
    assert plain.startswith("Tell the version.\n\nArgs:\n    timeout: Limits for this call: seconds per phase, ")
    assert plain.endswith(", or that are to be null.\n\nRaises:\n    OllamaError: Always — so far.")
    assert own.startswith(
        "Chat.\n\nArgs:\n    model: The model.\n    timeout: A limit\n        of its own.\n    deadline: "
    )
    assert own.endswith(", or that are to be null.\n\nReturns:\n    The response.")


def test_a_type_is_the_same_for_every_method_that_takes_it():
    kinds = {read_keywords(name)["think"].annotation for name in ("GenerateArguments", "LoadArguments") * 2}
    assert kinds == {"bool | models.ThinkLevel | str | None"}


def test_stream_and_format_decide_what_is_returned(compiled: ast.ClassDef):
    blocking, streaming, either = "stream: Literal[False]", "stream: Literal[True]", "stream: bool"
    none, schema, form = "format: None", "format: str | Mapping[str, Any]", "format: TypeForm[T]"
    assert overloads(compiled, "pull") == [
        (blocking, "Progress"),
        (streaming, "ProgressStream"),
        (either, "Progress | ProgressStream"),
    ]
    assert overloads(compiled, "chat") == [
        (blocking, none, "Response"),
        (blocking, schema, "ParsedResponse[Any]"),
        (blocking, form, "ParsedResponse[T]"),
        (streaming, none, "Stream"),
        (streaming, schema, "ParsedStream[Any]"),
        (streaming, form, "ParsedStream[T]"),
        (either, none, "Response | Stream"),
        (either, schema, "ParsedResponse[Any] | ParsedStream[Any]"),
        (either, form, "ParsedResponse[T] | ParsedStream[T]"),
    ]
    assert overloads(compiled, "version") == []


def test_what_a_client_imports_at_run_time_is_what_its_source_imports_and_hidden():
    written = ast.parse(write_out(SOURCE))
    imported = [node for node in written.body if isinstance(node, ast.ImportFrom)]
    assert [node.names[0].name for node in imported] == ["annotations", "TYPE_CHECKING", "refuse_misspelt", "hidden"]


@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
def test_chat_has_every_field_of_its_request(client: type):
    parameters = inspect.signature(client.chat).parameters  # type: ignore[attr-defined]  # both have it
    docstring = inspect.getdoc(client.chat) or ""  # type: ignore[attr-defined]
    names = {"options", "think", "keep_alive", "tools", "timeout", "extra_body"}
    assert names <= parameters.keys()
    for name in read_keywords("ChatArguments"):
        assert parameters[name].default is None
        assert f"\n    {name}: " in docstring
