"""JSON schemas: their references and the schemas in them; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Schema = dict[str, Any]


class UnusableTypeError(TypeError):
    """A type has no JSON schema."""


class RecursiveTypeError(UnusableTypeError):
    """A type contains itself, so that its schema cannot be written without references."""


def inlined(schema: Schema) -> Schema:
    """Replace each reference of a schema by its schema.

    Raises:
        RecursiveTypeError: One refers to itself.
        LookupError: One refers to what is not in the schema.
    """

    def find(reference: str) -> Schema:
        start, *names = reference.split("/")
        try:
            found: Any = {"#": schema}[start]
            for name in names:
                name = name.replace("~1", "/").replace("~0", "~")
                found = found[int(name) if isinstance(found, list) else name]
            return dict(found)
        except (LookupError, TypeError, ValueError) as error:
            raise LookupError(f"{reference} is not in the schema") from error

    def resolve(part: Schema, within: frozenset[str]) -> Schema:
        reference = part.get("$ref")
        if not isinstance(reference, str):
            return with_parts(part, lambda inner: resolve(inner, within))
        if reference in within:
            name = reference.rpartition("/")[2]
            raise RecursiveTypeError(f"{name} contains itself, and such a type cannot be described without references")
        beside = {key: value for key, value in part.items() if key != "$ref"}
        return {**resolve(find(reference), within | {reference}), **beside}

    return resolve({key: value for key, value in schema.items() if key not in ("$defs", "definitions")}, frozenset())


def with_parts(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Return a copy of a schema with `change` applied to each schema directly in it."""
    copy = dict(schema)
    for key, value in schema.items():
        if key in _ONE and isinstance(value, dict):
            copy[key] = change(value)
        elif key in _SEVERAL and isinstance(value, list):
            copy[key] = [change(part) for part in value]
        elif key in _NAMED and isinstance(value, dict):
            copy[key] = {name: change(part) if isinstance(part, dict) else part for name, part in value.items()}
    return copy


def any_of(parts: Iterable[Schema]) -> Schema:
    """Return the schema of what one of some schemas describes."""
    different: list[Schema] = []
    different += (part for part in parts if part not in different)
    return different[0] if len(different) == 1 else {"anyOf": different}


_ONE = frozenset({"items", "additionalProperties", "propertyNames", "contains", "not"})
_SEVERAL = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_NAMED = frozenset({"properties", "patternProperties", "$defs"})
