"""Find what an answer of a server has that the description does not allow; no I/O."""

from __future__ import annotations

import itertools
import json
from typing import NamedTuple

from maintenance.description import JSON, NDJSON, DescribedOperation, Description, Object

_ERROR = {"$ref": "#/components/schemas/ErrorResponse"}


class Answer(NamedTuple):
    """What a server answered: status, content type without its parameters (empty when there is none), whole body."""

    status: int
    media_type: str
    body: bytes


def not_served(operation: DescribedOperation, answer: Answer) -> bool:
    """Whether the server has no such operation: its router answers, in plain text and not for the operation."""
    if answer.status not in (404, 405):
        return False
    return str(answer.status) not in operation.responses if operation.method == "head" else answer.media_type != JSON


def problems(description: Description, operation: DescribedOperation, answer: Answer) -> list[str]:
    """Return what the description does not allow in an answer that is the operation's: its status, kind and fields.

    The words are the same for the same problem of another answer where they can be.
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
    schema = contents[answer.media_type].get("schema", {})
    try:
        found = _of_body(description, schema, answer)
    except ValueError as error:
        found = [f"the body is not JSON: {error}"]
    return [f"{answer.status} {answer.media_type}: {problem}" for problem in found]


def _of_body(description: Description, schema: Object, answer: Answer) -> list[str]:
    if answer.media_type == JSON:
        return description.problems(schema, json.loads(answer.body))
    if answer.media_type != NDJSON:
        return []
    lines = [json.loads(line) for line in answer.body.split(b"\n") if line.strip()]
    schemas = [_ERROR if isinstance(line, dict) and "error" in line else schema for line in lines]
    found = list(dict.fromkeys(itertools.chain(*map(description.problems, schemas, lines))))
    end, last = description.resolve(schema).get("x-stream-end"), lines[-1] if lines else None
    if end and not (isinstance(last, dict) and ("error" in last or last.get(end["property"]) == end["equals"])):
        found.append(f"the stream ends without a line whose {end['property']} is {json.dumps(end['equals'])}")
    return found
