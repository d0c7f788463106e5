"""Fact tables of the API (routes.json, types.json, options.json), read as an OpenAPI document.

The tables are what can be taken from the server's source by reflection: each route with the names of its request and
response types, each type with its fields. Routes of other families than the native and the cloud one are left out:
they are the interfaces of other makers, which the server speaks as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maintenance.fields import Object, UnreadableError

FAMILIES = ("native", "cloud")


def read_fact_tables(folder: Path) -> Object:
    """The tables of a folder.

    Raises:
        UnreadableError: A table is not there, or is something else.
    """
    try:
        routes = _table(folder, "routes")["routes"]
        types = _table(folder, "types")["types"]
        options = _table(folder, "options")["options"]
        schemas = {row["name"]: _type(row) for row in types}
        schemas["Options"] = {
            "type": "object",
            "properties": {row["key"]: _schema(row["type"]) for row in options},
            "additionalProperties": True,
        }
        paths: Object = {}
        for route in routes:
            if route["family"] in FAMILIES:
                paths.setdefault(route["path"], {})[route["method"].lower()] = _operation(route, schemas)
    except (KeyError, TypeError) as error:
        raise UnreadableError(f"the tables in {folder} have another form: {error!r}") from error
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}


def _table(folder: Path, name: str) -> Any:
    file = folder / f"{name}.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}") from error


def _operation(route: Object, schemas: Object) -> Object:
    operation: Object = {"responses": {}}
    if route["request_type"] in schemas:
        operation["requestBody"] = {"content": _json(route["request_type"])}
    if route["response_type"] in schemas:
        responses = {str(status): {"content": _json(route["response_type"])} for status in route["success_status"]}
        operation["responses"] = responses
    return operation


def _json(name: str) -> Object:
    return {"application/json": {"schema": _reference(name)}}


def _reference(name: str) -> Object:
    return {"$ref": f"#/components/schemas/{name}"}


def _type(row: Object) -> Object:
    properties = {}
    for field in row["fields"]:
        schema = _schema(field["type"])
        if words := [word for word in field["enum"] or () if isinstance(word, str)]:
            known = {"type": "string", "enum": words}
            schema = {"allOf": [schema, {"items": known} if schema.get("type") == "array" else known]}
        properties[field["json"]] = schema
    return {"type": "object", "properties": properties}


def _schema(node: Any) -> Any:
    """A type of the tables as a schema: they differ in how they refer to other types, and in how they say any JSON."""
    if isinstance(node, list):
        return [_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$type" in node:
        return _reference(node["$type"])
    if node.get("any") is True:
        return {}
    return {key: _schema(value) for key, value in node.items()}
