"""What is sent to the server: the examples of the description, with the server's own model in them.

An operation with `x-safe`, and every GET and HEAD, changes nothing. The others are only called when writing is allowed,
and then with names that belong to this test, in the order in which they need each other: the models they make are
deleted at the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from maintenance.description import DescribedOperation, Description, Object

CREATED, COPIED, MISSING = "ollama-sdk-contract", "ollama-sdk-contract-copy", "ollama-sdk-contract-missing"
BLOB = b"a small file for the contract test of ollama-sdk"
DIGEST = f"sha256:{hashlib.sha256(BLOB).hexdigest()}"
# A generated token or eight are as good as a thousand, and the test ends sooner.
_TOKENS = 8
_WRITING_ORDER = ("create_model", "copy_model", "push_model", "pull_model", "create_blob", "delete_model", "signout")


@frozen
class Call:
    """One request.

    Attributes:
        name: What it is, for the report.
        path: The path, its parameters filled in.
        body: The bytes to send, or None.
        media_type: What the bytes are.
    """

    name: str
    path: str
    body: bytes | None = None
    media_type: str = "application/json"


def is_safe(operation: DescribedOperation) -> bool:
    """Whether calling an operation changes nothing on the server."""
    return operation.method in ("get", "head") or bool(operation.node.get("x-safe"))


def in_order(operations: list[DescribedOperation]) -> list[DescribedOperation]:
    """The operations in an order in which each finds what it needs: what is safe first."""

    def place(operation: DescribedOperation) -> int:
        name = str(operation)
        return _WRITING_ORDER.index(name) + 1 if name in _WRITING_ORDER else (0 if is_safe(operation) else 1)

    return sorted(operations, key=place)


def calls(description: Description, operation: DescribedOperation, model: str | None) -> Iterator[Call]:
    """The calls of one operation.

    Args:
        description: The API description.
        operation: The operation.
        model: A model that the server has; None leaves the names of the examples.
    """
    path = operation.path.replace("{digest}", DIGEST).replace("{encodedKey}", "b2xsYW1hLXNkay1jb250cmFjdA")
    if str(operation) == "create_blob":
        yield Call("a small file", path, BLOB, "application/octet-stream")
        return
    examples = _examples(description, operation)
    if not examples:
        yield Call("the call", path)
        return
    for name, value in examples.items():
        body = bounded(_with_own_names(str(operation), value, model))
        yield Call(name, path, json.dumps(body).encode())
        if operation.node.get("x-streams"):
            other = {**body, "stream": body.get("stream") is False}
            yield Call(f"{name}, {'streamed' if other['stream'] else 'not streamed'}", path, json.dumps(other).encode())
    if str(operation) == "delete_model":
        yield Call("the created model", path, json.dumps({"model": CREATED}).encode())


def bounded(body: Any) -> Any:
    """A request body that lets a model write a few tokens only."""
    if not isinstance(body, dict) or "model" not in body or not ({"messages", "prompt"} & set(body)):
        return body
    options = body.get("options")
    return {**body, "options": {**(options if isinstance(options, dict) else {}), "num_predict": _TOKENS}}


def _examples(description: Description, operation: DescribedOperation) -> dict[str, Object]:
    request = description.resolve(operation.node.get("requestBody") or {})
    found = request.get("content", {}).get("application/json", {}).get("examples") or {}
    return {name: description.resolve(example)["value"] for name, example in found.items()}


def _with_own_names(operation: str, body: Object, model: str | None) -> Object:
    match operation:
        case "create_model":
            return {"model": CREATED, "from": model or MISSING}
        case "copy_model":
            return {"source": model or MISSING, "destination": COPIED}
        case "push_model" | "delete_model":
            return {**body, "model": COPIED}
        case "pull_model":
            return {**body, "model": MISSING}
        case _:
            return {**body, "model": model} if model and "model" in body else body
