# Compiled from overlay/ollama_sdk/overlay/_sending/_async/hooks.py; change that, then run `make generate`.
"""Calling the event hooks of a client."""

from __future__ import annotations

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._calls.calls import Call
from ollama_sdk.overlay._sending.hooks import Hooks, failure_of_hook, finish


def call_request_hooks(hooks: Hooks, request: httpx.Request, where: str, call: Call) -> None:
    """Call the hooks with a request."""
    try:
        for hook in hooks.request:
            finish(hook(request), call)
    except httpx.HTTPError as error:
        raise failure_of_hook(error, where, call, reads=False)  # noqa: B904  # it has its cause


def call_response_hooks(hooks: Hooks, response: httpx.Response, where: str, call: Call) -> None:
    """Call the hooks with a response; whatever they raise closes it first."""
    try:
        for hook in hooks.response:
            finish(hook(response), call)
    except BaseException as error:
        response.close()
        raise failure_of_hook(error, where, call, reads=True)  # noqa: B904  # it has its cause
