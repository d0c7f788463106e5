"""Python functions as tools: the definition that the model gets, and the check of the arguments that it sends."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from types import CodeType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from attrs import frozen

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._formats.types import (
    InvalidValueError,
    Schema,
    TypeCheck,
    UnusableTypeError,
    inlined,
    type_check,
    type_name,
)
from ollama_sdk.overlay._sending.messages import read_arguments
from ollama_sdk.overlay._tools.docstrings import read_docstring
from ollama_sdk.overlay._tools.schema import allows_null, tool_form, with_texts_read, without_null

if TYPE_CHECKING:
    from ollama_sdk.generated.models.tool import Tool

ToolFunction: TypeAlias = Callable[..., Any]
"""A function that a model may call: plain or async, a method, a partial, or an object with `__call__`."""


@frozen
class Parameter:
    """One parameter of a function that is a tool.

    Attributes:
        name: Its name.
        schema: Its JSON schema, which the model gets.
        required: Whether the model must give it.
        default: The value for the function when the model leaves it out; `inspect.Parameter.empty` when the function
            is then called without it.
        positional: Whether it can be given by position only.
        check: The check of its type, or None when it has no type.
    """

    name: str
    schema: Schema
    required: bool
    default: object
    positional: bool
    check: TypeCheck | None


@frozen
class FunctionTool:
    """A Python function as a tool.

    Attributes:
        function: The function.
        name: The name by which the model calls it.
        description: What it does, for the model.
        parameters: Its parameters.
    """

    function: ToolFunction
    name: str
    description: str
    parameters: tuple[Parameter, ...]

    def definition(self) -> dict[str, Any]:
        """Return the tool in the form of /api/chat."""
        function: dict[str, Any] = {"name": self.name}
        if self.description:
            function["description"] = self.description
        function["parameters"] = {
            "type": "object",
            "properties": {parameter.name: parameter.schema for parameter in self.parameters},
            "required": [parameter.name for parameter in self.parameters if parameter.required],
        }
        return {"type": "function", "function": function}

    def bind(self, arguments: Mapping[str, Any] | str) -> Callable[[], Any]:
        """Return the call of the function with the arguments of a model, converted to the types of the parameters.

        A null for a parameter that may be left out and whose type does not allow None counts as left out. Some servers
        send the arguments as JSON text of the object, as the API of OpenAI does, and some models write lists and
        objects within them so. A parameter without a type gets text, as its schema says.

        Raises:
            RequestError: An argument is missing, unknown or of a wrong type; the message names all that are.
        """
        if isinstance(arguments, str):
            arguments = read_arguments(arguments)
        if not isinstance(arguments, Mapping):
            raise RequestError(f"{self.name}: the arguments must be an object, not {type(arguments).__name__}")
        known = {parameter.name for parameter in self.parameters}
        takes = ", ".join(parameter.name for parameter in self.parameters) or "no arguments"
        problems = [f"{name} is not an argument; it takes {takes}" for name in arguments if name not in known]
        positional: list[Any] = []
        named: dict[str, Any] = {}
        for parameter in self.parameters:
            try:
                value = _argument(parameter, arguments)
            except InvalidValueError as error:
                problems.append(f"{parameter.name}: {error}")
                continue
            if value is inspect.Parameter.empty:
                continue
            if parameter.positional:
                positional.append(value)
            else:
                named[parameter.name] = value
        if problems:
            raise RequestError(f"{self.name}: " + "; ".join(problems))
        return partial(self.function, *positional, **named)


def _argument(parameter: Parameter, arguments: Mapping[str, Any]) -> object:
    """Return the value for a parameter; `inspect.Parameter.empty` to leave it out."""
    if parameter.name not in arguments:
        if parameter.required:
            raise InvalidValueError("is missing")
        return parameter.default
    value = arguments[parameter.name]
    if parameter.check is None:
        if value is None and not parameter.required:
            return parameter.default
        return value if isinstance(value, str) else _json.dumps(value).decode()
    try:
        return parameter.check.convert(value)
    except InvalidValueError:
        value = with_texts_read(value, parameter.schema)
        if value is None and not parameter.required:
            return parameter.default
        return parameter.check.convert(value)


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


def describe(function: ToolFunction) -> FunctionTool:
    """Return a Python function as a tool, described by its type hints and its docstring.

    A parameter is required unless it has a default or its type allows None; one without a type is a string. Its
    description comes from `Annotated[..., "text"]`, or from a docstring in the style of Google, NumPy or reST.
    The arguments that a partial already gives are left out.

    Args:
        function: A function, plain or async, a method, a partial, or an object with `__call__`.

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
    if not callable(function):
        raise RequestError(f"a tool must be a function, a dict or a Tool, not {type(function).__name__}")
    inner = function.func if isinstance(function, partial) else function
    name = getattr(inner, "__name__", None) or type(inner).__name__
    if not name.isidentifier():
        raise RequestError(f"a tool must have a name for the model to call it by, which {name} is not; write it by def")
    description, documented = _documentation(inner)
    given = set(function.keywords) if isinstance(function, partial) else set()
    parameters = [
        _parameter(name, parameter, _source(inner), documented.get(parameter.name, ""))
        for parameter in _signature(name, function)
        if parameter.name not in given
    ]
    return FunctionTool(function, name, description, tuple(parameters))


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
    if str(getattr(inspect.unwrap(function), "__module__", "")).startswith("ollama_sdk.overlay."):
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
    if annotation is object:
        annotation = Any
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
