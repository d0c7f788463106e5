"""The module `ollama._utils`: Python functions as tools."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final

from ollama_sdk.overlay import tool
from ollama_sdk.overlay.compat._models.requests import Tool

_ENDS: Final = ("returns:", "yields:", "raises:")


def convert_function_to_tool(func: Callable[..., Any]) -> Tool:
    """Describe a function as the official client does: a type and a text for each parameter.

    The types are those of pydantic's schema, which the official client uses. Where pydantic is not installed or cannot
    make one, such as of annotations that are postponed, the tool is the one that `Ollama` describes, which has more.
    """
    text = inspect.getdoc(func)
    documented = _parse_docstring(text)
    schema = _schema(func)
    if schema is None:
        return Tool.model_validate(tool(func).definition())
    for name, described in schema.get("properties", {}).items():
        types = [part.get("type", "string") for part in described.get("anyOf", [described])]
        if "null" in types and name in schema.get("required", ()):
            schema["required"].remove(name)
        different = dict.fromkeys(kind for kind in types if kind != "null")
        schema["properties"][name] = {"description": documented[name], "type": ", ".join(different)}
    description = documented[str(hash(text))].strip()
    function = Tool.Function(name=func.__name__, description=description, parameters=Tool.Function.Parameters(**schema))
    return Tool(type="function", function=function)


def _schema(func: Callable[..., Any]) -> dict[str, Any] | None:
    """The JSON schema of a function's parameters, or None when pydantic does not make it."""
    try:
        import pydantic
    except ImportError:
        return None
    signature = inspect.signature(func)
    annotations = {
        name: str if parameter.annotation is parameter.empty else parameter.annotation
        for name, parameter in signature.parameters.items()
    }
    namespace = {"__annotations__": annotations, "__signature__": signature, "__module__": func.__module__}
    try:
        model: Any = type(func.__name__, (pydantic.BaseModel,), namespace)
        schema: dict[str, Any] = model.model_json_schema()
    except (pydantic.errors.PydanticUserError, NameError, AttributeError):
        return None
    return schema


def _parse_docstring(doc_string: str | None) -> dict[str, str]:
    """Return the texts of a docstring in Google style: by parameter, and the summary by the hash of the docstring.

    This reads it as the official client does, its quirks included, so that models are told the same.
    """
    parsed: dict[str, str] = defaultdict(str)
    if not doc_string:
        return parsed
    section = str(hash(doc_string))
    arguments: list[str] = []
    for line in doc_string.splitlines():
        title = line.strip().lower()
        if title.startswith("args:"):
            section = "args"
        elif title.startswith(_ENDS):
            section = "_"
        elif section == "args":
            arguments.append(line.strip())
        else:
            parsed[section] += f"{line.strip()}\n"
    last = ""
    for line in arguments:
        if ":" in line:
            # A name ends at a type in parentheses, or at the colon.
            name, kind, text = re.split(r"(?:\(([^)]*)\)|:)\s*", line, maxsplit=1)
            last = name.strip()
            parsed[last] = text.split(":", 1)[-1].strip() if kind else text.strip()
        elif last and line:
            parsed[last] += f" {line}"
    return parsed
