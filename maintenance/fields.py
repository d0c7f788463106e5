"""The fields of every operation of an API description, in a flat form in which two descriptions can be compared.

A field has a path: `message.content`, `models[].size` for what is in a list, `files{}` for the values of a map. How a
description is cut into named schemas, `allOf` and `anyOf` leaves no trace in it, and neither does the order. The empty
path is the body itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from attrs import define, field, frozen

from maintenance.description import METHODS, load_yaml

Object = dict[str, Any]
PARTS = ("query", "header", "request", "response")
_COMBINERS = ("allOf", "anyOf", "oneOf")


class UnreadableError(Exception):
    """The file is no API description that can be compared; the message says why."""


@define
class Field:
    """What a description says of one field.

    Attributes:
        types: The JSON types; null is left out, `any` stands for every type.
        formats: The formats, such as date-time.
        words: The known values of a text.
        free: Whether it is an object whose fields are not told, or not all of them.
        again: Whether it is a schema inside itself, whose fields are told further up.
    """

    types: set[str] = field(factory=set)
    formats: set[str] = field(factory=set)
    words: set[str] = field(factory=set)
    free: bool = False
    again: bool = False

    @property
    def type(self) -> str:
        """The types as text: `boolean | string`."""
        return " | ".join(sorted(self.types)) or "any"


Fields = dict[str, Field]


@frozen
class OperationFields:
    """One operation: its fields by part: request, response, query, header."""

    method: str
    path: str
    parts: Mapping[str, Fields]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def read_document(file: Path) -> Object:
    """An OpenAPI 3 document from a YAML or JSON file.

    Raises:
        UnreadableError: It is not there, or is something else.
    """
    try:
        document = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}") from error
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise UnreadableError(f"{file} is not an OpenAPI 3 document: it has no line such as 'openapi: 3.1.0'")
    if not isinstance(document.get("paths") or {}, dict):
        raise UnreadableError(f"{file} is not an OpenAPI 3 document: its paths are no mapping")
    return document


def operations_of(document: Object) -> dict[str, OperationFields]:
    """The operations of a document; their keys are equal when only the names of path parameters differ.

    Raises:
        UnreadableError: A reference leads nowhere, or out of the document, or a path is not written as in OpenAPI.
    """
    return _Reader(document).operations()


class _Reader:
    def __init__(self, document: Object) -> None:
        self._document = document

    def operations(self) -> dict[str, OperationFields]:
        found = {}
        for path, unresolved in (self._document.get("paths") or {}).items():
            try:
                item = self._resolve(unresolved)
                for method in METHODS:
                    if method in item:
                        operation = OperationFields(method.upper(), path, self._parts(item, item[method]))
                        found[f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path.rstrip('/')) or '/'}"] = operation
            except (AttributeError, KeyError, TypeError) as error:
                raise UnreadableError(f"{path} is not written as in OpenAPI: {error}") from error
        return found

    def _parts(self, item: Object, operation: Object) -> dict[str, Fields]:
        parts: dict[str, Fields] = {part: {} for part in PARTS}
        for unresolved in (*item.get("parameters", ()), *operation.get("parameters", ())):
            parameter = self._resolve(unresolved)
            if parameter.get("in") in ("query", "header"):
                self._add(parameter.get("schema", {}), parameter["name"], parts[parameter["in"]], ())
        self._add_contents(self._resolve(operation.get("requestBody") or {}), parts["request"])
        for status, response in (operation.get("responses") or {}).items():
            if str(status).startswith("2"):
                self._add_contents(self._resolve(response), parts["response"])
        return {name: fields for name, fields in parts.items() if any(told.types for told in fields.values())}

    def _add_contents(self, holder: Object, fields: Fields) -> None:
        """The JSON bodies, whole and line by line; several make one shape."""
        for media_type, unresolved in (holder.get("content") or {}).items():
            if "json" in media_type:
                content = self._resolve(unresolved)
                self._add(content.get("schema", content.get("itemSchema", {})), "", fields, ())

    def _add(self, schema: Any, path: str, fields: Fields, within: tuple[str, ...]) -> None:
        """Add a schema to the field at `path`, and its own fields; `within` are the references that lead to it."""
        found = fields.setdefault(path, Field())
        if not isinstance(schema, dict) or not schema:  # true, {}: anything goes
            found.types.add("any")
            return
        if "$ref" in schema:
            reference = schema["$ref"]
            if reference in within:
                found.again = True
            else:
                self._add(self._resolve(schema), path, fields, (*within, reference))
        for part in (part for key in _COMBINERS for part in schema.get(key, ())):
            self._add(part, path, fields, within)
        found.types.update(_types(schema))
        found.formats.update(text for text in [schema.get("format")] if text)
        found.words.update(word for word in _values(schema) if isinstance(word, str) and word)
        for name, part in (schema.get("properties") or {}).items():
            self._add(part, f"{path}.{name}" if path else name, fields, within)
        if "items" in schema:
            self._add(schema["items"], f"{path}[]", fields, within)
        others = schema.get("additionalProperties")
        if isinstance(others, dict) and others:
            self._add(others, f"{path}{{}}", fields, within)
        elif "object" in found.types and (others or not schema.get("properties")) and not _combines(schema):
            found.free = True

    def _resolve(self, node: Object) -> Object:
        seen: set[str] = set()
        while "$ref" in node:
            reference = str(node["$ref"])
            if reference in seen or not reference.startswith("#/"):
                raise UnreadableError(f"the reference {reference} does not lead to a place in the document")
            seen.add(reference)
            target: Any = self._document
            for key in reference[2:].split("/"):
                key = key.replace("~1", "/").replace("~0", "~")
                if not isinstance(target, dict) or key not in target:
                    raise UnreadableError(f"the reference {reference} leads nowhere")
                target = target[key]
            node = target
        return node


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
