"""Call every operation of a server, within bounds, and keep what the description does not allow in its answers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import httpx
from attrs import Factory, define, field

from maintenance.contract.answers import Answer, not_served, problems
from maintenance.contract.calls import Call, calls, generated_calls, in_order, is_safe
from maintenance.description import DescribedOperation, Description
from ollama_sdk.overlay._config import parse_host

_BODY_LIMIT = 64 * 1024 * 1024
_PROBLEMS_SHOWN = 20


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


@define
class ContractTest:
    """A contract test of one server.

    Args:
        description: The API description.
        host: The server, written as OLLAMA_HOST.
        model: A model that the server has; None takes one that it lists.
        write: Whether operations that change something, or use up an account's quota, are called, too.
        generated: How many made-up requests each safe operation gets at most.
        seconds: When to stop, in seconds.
        request_seconds: How long one answer may take, in seconds.
        api_key: For a server that wants one.
    """

    description: Description
    host: str
    model: str | None = None
    write: bool = False
    generated: int = 20
    seconds: float = 600.0
    request_seconds: float = 60.0
    api_key: str | None = field(default=None, repr=False)

    def run(self) -> list[Result]:
        """Call the operations, and return a result for each, in that order.

        Raises:
            UnreachableError: Nobody answers there.
        """
        host = parse_host(self.host)
        key = f"Bearer {self.api_key}" if self.api_key else host.basic_auth
        headers = {"Authorization": key} if key else {}
        end = time.monotonic() + self.seconds
        with httpx.Client(
            base_url=host.base_url, headers=headers, timeout=self.request_seconds, trust_env=not host.is_loopback
        ) as client:
            try:
                client.get("/")
            except httpx.TransportError as error:
                raise UnreachableError(f"{host.base_url} does not answer: {error}") from error
            model = self.model or _a_model(client)
            results: list[Result] = []
            signed_in = True
            for operation in in_order(self.description.operations):
                result = Result(f"{operation.method.upper()} {operation.path}")
                results.append(result)
                if not is_safe(operation) and not self.write:
                    result.left_out = "not called without WRITE=1"
                elif str(operation) == "signout" and signed_in:
                    result.left_out = "not called, since it would sign the server out"
                else:
                    self._call(client, operation, model, result, end)
                if str(operation) == "whoami":
                    signed_in = result.statuses["200"] > 0
            return results

    def _call(
        self, client: httpx.Client, operation: DescribedOperation, model: str | None, result: Result, end: float
    ) -> None:
        for call in self._calls(operation, model):
            if time.monotonic() > end:
                result.left_out = f"not called to the end, since {self.seconds:g} seconds are over"
                return
            try:
                answer = _send(client, operation, call, self.request_seconds)
            except httpx.TransportError as error:
                result.problems.setdefault(f"no whole answer: {type(error).__name__}", call.name)
                continue
            except TimeoutError:
                result.statuses["unfinished"] += 1
                continue
            if not_served(operation, answer):
                result.left_out = f"not served: {answer.status}"
                return
            result.statuses[str(answer.status)] += 1
            for problem in problems(self.description, operation, answer):
                if len(result.problems) < _PROBLEMS_SHOWN:
                    result.problems.setdefault(problem, call.name)

    def _calls(self, operation: DescribedOperation, model: str | None) -> Iterator[Call]:
        yield from calls(self.description, operation, model)
        if self.generated and is_safe(operation):
            yield from generated_calls(self.description, operation, model, self.generated)


def _send(client: httpx.Client, operation: DescribedOperation, call: Call, seconds: float) -> Answer:
    headers = {"Content-Type": call.media_type} if call.body is not None else {}
    end = time.monotonic() + seconds
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
