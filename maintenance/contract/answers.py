"""Find what an answer of a server has that the description does not allow; no I/O."""

from __future__ import annotations

import json

import httpx

from maintenance.description import JSON, NDJSON, DescribedOperation, Description, Object

_ERROR = {"$ref": "#/components/schemas/ErrorResponse"}


def not_served(operation: DescribedOperation, answer: httpx.Response) -> bool:
    """Whether the server has no such operation: its router answers, in plain text and not for the operation."""
    if answer.status_code not in (404, 405):
        return False
    if operation.method == "head":
        return str(answer.status_code) not in operation.responses
    return _media_type(answer) != JSON


def problems(description: Description, operation: DescribedOperation, answer: httpx.Response) -> list[str]:
    """Return what the description does not allow in an answer that is the operation's: its status, kind and fields.

    The words are the same for the same problem of another answer where they can be.
    """
    status, media_type = answer.status_code, _media_type(answer)
    if str(status) not in operation.responses and "default" not in operation.responses:
        return [f"status {status} is not described"]
    if status == 403 and not answer.content:  # the Host or the Origin is not allowed: said once, for all operations
        return []
    contents = description.response_contents(operation, status)
    if not contents or operation.method == "head":
        return [f"{status} has a body, and none is described"] if answer.content else []
    if media_type not in contents:
        return [f"{status} is {media_type or 'of no type'}, and described is {' or '.join(contents)}"]
    schema = contents[media_type].get("schema", {})
    try:
        if media_type == JSON:
            found = description.problems(schema, answer.json())
        else:
            found = _of_stream(description, schema, answer.content) if media_type == NDJSON else []
    except ValueError as error:
        found = [f"the body is not JSON: {error}"]
    return [f"{status} {media_type}: {problem}" for problem in found]


def _of_stream(description: Description, schema: Object, body: bytes) -> list[str]:
    lines = [json.loads(line) for line in body.split(b"\n") if line.strip()]
    failed = [isinstance(line, dict) and "error" in line for line in lines]
    found: dict[str, None] = {}
    for line, is_error in zip(lines, failed, strict=True):
        found |= dict.fromkeys(description.problems(_ERROR if is_error else schema, line))
    end = description.resolve(schema).get("x-stream-end")
    if end and not (lines and (failed[-1] or lines[-1].get(end["property"]) == end["equals"])):
        found[f"the stream ends without a line whose {end['property']} is {json.dumps(end['equals'])}"] = None
    return list(found)


def _media_type(answer: httpx.Response) -> str:
    return str(answer.headers.get("content-type", "")).partition(";")[0].strip()
