"""Read an API description: its operations, and whether a value fits its schema; unknown fields are errors too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml
from attrs import frozen
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).parents[1]
OWN = ROOT / "openapi.yaml"
METHODS = ("get", "head", "post", "put", "patch", "delete")
JSON = "application/json"
NDJSON = "application/x-ndjson"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")

Object = dict[str, Any]


class UnreadableError(Exception):
    """The file is not an API description that can be used; the message says why."""


@frozen
class DescribedOperation:
    """One operation of the description, its parts not resolved."""

    method: str
    path: str
    node: Object

    def __str__(self) -> str:
        return str(self.node.get("operationId"))

    @property
    def place(self) -> str:
        """Method and path."""
        return f"{self.method.upper()} {self.path}"

    @property
    def responses(self) -> Object:
        """The answers that are described, by status."""
        return self.node.get("responses") or {}


class Description:
    """An API description.

    Args:
        document: What is in its file.

    Raises:
        UnreadableError: It is not OpenAPI 3.
    """

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
            raise UnreadableError("it is not an OpenAPI 3 document: it has no line such as 'openapi: 3.1.0'")
        self.document: Object = document
        self.operations: list[DescribedOperation] = []
        with written_as_openapi("the document"):
            self.schemas: Object = (document.get("components") or {}).get("schemas") or {}
            items = list((document.get("paths") or {}).items())
        for path, unresolved in items:
            with written_as_openapi(path):
                item = self.resolve(unresolved)
                for method in METHODS:
                    if method in item:
                        shared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                        node = {**item[method], "parameters": shared}
                        self.operations.append(DescribedOperation(method, path, node))

    def resolve(self, node: Object) -> Object:
        """Return the node that a reference leads to; any other node itself.

        Raises:
            UnreadableError: It leads nowhere, or out of the document.
        """
        seen: set[str] = set()
        while "$ref" in node:
            reference = str(node["$ref"])
            if reference in seen or not reference.startswith("#/"):
                raise UnreadableError(f"the reference {reference} does not lead to a place in the document")
            seen.add(reference)
            found: Any = self.document
            for key in reference[2:].split("/"):
                found = found.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
            if found is None:
                raise UnreadableError(f"the reference {reference} leads nowhere")
            node = found
        return node

    def operation(self, method: str, path: str) -> DescribedOperation | None:
        """Return the operation that serves a request."""
        patterns = {re.sub(r"\{[^/]+\}", "[^/]+", operation.place): operation for operation in self.operations}
        return next((patterns[one] for one in patterns if re.fullmatch(one, f"{method.upper()} {path}")), None)

    def request_schema(self, operation: DescribedOperation) -> Object | None:
        """Return the schema of an operation's JSON body, if it takes one."""
        body = self.resolve(operation.node.get("requestBody") or {})
        schema: Object | None = body.get("content", {}).get(JSON, {}).get("schema")
        return schema

    def response_contents(self, operation: DescribedOperation, status: int) -> Object:
        """Return the media types of the answer with a status; none when it is not declared or has no body."""
        responses = operation.responses
        contents: Object = self.resolve(responses.get(str(status)) or responses.get("default") or {}).get("content", {})
        return contents

    def problems(self, schema: Object, value: Any) -> list[str]:
        """Return the errors of a value, including fields that the schema does not have."""
        validator = Draft202012Validator({**closed(schema), **self._closed_components}, format_checker=_FORMATS)
        return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]

    @cached_property
    def _closed_components(self) -> Object:
        """The named schemas, where the references of another schema beside them find them."""
        return {"components": {"schemas": closed(self.schemas)}}


@contextmanager
def written_as_openapi(place: str) -> Iterator[None]:
    """Raise UnreadableError where the block finds something else than what OpenAPI puts there."""
    try:
        yield
    except (AttributeError, KeyError, TypeError) as error:
        raise UnreadableError(f"{place} is not written as in OpenAPI: {error}") from error


@cache
def description() -> Description:
    """Return the project's own description."""
    return read_description(OWN)


def read_description(file: Path) -> Description:
    """Read the description in a YAML or JSON file.

    Raises:
        UnreadableError: It is not there, or is something else.
    """
    try:
        return parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableError(f"{file} cannot be read: {error}") from error


def parse(text: str, name: str) -> Description:
    """Read a description from the text of a file; its name is for errors.

    Raises:
        UnreadableError: It is something else.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the compiled one is ten times as fast
    try:
        return Description(yaml.load(text, Loader=loader))  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise UnreadableError(f"{name} cannot be read: {error}") from error
    except UnreadableError as error:
        raise UnreadableError(f"{name}: {error}") from error


def closed(node: Any) -> Any:
    """Return a copy in which object schemas with properties have additionalProperties false, unless they set it."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: value if key in ("enum", "examples", "const") else closed(value) for key, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


_FORMATS = FormatChecker(formats=())
_FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or _RFC3339.fullmatch(value) is not None)
