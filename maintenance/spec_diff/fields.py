"""The fields of every operation of an API description, in a flat form in which two descriptions can be compared.

A field has a path: `message.content`, `models[].size` for what is in a list, `files{}` for the values of a map; the
empty path is the body itself. How a description is cut into named schemas, `allOf` and `anyOf` leaves no trace in it.
"""

from __future__ import annotations

import re
from typing import Any

from attrs import define, field

from maintenance.description import DescribedOperation, Description, Object, written_as_openapi

PARTS = ("query", "header", "request", "response")
_COMBINERS = ("allOf", "anyOf", "oneOf")


@define
class Field:
    """What a description says of one field.

    Attributes:
        types: The JSON types; null is left out, `any` stands for every type.
        formats: The formats, such as date-time.
        words: The known values of a text.
        required: Whether it has to be there.
        free: Whether it is an object whose fields are not told, or not all of them.
        again: Whether it is a schema inside itself, whose fields are told further up.
    """

    types: set[str] = field(factory=set)
    formats: set[str] = field(factory=set)
    words: set[str] = field(factory=set)
    required: bool = False
    free: bool = False
    again: bool = False

    @property
    def type(self) -> str:
        """The types as text: `boolean | string`."""
        return " | ".join(sorted(self.types)) or "any"


Fields = dict[str, Field]


def operations_of(description: Description) -> dict[str, dict[str, Fields]]:
    """Return the fields of each operation by part: query, header, request, response.

    Raises:
        UnreadableError: A reference leads nowhere, or a path is not written as in OpenAPI.
    """
    found = {}
    for operation in description.operations:
        with written_as_openapi(operation.path):
            found[f"{operation.method.upper()} {operation.path}"] = _parts(description, operation)
    return found


def _parts(description: Description, operation: DescribedOperation) -> dict[str, Fields]:
    parts: dict[str, Fields] = {part: {} for part in PARTS}
    reader = _Reader(description)
    for parameter in map(description.resolve, operation.node["parameters"]):
        if parameter["in"] in parts:
            reader.add(parameter.get("schema", {}), parameter["name"], parts[parameter["in"]])
            parts[parameter["in"]][parameter["name"]].required = parameter.get("required", False)
    reader.add_contents(operation.node.get("requestBody") or {}, parts["request"])
    for status, response in operation.responses.items():
        if str(status).startswith("2"):
            reader.add_contents(response, parts["response"])
    return {name: fields for name, fields in parts.items() if any(told.types for told in fields.values())}


class _Reader:
    def __init__(self, description: Description) -> None:
        self._resolve = description.resolve

    def add_contents(self, holder: Object, fields: Fields) -> None:
        """Add the JSON bodies, whole and line by line; several make one shape."""
        for media_type, unresolved in (self._resolve(holder).get("content") or {}).items():
            if "json" in media_type:
                content = self._resolve(unresolved)
                self.add(content.get("schema", content.get("itemSchema", {})), "", fields)

    def add(self, schema: Any, path: str, fields: Fields, within: tuple[str, ...] = ()) -> None:
        """Add a schema to the field at `path`, and its own fields; `within` are the references that lead to it."""
        found = fields.setdefault(path, Field())
        if not isinstance(schema, dict) or not schema:  # true, {}: anything goes
            found.types.add("any")
            return
        if (reference := schema.get("$ref")) in within:
            found.again = True
        elif reference:
            self.add(self._resolve(schema), path, fields, (*within, reference))
        for part in (part for key in _COMBINERS for part in schema.get(key, ())):
            self.add(part, path, fields, within)
        found.types |= _types(schema)
        found.formats |= {text for text in [schema.get("format")] if text}
        found.words |= {word for word in _values(schema) if isinstance(word, str) and word}
        for name, part in (schema.get("properties") or {}).items():
            inner = f"{path}.{name}" if path else name
            self.add(part, inner, fields, within)
            fields[inner].required |= name in schema.get("required", ())
        if "items" in schema:
            self.add(schema["items"], f"{path}[]", fields, within)
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and others:
            self.add(others, f"{path}{{}}", fields, within)
        elif "object" in found.types and (others or not schema.get("properties")) and not _combines(schema):
            found.free = True


def outer_paths(path: str, fields: Fields) -> list[str]:
    """Return the paths of the fields around a field, the body included."""
    pieces = re.findall(r"\.?[^.\[{]+|\[\]|\{\}", path)
    outer = ("".join(pieces[:end]) for end in range(len(pieces)))
    return [name for name in outer if name in fields]


def _types(schema: Object) -> set[str]:
    declared = schema.get("type")
    if declared is not None:
        return {str(name) for name in ([declared] if isinstance(declared, str) else declared)} - {"null"}
    if values := [value for value in _values(schema) if value is not None]:
        names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
        return {names.get(type(value), "string") for value in values}  # YAML makes dates of some texts
    if "properties" in schema or "additionalProperties" in schema:
        return {"object"}
    if "items" in schema:
        return {"array"}
    return set() if _combines(schema) else {"any"}


def _values(schema: Object) -> list[Any]:
    return [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]


def _combines(schema: Object) -> bool:
    return "$ref" in schema or any(schema.get(key) for key in _COMBINERS)
