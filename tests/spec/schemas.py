"""Every schema of a description, with the place where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from maintenance.description import Description, Object


def every_schema(description: Description) -> Iterator[tuple[str, Object]]:
    for name, schema in description.schemas.items():
        yield from _inner(f"components.{name}", schema)
    for place, node in _contents(description.document, ""):
        yield from _inner(place, node)


def _inner(place: str, schema: Object) -> Iterator[tuple[str, Object]]:
    yield place, schema
    for key in ("anyOf", "oneOf", "allOf"):
        for index, part in enumerate(schema.get(key, ())):
            yield from _inner(f"{place}.{key}[{index}]", part)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _inner(f"{place}.{key}", schema[key])
    for name, part in schema.get("properties", {}).items():
        yield from _inner(f"{place}.{name}", part)


def _contents(node: Any, place: str) -> Iterator[tuple[str, Object]]:
    """The schemas of parameters, headers and bodies, which stand under the key `schema`."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _contents(item, f"{place}[{index}]")
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "schema" and isinstance(value, dict):
                yield f"{place}.schema", value
            elif key not in ("examples", "example", "schemas"):
                yield from _contents(value, f"{place}.{key}")
