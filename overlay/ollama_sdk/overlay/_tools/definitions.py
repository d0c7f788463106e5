"""A function as a tool: the definition that the model gets, and the check of the arguments that it sends."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from attrs import field, frozen

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._formats.schemas import Schema
from ollama_sdk.overlay._formats.types import InvalidValueError, TypeCheck
from ollama_sdk.overlay._sending.messages import read_arguments
from ollama_sdk.overlay._tools.schema import allows_null, is_null_text, with_texts_read

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
    """A function as a tool; see `tool`. Calling it calls the function.

    Attributes:
        function: The function.
        name: The name by which the model calls it.
        description: What it does, for the model.
        parameters: Its parameters, when they come from its signature.
        schema: The JSON schema of its arguments, when that was given.
        needs_loop: Whether it runs in a certain event loop, so that `AsyncOllama` alone can call it.
    """

    __module__ = "ollama_sdk.overlay"

    function: ToolFunction
    name: str
    description: str
    parameters: tuple[Parameter, ...] = field(default=(), repr=False)
    schema: Schema | None = field(default=None, repr=False)
    needs_loop: bool = False

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        return self.function(*arguments, **named)

    def definition(self) -> dict[str, Any]:
        """Return the tool in the form of /api/chat."""
        function: dict[str, Any] = {"name": self.name}
        if self.description:
            function["description"] = self.description
        function["parameters"] = self.schema or {
            "type": "object",
            "properties": {parameter.name: parameter.schema for parameter in self.parameters},
            "required": [parameter.name for parameter in self.parameters if parameter.required],
        }
        return {"type": "function", "function": function}

    def bind(self, arguments: Mapping[str, Any] | str) -> Callable[[], Any]:
        """Return the call of the function with the arguments of a model, converted to the types of the parameters.

        A null for a parameter that may be left out and whose type does not allow None counts as left out, and so does
        an empty text, or one that says null, where the type takes no text. Some servers send the arguments as JSON text
        of the object, as the API of OpenAI does, and some models write lists and objects within them so. A parameter
        without a type gets text, as its schema says.

        Raises:
            RequestError: An argument is missing, unknown or of a wrong type; the message names all that are.
        """
        arguments = read_arguments(arguments)
        if not isinstance(arguments, Mapping):
            why = "; JSON has no NaN and no Infinity" if isinstance(arguments, str) else ""
            raise RequestError(f"{self.name}: the arguments must be an object, not {type(arguments).__name__}{why}")
        if self.schema is not None:
            return partial(self.function, **self._keywords(self.schema, arguments))
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

    def _keywords(self, schema: Schema, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments that a schema describes; what it asks for in detail is left to the function."""
        properties, required = schema["properties"], schema.get("required", ())
        problems = [f"{name} is missing" for name in required if name not in arguments]
        if schema.get("additionalProperties") is False:
            problems += [f"{name} is not an argument" for name in arguments if name not in properties]
        if problems:
            raise RequestError(f"{self.name}: " + "; ".join(problems))
        values: dict[str, Any] = with_texts_read(dict(arguments), schema)
        return {
            name: value
            for name, value in values.items()
            if value is not None or name in required or name not in properties or allows_null(properties[name])
        }


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
        value = None if is_null_text(value) and not parameter.required else with_texts_read(value, parameter.schema)
    try:
        return parameter.check.convert(value)
    except InvalidValueError:
        if value is None and not parameter.required:
            return parameter.default
        raise
