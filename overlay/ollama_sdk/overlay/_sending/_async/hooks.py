"""Calling the event hooks of a client."""

from __future__ import annotations

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._calls.calls import Call
from ollama_sdk.overlay._sending.hooks import Hooks, failure_of_hook, finish_async


async def call_request_hooks(hooks: Hooks, request: httpx.Request, where: str, call: Call) -> None:
    """Call the hooks with a request."""
    try:
        for hook in hooks.request:
            await finish_async(hook(request), call)
    except httpx.HTTPError as error:
        raise failure_of_hook(error, where, call, reads=False)  # noqa: B904  # it has its cause


async def call_response_hooks(hooks: Hooks, response: httpx.Response, where: str, call: Call) -> None:
    """Call the hooks with a response; whatever they raise closes it first."""
    try:
        for hook in hooks.response:
            await finish_async(hook(response), call)
    except BaseException as error:
        await response.aclose()
        raise failure_of_hook(error, where, call, reads=True)  # noqa: B904  # it has its cause
