"""Whether one answer of a server is allowed by the description; no I/O."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from maintenance.description import JSON, NDJSON, DescribedOperation, Description, Object

_ERROR = {"$ref": "#/components/schemas/ErrorResponse"}


@frozen
class Answer:
    """What a server answered.

    Attributes:
        status: The HTTP status.
        media_type: The content type without its parameters; empty when there is none.
        body: The body, whole.
    """

    status: int
    media_type: str
    body: bytes


def not_served(operation: DescribedOperation, answer: Answer) -> bool:
    """Whether the server has no such operation: its router answers, in plain text and not for the operation."""
    if answer.status not in (404, 405):
        return False
    return str(answer.status) not in operation.responses if operation.method == "head" else answer.media_type != JSON


def problems(description: Description, operation: DescribedOperation, answer: Answer) -> list[str]:
    """What the description does not allow in an answer: its status, its kind, its fields.

    Args:
        description: The API description.
        operation: The operation that was called.
        answer: The answer; `not_served` ones are not for this function.

    Returns:
        Each problem in words; the words are the same for the same problem of another answer where they can be.
    """
    responses = operation.responses
    if str(answer.status) not in responses and "default" not in responses:
        return [f"status {answer.status} is not described"]
    if answer.status == 403 and not answer.body:  # the Host or the Origin is not allowed: said once, for all operations
        return []
    contents = description.response_contents(operation, answer.status)
    if not contents or operation.method == "head":
        return [f"{answer.status} has a body, and none is described"] if answer.body else []
    if answer.media_type not in contents:
        return [f"{answer.status} is {answer.media_type or 'of no type'}, and described is {' or '.join(contents)}"]
    place = f"{answer.status} {answer.media_type}"
    return [f"{place}: {problem}" for problem in _of_body(description, contents[answer.media_type], answer)]


def _of_body(description: Description, content: Object, answer: Answer) -> list[str]:
    if answer.media_type == NDJSON:
        return _of_lines(description, content.get("schema", {}), answer.body)
    if answer.media_type != JSON:
        return []
    try:
        value = json.loads(answer.body)
    except ValueError as error:
        return [f"the body is not JSON: {error}"]
    return description.problems(content.get("schema", {}), value)


def _of_lines(description: Description, schema: Object, body: bytes) -> list[str]:
    found: list[str] = []
    last: Any = None
    for line in filter(bytes.strip, body.split(b"\n")):
        try:
            last = json.loads(line)
        except ValueError as error:
            return [*found, f"a line is not JSON: {error}"]
        is_error = isinstance(last, dict) and "error" in last
        found += description.problems(_ERROR if is_error else schema, last)
    end = description.resolve(schema).get("x-stream-end")
    if end and not (isinstance(last, dict) and ("error" in last or last.get(end["property"]) == end["equals"])):
        found.append(f"the stream ends without a line whose {end['property']} is {json.dumps(end['equals'])}")
    return list(dict.fromkeys(found))
