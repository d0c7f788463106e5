"""The fields of every operation of an API description, in a flat form in which two descriptions can be compared.

A field has a path: `message.content`, `models[].size` for what is in a list, `files{}` for the values of a map; the
empty path is the body itself. How a description is cut into named schemas, `allOf` and `anyOf` leaves no trace in it.
"""

from __future__ import annotations

from typing import Any

from attrs import define, field

from maintenance.description import DescribedOperation, Description, written_as_openapi

PARTS = ("query", "header", "request", "response")
_COMBINERS = ("allOf", "anyOf", "oneOf")
_TYPES = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
_TOLD_BY = {"properties": "object", "additionalProperties": "object", "items": "array"}


@define
class Field:
    """What a description says of one field.

    Attributes:
        types: The JSON types; null is left out, `any` stands for every type. Empty where a schema is inside itself:
            its fields are told further up.
        formats: The formats, such as date-time.
        words: The known values of a text.
        required: Whether it has to be there.
        free: Whether it is an object whose fields are not told, or not all of them.
    """

    types: set[str] = field(factory=set)
    formats: set[str] = field(factory=set)
    words: set[str] = field(factory=set)
    required: bool = False
    free: bool = False


# By paths in pieces: ("models", "[]", ".size").
Fields = dict[tuple[str, ...], Field]


def fields_of(description: Description, operation: DescribedOperation) -> dict[str, Fields]:
    """Return the fields of an operation by part: query, header, request, response.

    Raises:
        UnreadableError: A reference leads nowhere, or the operation is not written as in OpenAPI.
    """
    parts: dict[str, Fields] = {part: {} for part in PARTS}
    with written_as_openapi(operation.path):
        for parameter in map(description.resolve, operation.node["parameters"]):
            fields = parts.get(parameter["in"], {})
            _add(description, parameter.get("schema", {}), (parameter["name"],), fields)
            fields[parameter["name"],].required = parameter.get("required", False)
        _add_contents(description, operation.node.get("requestBody") or {}, parts["request"])
        for status, response in operation.responses.items():
            if str(status).startswith("2"):
                _add_contents(description, response, parts["response"])
    return parts


def _add_contents(description: Description, holder: Any, fields: Fields) -> None:
    """Add the JSON bodies, whole and line by line; several make one shape."""
    for media_type, unresolved in (description.resolve(holder).get("content") or {}).items():
        if "json" in media_type:
            content = description.resolve(unresolved)
            _add(description, content.get("schema", content.get("itemSchema", {})), (), fields)


def _add(
    description: Description, schema: Any, path: tuple[str, ...], fields: Fields, within: tuple[str, ...] = ()
) -> None:
    """Add a schema to the field at `path`, and its own fields; `within` are the references that lead to it."""
    found = fields.setdefault(path, Field())
    if not isinstance(schema, dict) or not schema:  # true, {}: anything goes
        found.types.add("any")
        return
    reference = schema.get("$ref")
    if reference and reference not in within:
        _add(description, description.resolve(schema), path, fields, (*within, reference))
    parts = [part for key in _COMBINERS for part in schema.get(key, ())]
    for part in parts:
        _add(description, part, path, fields, within)
    values = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    found.words |= {word for word in values if isinstance(word, str) and word}
    types = (
        schema.get("type")
        or [_TYPES.get(type(value), "string") for value in values if value is not None]  # YAML makes dates of some
        or [name for key, name in _TOLD_BY.items() if key in schema]
        or ([] if reference or parts else ["any"])
    )
    found.types |= {*([types] if isinstance(types, str) else types)} - {"null"}
    found.formats |= {*filter(None, [schema.get("format")])}
    for name, part in (schema.get("properties") or {}).items():
        inner = (*path, f".{name}" if path else name)
        _add(description, part, inner, fields, within)
        fields[inner].required |= name in schema.get("required", ())
    if "items" in schema:
        _add(description, schema["items"], (*path, "[]"), fields, within)
    others = schema.get("additionalProperties")
    if isinstance(others, dict) and others:
        _add(description, others, (*path, "{}"), fields, within)
    elif "object" in found.types and (others or not schema.get("properties")) and not reference and not parts:
        found.free = True
