"""Event hooks: functions of the caller, which are called with each request and each response."""

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
"""The type of `event_hooks=`: "request" and "response", each with a list of functions."""


@frozen
class Hooks:
    """The hooks of a client.

    Attributes:
        request: Called with the httpx.Request before it is sent, for each attempt.
        response: Called with each httpx.Response, whatever its status, before its body is read.
    """

    request: tuple[Callable[[Any], Any], ...] = ()
    response: tuple[Callable[[Any], Any], ...] = ()


NO_HOOKS = Hooks()


def check_hooks(event_hooks: EventHooks | None, *, awaits: bool) -> Hooks:
    """Check `event_hooks=` and return the hooks.

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


def finish(result: object, call: Call) -> None:
    """Do nothing: the hooks of a blocking client are plain functions, which have ended when they return."""


async def finish_async(result: object, call: Call) -> None:
    """Await what an async hook returned, until the call is aborted."""
    if inspect.isawaitable(result):
        await _cancel.run_abortable(call, result)


def failure_of_hook(error: BaseException, where: str, call: Call, *, reads: bool) -> BaseException:
    """Return the error that the caller gets when a hook fails: mostly the error itself.

    If the hook may have read the response (`reads`), its connection may have broken, or the call was aborted.
    """
    if isinstance(error, httpx.HTTPError) and (reads or call.aborted):
        return explain(error, where=where, call=call, request=None)
    return error
