"""Event hooks: the caller's own functions, called with each request that is sent and each response that comes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.answers import explain
from ollama_sdk.overlay._calls import cancel as _cancel
from ollama_sdk.overlay._calls.calls import Call
from ollama_sdk.overlay._errors import RequestError

EventHooks = Mapping[str, Sequence[Callable[[Any], Any]]]
"""What `event_hooks=` takes: "request" and "response", each with a list of functions."""


@frozen
class Hooks:
    """The hooks of a client.

    Attributes:
        request: Called with the httpx.Request before it is sent, for each try.
        response: Called with each httpx.Response, whatever its status, before its body is read.
    """

    request: tuple[Callable[[Any], Any], ...] = ()
    response: tuple[Callable[[Any], Any], ...] = ()


NO_HOOKS = Hooks()


def check_hooks(event_hooks: EventHooks | None, *, awaits: bool) -> Hooks:
    """The hooks that a caller gives.

    Args:
        event_hooks: Such as `{"request": [log], "response": [count]}`.
        awaits: Whether hooks may be async functions.

    Raises:
        RequestError: There is another event, or something that cannot be called.
    """
    if not event_hooks:
        return NO_HOOKS
    if not isinstance(event_hooks, Mapping) or not set(event_hooks) <= {"request", "response"}:
        raise RequestError('event_hooks must be a mapping with "request" and "response", each a list of functions')
    checked: dict[str, tuple[Callable[[Any], Any], ...]] = {}
    for event, hooks in event_hooks.items():
        if isinstance(hooks, str) or not isinstance(hooks, Sequence) or not all(map(callable, hooks)):
            raise RequestError(f"event_hooks[{event!r}] must be a list of functions")
        if not awaits and any(map(inspect.iscoroutinefunction, hooks)):
            raise RequestError(f"event_hooks[{event!r}] has an async function, which only AsyncOllama can call")
        checked[event] = tuple(hooks)
    return Hooks(**checked)


def tell_response(hooks: Hooks, response: httpx.Response, where: str, call: Call) -> None:
    """Call the hooks with a response; whatever they raise closes it first."""
    try:
        for hook in hooks.response:
            hook(response)
    except BaseException as error:
        response.close()
        raise _meaning(error, where, call)  # noqa: B904  # it has its cause


async def tell_request_async(hooks: Hooks, request: httpx.Request, where: str, call: Call) -> None:
    """Call the hooks with a request, and await those that are async functions."""
    try:
        await _run(hooks.request, request, call)
    except BaseException as error:
        raise _meaning(error, where, call)  # noqa: B904  # it has its cause


async def tell_response_async(hooks: Hooks, response: httpx.Response, where: str, call: Call) -> None:
    """As `tell_response`, awaiting those that are async functions."""
    try:
        await _run(hooks.response, response, call)
    except BaseException as error:
        await response.aclose()
        raise _meaning(error, where, call)  # noqa: B904  # it has its cause


async def _run(hooks: Sequence[Callable[[Any], Any]], event: object, call: Call) -> None:
    for hook in hooks:
        result = hook(event)
        if inspect.isawaitable(result):
            await _cancel.run_abortable(call, result)


def _meaning(error: BaseException, where: str, call: Call) -> BaseException:
    """A hook that reads a response may find the connection broken or aborted; all else is the caller's own."""
    if not isinstance(error, httpx.HTTPError):
        return error
    return explain(error, where=where, call=call, request=None)
