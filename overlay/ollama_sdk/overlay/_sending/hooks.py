"""Event hooks: functions of the caller, which are called with each request and each response."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen

from ollama_sdk.overlay._calls import cancel as _cancel
from ollama_sdk.overlay._calls.calls import Call
from ollama_sdk.overlay._errors import RequestError

Hook = Callable[[Any], Any]
EventHooks = Mapping[str, Sequence[Hook]]
"""The type of `event_hooks=`: "request" and "response", each with a list of functions."""


@frozen
class Hooks:
    """The hooks of a client."""

    request: tuple[Hook, ...] = ()  # called with the httpx.Request before it is sent, for each attempt
    response: tuple[Hook, ...] = ()  # called with each httpx.Response, whatever its status, before its body is read


def check_hooks(event_hooks: EventHooks | None, *, awaits: bool) -> Hooks:
    """Return the hooks of `event_hooks=`, which may be async functions if the client `awaits`; else RequestError."""
    if event_hooks is None:
        return Hooks()
    if not isinstance(event_hooks, Mapping) or not set(event_hooks) <= {"request", "response"}:
        raise RequestError('event_hooks must be a mapping with "request" and "response", each a list of functions')
    checked: dict[str, tuple[Hook, ...]] = {}
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
        await _cancel.run_abortable(call, lambda: result)
