"""Python functions as tools, described by their signatures, or by a JSON schema."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from attrs import evolve

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay._checks import check_kind
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._formats.schemas import RecursiveTypeError, Schema, UnusableTypeError, inlined
from ollama_sdk.overlay._formats.types import type_check, type_name
from ollama_sdk.overlay._tools.definitions import FunctionTool, Parameter, ToolFunction
from ollama_sdk.overlay._tools.docstrings import read_docstring
from ollama_sdk.overlay._tools.schema import allows_null, tool_form, without_null

if TYPE_CHECKING:
    from ollama_sdk.generated.models.tool import Tool


def tool_definitions(tools: Iterable[Tool | Mapping[str, Any] | ToolFunction]) -> list[Tool | Mapping[str, Any]]:
    """Return the tools as they are sent: definitions of functions, everything else as it is."""
    return [read_tool(tool, index)[1] for index, tool in enumerate(tools)]


def read_tool(tool: object, index: int) -> tuple[str, Tool | Mapping[str, Any], FunctionTool | None]:
    """Return the name of a tool, its definition as it is sent, and the FunctionTool if it is a function.

    Raises:
        RequestError: It is no function, dict or Tool, or cannot be a tool.
    """
    if isinstance(tool, Mapping | Model):
        definition: Any = tool  # the only model with a function is Tool
        return _name(definition, index), definition, None
    if not callable(tool):
        raise RequestError(f"tools[{index}] must be a function, a dict or a Tool, not {type(tool).__name__}")
    described = describe(tool)
    return described.name, described.definition(), described


def _name(tool: Mapping[str, Any] | Tool, index: int) -> str:
    function = tool.get("function")
    name = function.get("name") if isinstance(function, Mapping | Model) else None
    if not isinstance(name, str) or not name:
        raise RequestError(f"tools[{index}] has no name; give a dict with function and its name")
    return name


def tool(
    function: ToolFunction,
    *,
    name: str | None = None,
    description: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> FunctionTool:
    """Return a tool for `tools=` of a function, with another name or description, or with a JSON schema.

    Args:
        function: A function, plain or async, or what this function returned before.
        name: The name by which the model calls it. Default: the function's own.
        description: What it does, for the model. Default: what its docstring says.
        parameters: The JSON schema of an object: the arguments, which the function then gets as keywords. Whether all
            that it requires are there is checked; values are as the model wrote them, but lists and objects that came
            as JSON text are read. Default: the signature of the function, by which the arguments are converted.

    Raises:
        RequestError: The function cannot be described, or the schema is not that of an object.

    Example:
        >>> def lookup(**fields):
        ...     return sorted(fields)
        >>> schema = {"type": "object", "properties": {"max-age": {"type": "integer"}}, "required": ["max-age"]}
        >>> made = tool(lookup, name="look-up", description="Look something up.", parameters=schema)
        >>> made.definition()["function"]["name"], made(**{"max-age": 3})
        ('look-up', ['max-age'])
    """
    if name is not None and (not isinstance(name, str) or not name):
        raise RequestError(f"the name of a tool must be text, not {name!r}")
    check_kind("description", description, str)
    if not callable(function):
        raise RequestError(f"a tool must be a function, not {type(function).__name__}")
    made = function if isinstance(function, FunctionTool) else None
    if parameters is not None:
        own = made or FunctionTool(function, name or _own_name(function), _documentation(function)[0])
        made = evolve(own, parameters=(), schema=_object_form(parameters))
    made = made or describe(function, name)
    return evolve(made, name=name or made.name, description=made.description if description is None else description)


def _object_form(given: object) -> Schema:
    """Return the JSON schema of the arguments of a tool, without references, in the form of `tool_form`."""
    schema: Schema = {"type": "object", "properties": {}}
    if isinstance(given, Mapping):
        schema |= {key: part for key, part in given.items() if part is not None}  # as programs in Go write no list
    if (
        not isinstance(given, Mapping)
        or schema["type"] != "object"
        or not isinstance(schema["properties"], Mapping)
        or not isinstance(schema.get("required", ()), list | tuple)
    ):
        raise RequestError("parameters must be the JSON schema of an object, as a dict with type and properties")
    with suppress(RecursiveTypeError, LookupError):  # a reference to itself or to elsewhere is sent as it is
        schema = tool_form(inlined(schema))
    properties = {key: part if isinstance(part, dict) else {} for key, part in schema["properties"].items()}
    return {**schema, "properties": properties}  # a part may be true, too


def describe(function: ToolFunction, name: str | None = None) -> FunctionTool:
    """Return a Python function as a tool, described by its type hints and its docstring.

    A parameter is required unless it has a default or its type allows None; one without a type is a string. Its
    description comes from `Annotated[..., "text"]`, or from a docstring in the style of Google, NumPy or reST.
    The arguments that a partial already gives are left out.

    Args:
        function: A function, plain or async, a method, a partial, or an object with `__call__`; a FunctionTool is
            returned as it is.
        name: The name by which the model calls it. Default: its own.

    Raises:
        RequestError: The type of a parameter has no JSON schema, the function has no name, or it takes `*args` or
            `**kwargs`, which a schema cannot name.

    Example:
        >>> def add(a: int, b: int = 1) -> int:
        ...     '''Add two numbers.'''
        ...     return a + b
        >>> describe(add).definition()["function"]["parameters"]["required"]
        ['a']
    """
    if isinstance(function, FunctionTool):
        return function
    inner = function.func if isinstance(function, partial) else function
    name = name or _own_name(function)
    description, documented = _documentation(inner)
    given = set(function.keywords) if isinstance(function, partial) else set()
    parameters = [
        _parameter(name, parameter, _source(inner), documented.get(parameter.name, ""))
        for parameter in _signature(name, function)
        if parameter.name not in given
    ]
    return FunctionTool(function, name, description, tuple(parameters))


def _own_name(function: ToolFunction) -> str:
    inner = function.func if isinstance(function, partial) else function
    name: str = getattr(inner, "__name__", None) or type(inner).__name__
    if not name.isidentifier():
        raise RequestError(
            f"a tool must have a name for the model to call it by, which {name} is not; give tool(function, name=...)"
        )
    return name


def _signature(name: str, function: ToolFunction) -> list[inspect.Parameter]:
    try:
        if sys.version_info >= (3, 14):  # evaluates annotations here, where names for type checkers do not exist
            from annotationlib import Format

            signature = inspect.signature(function, annotation_format=Format.FORWARDREF)
        else:
            signature = inspect.signature(function)
    except (TypeError, ValueError) as error:
        raise RequestError(f"the function {name} does not tell what it takes; describe it by a dict") from error
    parameters = list(signature.parameters.values())
    if str(getattr(inspect.unwrap(function), "__module__", "")).startswith("ollama_sdk.overlay"):
        # The keyword-only parameters of a method of the client, such as web_search, are for programs, not for a model.
        parameters = [parameter for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    return parameters


def _source(function: ToolFunction) -> Callable[..., object]:
    """Return the function that has the annotations of a callable."""
    source: Callable[..., object] = function
    if inspect.isclass(function):
        source = function.__init__
    elif not inspect.isroutine(function):
        source = type(function).__call__
    unwrapped: Callable[..., object] = inspect.unwrap(source)
    return unwrapped


def _parameter(function: str, parameter: inspect.Parameter, source: Callable[..., object], text: str) -> Parameter:
    """Return a parameter of a function; `text` describes it in the docstring."""
    default = parameter.default
    optional = default is not parameter.empty
    positional = parameter.kind is parameter.POSITIONAL_ONLY
    where = f"the function {function} cannot be a tool: the parameter {parameter.name}"
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**"
        raise RequestError(
            f"the function {function} cannot be a tool: a model could not name what goes into {stars}{parameter.name}; "
            "write each parameter out, or, where a decorator hides them, let it use functools.wraps"
        )
    if parameter.annotation is parameter.empty:
        schema = {"type": "string"}
        return Parameter(parameter.name, _described(schema, text), not optional, default, positional, None)
    annotation = _evaluated(where, parameter, source)
    try:
        check = type_check(annotation)
        schema = tool_form(inlined(check.schema))
    except UnusableTypeError as error:
        raise RequestError(f"{where} has the type {type_name(annotation)}, which has no schema: {error}") from error
    nullable = allows_null(schema)
    if nullable and default in (None, parameter.empty):
        # Leaving it out means None as well, and many prompt templates support a single type only.
        schema = without_null(schema)
        default = None
    text = _annotated_text(annotation) or text
    return Parameter(parameter.name, _described(schema, text), not (optional or nullable), default, positional, check)


def _evaluated(where: str, parameter: inspect.Parameter, source: Callable[..., object]) -> object:
    """Return the type of a parameter; its annotation may be text."""

    def probe() -> None: ...

    # One at a time, since names in other annotations may exist for type checkers only.
    probe.__annotations__ = {"it": parameter.annotation}
    code = getattr(source, "__code__", None)
    cells = getattr(source, "__closure__", None) or ()
    is_local = "<locals>" in getattr(source, "__qualname__", "")
    names = _surrounding_names(code) if is_local and not isinstance(parameter.annotation, type) else {}
    for name, cell in zip(code.co_freevars if code else (), cells, strict=False):
        with suppress(ValueError):  # a variable that has no value yet
            names[name] = cell.cell_contents
    names.update((variable.__name__, variable) for variable in getattr(source, "__type_params__", ()))
    try:
        return get_type_hints(probe, getattr(source, "__globals__", {}), names, include_extras=True)["it"]
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise RequestError(
            f"{where} has the type {parameter.annotation!r}, which cannot be found: {error}; a name in an annotation "
            "must be importable at run time and belong to the module, or to a function that is still running"
        ) from error


def _surrounding_names(code: CodeType | None) -> dict[str, object]:
    """Return the variables of the enclosing functions of a function, of those that are running.

    An annotation that is text does not make the function keep the variables that it names.
    """
    names: dict[str, object] = {}
    frame = inspect.currentframe()
    while code is not None and frame is not None:
        if _contains(frame.f_code, code):
            names = {**frame.f_locals, **names}  # those of inner functions come first
        frame = frame.f_back
    return names


def _contains(outer: CodeType, inner: CodeType) -> bool:
    parts = [part for part in outer.co_consts if isinstance(part, CodeType)]
    return any(part is inner or _contains(part, inner) for part in parts)


def _described(schema: Schema, text: str) -> Schema:
    return {**schema, "description": text} if text else schema


def _annotated_text(annotation: object) -> str:
    """Return the description in Annotated: text, or that of an object such as pydantic's Field or Doc."""
    if get_origin(annotation) is not Annotated:
        return ""
    for extra in get_args(annotation)[1:]:
        for text in (extra, getattr(extra, "description", None), getattr(extra, "documentation", None)):
            if isinstance(text, str) and text:
                return text.strip()
    return ""


def _documentation(function: ToolFunction) -> tuple[str, dict[str, str]]:
    """Return the descriptions of a function and of its parameters in its docstring."""
    if inspect.isroutine(function) or inspect.isclass(function):
        text = inspect.getdoc(function)
    else:
        own = type(function).__call__.__doc__  # inspect.getdoc would return an inherited one
        text = inspect.cleandoc(own) if own else inspect.getdoc(type(function))
    return read_docstring(text) if text else ("", {})
