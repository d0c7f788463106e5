"""Fact tables of the API (routes.json, types.json, options.json), read as an OpenAPI document.

The tables are what can be taken from the server's source by reflection: each route with the names of its request and
response types, each type with its fields. Routes of other families than the native and the cloud one are left out:
they are the interfaces of other makers, which the server speaks as well.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maintenance.description import Description, Object, UnreadableError, written_as_openapi

FAMILIES = ("native", "cloud")


def read_fact_tables(folder: Path) -> Description:
    """Read the tables of a folder.

    Raises:
        UnreadableError: A table is not there, or is something else.
    """
    try:
        routes, types, options = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))[name]
            for name in ("routes", "types", "options")
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"{folder} has neither an OpenAPI document nor fact tables: {error}") from error
    with written_as_openapi(f"a table in {folder}"):
        schemas = {row["name"]: _type(row) for row in types}
        fields = {row["key"]: _schema(row["type"]) for row in options}
        schemas["Options"] = {"type": "object", "properties": fields, "additionalProperties": True}
        paths: Object = {}
        for route in routes:
            if route["family"] in FAMILIES:
                paths.setdefault(route["path"], {})[route["method"].lower()] = _operation(route, schemas)
        return Description({"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}})


def _operation(route: Object, schemas: Object) -> Object:
    request, response = (
        {"content": {"application/json": {"schema": _schema({"$type": route[key]})}}} if route[key] in schemas else {}
        for key in ("request_type", "response_type")
    )
    return {"requestBody": request, "responses": {str(status): response for status in route["success_status"]}}


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
    """Return a type of the tables as a schema; they write references and any JSON in a way of their own."""
    if isinstance(node, list):
        return [_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$type" in node:
        return {"$ref": f"#/components/schemas/{node['$type']}"}
    return {} if node.get("any") is True else {key: _schema(value) for key, value in node.items()}
