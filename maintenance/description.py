"""An API description as tools and tests see it: its operations, and validators that allow no other fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parents[1]
OWN = ROOT / "openapi.yaml"
METHODS = ("get", "head", "post", "put", "patch", "delete")
JSON = "application/json"
NDJSON = "application/x-ndjson"
_BASE = "urn:description"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

Object = dict[str, Any]


@frozen
class DescribedOperation:
    """One operation of the description, its parts not resolved."""

    method: str
    path: str
    node: Object

    def __str__(self) -> str:
        return str(self.node.get("operationId"))

    @property
    def responses(self) -> Object:
        """The answers that are described, by status."""
        return self.node.get("responses") or {}

    def matches(self, method: str, path: str) -> bool:
        """Whether a request with this method and path is one of this operation."""
        pattern = re.sub(r"\{[^/]+\}", "[^/]+", self.path)
        return self.method == method.lower() and re.fullmatch(pattern, path) is not None


class Description:
    """An API description.

    Args:
        document: What is in its file.
    """

    def __init__(self, document: Object) -> None:
        self.document = document
        self.schemas: Object = (document.get("components") or {}).get("schemas") or {}
        self.operations = [
            DescribedOperation(method, path, item[method])
            for path, item in (document.get("paths") or {}).items()
            for method in METHODS
            if method in item
        ]
        closed = _closed(document)
        registry: Registry[Any] = Registry().with_resource(_BASE, Resource.from_contents(closed, DRAFT202012))
        self._validator = Draft202012Validator({}, registry=registry, format_checker=_formats())

    def resolve(self, node: Object) -> Object:
        """The node that a reference leads to; any other node itself."""
        while "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operation(self, method: str, path: str) -> DescribedOperation | None:
        """The operation that serves a request."""
        return next((operation for operation in self.operations if operation.matches(method, path)), None)

    def request_schema(self, operation: DescribedOperation) -> Object | None:
        """The schema of an operation's JSON body, if it takes one."""
        body = self.resolve(operation.node.get("requestBody") or {})
        schema: Object | None = body.get("content", {}).get(JSON, {}).get("schema")
        return schema

    def response_contents(self, operation: DescribedOperation, status: int) -> Object:
        """The media types of the answer with this status; empty when it is not declared or has no body."""
        responses = operation.responses
        contents: Object = self.resolve(responses.get(str(status)) or responses.get("default") or {}).get("content", {})
        return contents

    def problems(self, schema: Object, value: Any) -> list[str]:
        """What is wrong with a value, fields that the schema does not have included."""
        validator = self._validator.evolve(schema=_absolute(_closed(schema)))
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def all_schemas(self) -> Iterator[tuple[str, Object]]:
        """Every schema of the document with the place where it stands."""
        for name, schema in self.schemas.items():
            yield from _inner(f"components.{name}", schema)
        for place, node in _contents(self.document, ""):
            yield from _inner(place, node)


@cache
def description() -> Description:
    """The project's own description."""
    return Description(load_yaml(OWN.read_text(encoding="utf-8")))


def load_yaml(text: str) -> Any:
    """What a YAML text says, read by the compiled parser where there is one: ten times as fast.

    Raises:
        yaml.YAMLError: It is not YAML.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders


def _closed(node: Any) -> Any:
    """A copy in which object schemas with properties have additionalProperties false, unless they set it."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: value if key in ("enum", "examples", "const") else _closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _BASE + value if key == "$ref" and isinstance(value, str) and value.startswith("#") else _absolute(value)
        for key, value in node.items()
    }


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checker.checks("date-time")(lambda value: not isinstance(value, str) or _RFC3339.fullmatch(value) is not None)
    return checker


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
