"""`make contract HOST=...`: schemathesis compares what a running server answers with the description of the API.

What changes something on the server is called when writing is allowed, and then with the examples alone and with names
that belong to this test. The exit status is 0 when all answers are as described, 1 when one is not, and 2 when there is
no server or the description cannot be read.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis.cli import schemathesis as command

from maintenance.description import (
    JSON,
    NDJSON,
    OWN,
    DescribedOperation,
    Description,
    Object,
    UnreadableError,
    closed,
    read_description,
    written_as_openapi,
)
from ollama_sdk.overlay._config import parse_host

CREATED, COPIED, MISSING = "ollama-sdk-contract", "ollama-sdk-contract-copy", "ollama-sdk-contract-missing"
BLOB = "a small file for the contract test of ollama-sdk"
_DIGEST = "sha256:3e946ffa97e437cb4a49046581e7276dd6eba0a655999b3626c3a6c2f35b041c"
_PARAMETERS = {"digest": _DIGEST, "encodedKey": "b2xsYW1hLXNkay1jb250cmFjdA"}
# What was made is deleted at the end. The server is never signed out.
_LAST, _NEVER = "delete_model", "signout"
# A generated token or eight are as good as a thousand, and the test ends sooner.
_TOKENS = 8
_CHECKS = "status_code_conformance,content_type_conformance,response_schema_conformance,body_is_whole"
# Nothing that a server has told is sent to it again: it could be the name of a model.
_CONFIGURATION = """
warnings = false
cache.enabled = false
phases.examples = {fill-missing = true, operation-ordering = "none", extra-data-sources.responses = false}
phases.fuzzing = {error-feedback.enabled = false, extra-data-sources.responses = false}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Call the server's operations, and print what it answers against the description."""
    parser = argparse.ArgumentParser(prog="contract", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--host", default=os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434", help="the server")
    parser.add_argument("--description", type=Path, default=OWN, help="the API description (default: openapi.yaml)")
    parser.add_argument("--model", help="a model that the server has (default: the first that can write)")
    parser.add_argument("--write", action="store_true", help="also call what changes something on the server")
    parser.add_argument("--generated", type=int, default=20, help="made-up requests each (default: %(default)s)")
    given = parser.parse_args(arguments)
    key = os.environ.get("OLLAMA_API_KEY")
    try:
        server = parse_host(given.host)
        if server.is_loopback:
            os.environ["no_proxy"] = "*"
        authorization = f"Bearer {key}" if key else server.basic_auth
        headers = {"Authorization": authorization} if authorization else {}
        description = read_description(given.description)
        found = _a_model(server.base_url, headers)
        asked = [(True, given.generated), (False, 0)][: 1 + given.write]
        documents = [(document_for(description, given.model or found, safe=safe), count) for safe, count in asked]
    except (UnreadableError, ValueError) as error:
        print("contract:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    words = ["--url", server.base_url, "--checks", _CHECKS, "--continue-on-failure", "--generation-deterministic"]
    words += ["--request-timeout", "60"]  # seconds; a model may have to be loaded
    words += [f"--header={name}: {value}" for name, value in headers.items()]
    status = 0
    for document, count in documents:
        phases = ["--phases=examples,fuzzing", f"--max-examples={count}"] if count else ["--phases=examples"]
        with tempfile.TemporaryDirectory() as folder:
            configuration, file = Path(folder, "schemathesis.toml"), Path(folder, "openapi.json")
            configuration.write_text(_CONFIGURATION, encoding="utf-8")
            file.write_text(json.dumps(document), encoding="utf-8")
            try:
                command.main([f"--config-file={configuration}", "run", str(file), *words, *phases])
            except SystemExit as ended:
                status = max(status, int(ended.code or 0))
    return status


def document_for(description: Description, model: str | None, *, safe: bool) -> Object:
    """Return a document with the operations that change nothing, or with all others, as they are to be called.

    Args:
        description: The API description.
        model: A model that the server has; None leaves the names of the examples.
        safe: Whether those that change nothing are wanted.
    """
    described = Description(json.loads(json.dumps(description.document, default=str)))  # a copy; dates are texts
    paths: Object = {}
    for operation in sorted(described.operations, key=lambda one: str(one) == _LAST):
        changes_nothing = operation.method in ("get", "head") or operation.node.get("x-safe", False)
        if changes_nothing is safe and str(operation) != _NEVER:
            with written_as_openapi(operation.path):
                _prepare(described, operation, model)
            paths.setdefault(operation.path, {})[operation.method] = operation.node
    components = {**(described.document.get("components") or {}), "schemas": closed(described.schemas)}
    return {**described.document, "paths": paths, "components": components}


def _prepare(description: Description, operation: DescribedOperation, model: str | None) -> None:
    """Put our examples into an operation, and what the checks below have to know."""
    node = operation.node
    node["x-model"] = model
    for parameter in map(description.resolve, node["parameters"]):
        if parameter["name"] in _PARAMETERS:
            parameter["example"] = _PARAMETERS[parameter["name"]]
    for media_type, content in description.resolve(node.get("requestBody") or {}).get("content", {}).items():
        examples = [description.resolve(one)["value"] for one in content.get("examples", {}).values()]
        bodies: list[Any] = _bodies(str(operation), examples, model) if media_type == JSON else [BLOB]
        if node.get("x-streams"):
            bodies += [{**body, "stream": body.get("stream") is False} for body in bodies]
        content["examples"] = {str(number): {"value": body} for number, body in enumerate(bodies)}
    for status, response in operation.responses.items():
        contents = description.resolve(response).get("content", {})
        node["x-empty"] = [*node.get("x-empty", ()), *([] if contents else [str(status)])]
        if NDJSON in contents:
            schema = contents[NDJSON]["schema"]
            node["x-stream-end"] = description.resolve(schema).get("x-stream-end")
            contents[NDJSON]["schema"] = {"type": "array", "items": schema}


def _bodies(operation: str, examples: list[Object], model: str | None) -> list[Object]:
    match operation:
        case "create_model":
            return [{"model": CREATED, "from": model or MISSING}]
        case "copy_model":
            return [{"source": model or MISSING, "destination": COPIED}]
        case "push_model":
            return [{"model": COPIED}]
        case "pull_model":
            return [{"model": MISSING}]
        case "delete_model":
            return [{"model": COPIED}, {"model": CREATED}]
        case _:
            return [_bounded({**body, **({"model": model} if model and "model" in body else {})}) for body in examples]


def _bounded(body: Any) -> Any:
    """Return a request body that lets a model write a few tokens only."""
    if not isinstance(body, dict) or "model" not in body or not ({"messages", "prompt"} & set(body)):
        return body
    options = body.get("options")
    return {**body, "options": {**(options if isinstance(options, dict) else {}), "num_predict": _TOKENS}}


def _a_model(url: str, headers: dict[str, str]) -> str | None:
    """Return the first model that can write; else any."""
    try:
        models = httpx.get(f"{url}/api/tags", headers=headers, timeout=60).json()["models"]
        writing = [model for model in models if "completion" in (model.get("capabilities") or ())]
        return next((str(model["name"]) for model in [*writing, *models]), None)
    except httpx.TransportError as error:
        raise UnreadableError(f"{url} does not answer: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@schemathesis.hook
def map_case(_: object, case: Any) -> Any:
    """Let a made-up request that is allowed ask for a few tokens, of a model that is there."""
    if case.meta.generation.mode is schemathesis.GenerationMode.POSITIVE and isinstance(case.body, dict):
        model = case.operation.definition.raw["x-model"]
        case.body = _bounded({**case.body, **({"model": model} if model and "model" in case.body else {})})
    return case


@schemathesis.deserializer(NDJSON)
def _lines(_: object, response: Any) -> list[Any]:
    """Return the objects of a stream, but for an error that ends it."""
    lines = _objects(response)
    return lines[:-1] if lines and _is_error(lines[-1]) else lines


@schemathesis.check
def body_is_whole(_: object, response: Any, case: Any) -> None:
    """Fail when a body is not described, and when a stream ends without its last line, or an error."""
    described = case.operation.definition.raw
    if str(response.status_code) in described["x-empty"]:
        assert not response.content, f"{response.status_code} has a body, and none is described"
    end = described.get("x-stream-end")
    if end and NDJSON in _media_type(response):
        *_, last = [None, *_objects(response)]
        is_end = isinstance(last, dict) and (_is_error(last) or last.get(end["property"]) == end["equals"])
        assert is_end, f"the stream ends without a line whose {end['property']} is {json.dumps(end['equals'])}"


@schemathesis.hook
def filter_failure(_: object, failure: object, case: object, response: Any) -> bool:
    """Pass over what is no answer of an operation: the server does not have it, or does not allow the origin."""
    status = None if response is None else response.status_code
    return JSON in _media_type(response) if status in (404, 405) else status != 403 or bool(response.content)


def _objects(response: Any) -> list[Any]:
    return [json.loads(line) for line in response.content.split(b"\n") if line.strip()]


def _is_error(line: Any) -> bool:
    return isinstance(line, dict) and isinstance(line.get("error"), str)


def _media_type(response: Any) -> str:
    return "".join(response.headers.get("content-type", ()))


if __name__ == "__main__":
    sys.exit(main())
