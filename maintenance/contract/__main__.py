"""`make contract HOST=...`: whether a running server answers as the description says.

The exit status is 0 when it does, 1 when the description does not allow an answer, 2 when there is no server
or the description cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
from attrs import Factory, define

from maintenance.contract.answers import not_served, problems
from maintenance.contract.calls import Call, calls, in_order, is_safe
from maintenance.description import OWN, DescribedOperation, Description, UnreadableError, read_description
from maintenance.spec_diff.fields import fields_of
from ollama_sdk.overlay._config import parse_host

_TIMEOUT = 60.0
"""How long a server may say nothing, in seconds."""


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

    def __str__(self) -> str:
        answers = ", ".join(f"{status} x{count}" for status, count in sorted(self.statuses.items()))
        told = "; ".join(text for text in (answers, self.left_out) if text) or "no answer"
        kind = "WRONG" if self.problems else "  ok " if answers else "  -  "
        problems = [f"         {problem}   [{call}]" for problem, call in self.problems.items()]
        return "\n".join([f"{kind}  {self.operation:50}{told}", *problems])


def call_operations(
    description: Description,
    host: str,
    *,
    model: str | None = None,
    write: bool = False,
    generated: int = 20,
    api_key: str | None = None,
) -> Iterator[Result]:
    """Call the operations of a server, and yield the result of each when it is there.

    Args:
        description: The API description.
        host: The server, written as OLLAMA_HOST.
        model: A model that the server has; None takes one that it lists.
        write: Whether operations that change something, or use up an account's quota, are called, too.
        generated: How many made-up requests each safe operation gets at most.
        api_key: For a server that wants one.

    Raises:
        UnreachableError: Nobody answers there.
    """
    server = parse_host(host)
    key = f"Bearer {api_key}" if api_key else server.basic_auth
    headers = {"Authorization": key} if key else {}
    with httpx.Client(
        base_url=server.base_url, headers=headers, timeout=_TIMEOUT, trust_env=not server.is_loopback
    ) as client:
        try:
            client.get("/")
        except httpx.TransportError as error:
            raise UnreachableError(f"{server.base_url} does not answer: {error}") from error
        model = model or _a_model(client)
        for operation in in_order(description.operations):
            result = Result(operation.place)
            if str(operation) == "signout":
                result.left_out = "not called, since it would sign the server out"
            elif is_safe(operation) or write:
                made_up = generated if is_safe(operation) else 0
                for call in calls(description, operation, model, made_up):
                    _call(client, description, operation, call, result)
                    if result.left_out:
                        break
            else:
                result.left_out = "not called without WRITE=1"
            yield result


def _call(
    client: httpx.Client, description: Description, operation: DescribedOperation, call: Call, result: Result
) -> None:
    headers = {"Content-Type": call.media_type} if call.body is not None else {}
    try:
        answer = client.request(operation.method.upper(), call.path, content=call.body, headers=headers)
    except httpx.TransportError as error:
        result.problems.setdefault(f"no whole answer: {type(error).__name__}", call.name)
        return
    if not_served(operation, answer):
        result.left_out = f"not served: {answer.status_code}"
        return
    result.statuses[str(answer.status_code)] += 1
    for problem in problems(description, operation, answer):
        result.problems.setdefault(problem, call.name)


def _a_model(client: httpx.Client) -> str | None:
    """Return the first model that can write; else any."""
    try:
        models = client.get("/api/tags").json()["models"]
        writing = [model for model in models if "completion" in (model.get("capabilities") or ())]
        return next((str(model["name"]) for model in [*writing, *models]), None)
    except (httpx.TransportError, ValueError, KeyError, TypeError, AttributeError):
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Call the server's operations, and print what it answers against the description."""
    parser = argparse.ArgumentParser(prog="contract", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--host", default=os.environ.get("OLLAMA_HOST") or "127.0.0.1:11434", help="the server")
    parser.add_argument("--description", type=Path, default=OWN, help="the API description (default: openapi.yaml)")
    parser.add_argument("--model", help="a model that the server has (default: the first that can write)")
    parser.add_argument("--write", action="store_true", help="also call what changes something on the server")
    parser.add_argument("--generated", type=int, default=20, help="made-up requests each (default: %(default)s)")
    settings = vars(parser.parse_args(arguments))
    results = []
    try:
        settings["description"] = read_description(settings["description"])
        for operation in settings["description"].operations:  # nothing is called when one is malformed
            fields_of(settings["description"], operation)
        for result in call_operations(**settings, api_key=os.environ.get("OLLAMA_API_KEY")):
            results.append(result)
            print(result, flush=True)
    except (UnreadableError, UnreachableError, ValueError) as error:
        print("contract:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    wrong = sum(bool(result.problems) for result in results)
    right = sum(bool(result.statuses) for result in results if not result.problems)
    print(f"{len(results)} operations: {right} as described, {wrong} not, {len(results) - right - wrong} not checked")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
