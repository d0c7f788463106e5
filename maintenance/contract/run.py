"""Call every operation of a server, within bounds, and keep what the description does not allow in its answers."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Iterator

import httpx
from attrs import Factory, define

from maintenance.contract.answers import Answer, not_served, problems
from maintenance.contract.calls import Call, calls, generated_calls, in_order, is_safe
from maintenance.description import DescribedOperation, Description
from ollama_sdk.overlay._config import parse_host

_BODY_LIMIT = 64 * 1024 * 1024
_TIMEOUT = 60.0
"""How long one answer may take, in seconds."""


class UnreachableError(Exception):
    """No server answers; the message names the address."""


@define
class Result:
    """The result of one operation.

    Attributes:
        operation: Method and path.
        statuses: How often each status was answered.
        problems: What the description does not allow, each with the call that brought it up.
        left_out: Why it was not called, or not to the end; empty when it was.
    """

    operation: str
    statuses: Counter[str] = Factory(Counter)
    problems: dict[str, str] = Factory(dict)
    left_out: str = ""


def call_operations(
    description: Description,
    host: str,
    *,
    model: str | None = None,
    write: bool = False,
    generated: int = 20,
    seconds: float = 600.0,
    api_key: str | None = None,
) -> Iterator[Result]:
    """Call the operations of a server, and yield the result of each when it is there.

    Args:
        description: The API description.
        host: The server, written as OLLAMA_HOST.
        model: A model that the server has; None takes one that it lists.
        write: Whether operations that change something, or use up an account's quota, are called, too.
        generated: How many made-up requests each safe operation gets at most.
        seconds: When to stop, in seconds.
        api_key: For a server that wants one.

    Raises:
        UnreachableError: Nobody answers there.
    """
    server = parse_host(host)
    key = f"Bearer {api_key}" if api_key else server.basic_auth
    headers = {"Authorization": key} if key else {}
    end, signed_in = time.monotonic() + seconds, True
    with httpx.Client(
        base_url=server.base_url, headers=headers, timeout=_TIMEOUT, trust_env=not server.is_loopback
    ) as client:
        try:
            client.get("/")
        except httpx.TransportError as error:
            raise UnreachableError(f"{server.base_url} does not answer: {error}") from error
        model = model or _a_model(client)
        for operation in in_order(description.operations):
            result = Result(f"{operation.method.upper()} {operation.path}")
            if not is_safe(operation) and not write:
                result.left_out = "not called without WRITE=1"
            elif str(operation) == "signout" and signed_in:
                result.left_out = "not called, since it would sign the server out"
            else:
                asked = calls(description, operation, model)
                made_up = generated_calls(description, operation, model, generated if is_safe(operation) else 0)
                for call in itertools.chain(asked, made_up):
                    if time.monotonic() > end:
                        result.left_out = f"not called to the end, since {seconds:g} seconds are over"
                    else:
                        _call(client, description, operation, call, result)
                    if result.left_out:
                        break
            if str(operation) == "whoami":
                signed_in = result.statuses["200"] > 0
            yield result


def _call(
    client: httpx.Client, description: Description, operation: DescribedOperation, call: Call, result: Result
) -> None:
    try:
        answer = _send(client, operation, call)
    except httpx.TransportError as error:
        result.problems.setdefault(f"no whole answer: {type(error).__name__}", call.name)
    except TimeoutError:
        result.statuses["unfinished"] += 1
    else:
        if not_served(operation, answer):
            result.left_out = f"not served: {answer.status}"
            return
        result.statuses[str(answer.status)] += 1
        for problem in problems(description, operation, answer):
            result.problems.setdefault(problem, call.name)


def _send(client: httpx.Client, operation: DescribedOperation, call: Call) -> Answer:
    headers = {"Content-Type": call.media_type} if call.body is not None else {}
    end = time.monotonic() + _TIMEOUT
    body = bytearray()
    with client.stream(operation.method.upper(), call.path, content=call.body, headers=headers) as response:
        for piece in response.iter_bytes():
            body += piece
            if time.monotonic() > end or len(body) > _BODY_LIMIT:
                raise TimeoutError
    media_type = response.headers.get("content-type", "").split(";")[0].strip()
    return Answer(response.status_code, media_type, bytes(body))


def _a_model(client: httpx.Client) -> str | None:
    """Return the first model that can write; else any."""
    try:
        models = client.get("/api/tags").json()["models"]
        writing = [model for model in models if "completion" in (model.get("capabilities") or ())]
        return next((str(model["name"]) for model in [*writing, *models]), None)
    except (httpx.TransportError, ValueError, KeyError, TypeError, AttributeError):
        return None
