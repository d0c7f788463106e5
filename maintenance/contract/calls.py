"""What is sent to the server: the examples of the description, with its own model in them, and made-up requests.

An operation with `x-safe`, and every GET and HEAD, changes nothing. The others are only called when writing is allowed,
and then with names that belong to this test, in the order in which they need each other: the models they make are
deleted at the end. Requests are made up by schemathesis for what changes nothing, the same ones in every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from maintenance.description import JSON, DescribedOperation, Description, Object

CREATED, COPIED, MISSING = "ollama-sdk-contract", "ollama-sdk-contract-copy", "ollama-sdk-contract-missing"
BLOB = b"a small file for the contract test of ollama-sdk"
_PATHS = {"{digest}": f"sha256:{hashlib.sha256(BLOB).hexdigest()}", "{encodedKey}": "b2xsYW1hLXNkay1jb250cmFjdA"}
# A generated token or eight are as good as a thousand, and the test ends sooner.
_TOKENS = 8
_WRITING_ORDER = ("create_model", "copy_model", "push_model", "pull_model", "create_blob", "delete_model")


class Call(NamedTuple):
    """One request: its name for the report, path with parameters, body and media type."""

    name: str
    path: str
    body: bytes | None = None
    media_type: str = JSON


def is_safe(operation: DescribedOperation) -> bool:
    """Whether calling an operation changes nothing on the server."""
    return operation.method in ("get", "head") or bool(operation.node.get("x-safe"))


def in_order(operations: list[DescribedOperation]) -> list[DescribedOperation]:
    """Return the operations in an order in which each finds what it needs: what is safe first."""

    def place(operation: DescribedOperation) -> int:
        name = str(operation)
        return _WRITING_ORDER.index(name) + 1 if name in _WRITING_ORDER else (0 if is_safe(operation) else 1)

    return sorted(operations, key=place)


def calls(description: Description, operation: DescribedOperation, model: str | None, made_up: int) -> Iterator[Call]:
    """Give the calls of one operation: its examples, then so many made-up ones at most, half of them not allowed.

    They ask for a model that the server has; None leaves the names of the examples.
    """
    path = operation.path
    for parameter, value in _PATHS.items():
        path = path.replace(parameter, value)
    if str(operation) == "create_blob":
        yield Call("a small file", path, BLOB, "application/octet-stream")
        return
    request = description.resolve(operation.node.get("requestBody") or {})
    examples = request.get("content", {}).get(JSON, {}).get("examples") or {}
    if not examples:
        yield Call("the call", path)
    for name, example in examples.items():
        body = _bounded(_with_own_names(str(operation), description.resolve(example)["value"], model))
        yield Call(name, path, json.dumps(body).encode())
        if operation.node.get("x-streams"):
            other = {**body, "stream": body.get("stream") is False}
            yield Call(f"{name}, {'streamed' if other['stream'] else 'not streamed'}", path, json.dumps(other).encode())
    if str(operation) == "delete_model":
        yield Call("the created model", path, json.dumps({"model": CREATED}).encode())
    if made_up:
        yield from _generated_calls(description, operation, model, made_up)


def _generated_calls(
    description: Description, operation: DescribedOperation, model: str | None, count: int
) -> Iterator[Call]:
    # They take a second to import, and a run without made-up requests does without.
    import hypothesis
    import schemathesis
    from schemathesis import GenerationMode

    described: Any = schemathesis.openapi.from_dict(description.document)[operation.path][operation.method.upper()]
    settings = hypothesis.settings(
        max_examples=(count + 1) // 2,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    cases: list[Any] = []

    def collect(case: Any) -> None:
        cases.append(case)

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        cases.clear()
        with suppress(hypothesis.errors.Unsatisfiable):  # a request without a body or parameters cannot be wrong
            given: Any = hypothesis.given(described.as_strategy(generation_mode=mode))
            settings(given(collect))()
        for case in cases:
            if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
                case.body = _bounded({**case.body, **({"model": model} if model and "model" in case.body else {})})
            sent = case.as_transport_kwargs(base_url="http://server")
            body = json.dumps(sent["json"]) if "json" in sent else sent.get("data")
            path = str(sent["url"]).removeprefix("http://server")
            content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
            yield Call(f"made up, {mode.value}", path, content, str(sent["headers"].get("Content-Type", JSON)))


def _bounded(body: Any) -> Any:
    """Return a request body that lets a model write a few tokens only."""
    if not isinstance(body, dict) or "model" not in body or not ({"messages", "prompt"} & set(body)):
        return body
    options = body.get("options")
    return {**body, "options": {**(options if isinstance(options, dict) else {}), "num_predict": _TOKENS}}


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
