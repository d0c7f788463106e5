"""Where telemetry follows calls and tools. `ollama_sdk.overlay.otel` sets `current`; without it nothing is followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call, Calls
    from ollama_sdk.overlay._sending.request import Request


class Observer(Protocol):
    """What follows the calls of all clients."""

    def begin(self, request: Request[Any], call: Call, calls: Calls) -> Mapping[str, str]:
        """Follow a call, by setting `call.observation`, and return headers for its request."""
        ...

    def tool(
        self, name: str, call_id: str | None, description: str, arguments: object
    ) -> AbstractContextManager[Callable[[object], object]]:
        """Follow the call of a function that a model asks for; what is entered takes what it returns."""
        ...


current: Observer | None = None


def observed_tool(
    name: str, call_id: str | None, description: str, arguments: object
) -> AbstractContextManager[Callable[[object], object]]:
    """Return the context for a function that a model asks for; what is entered takes what it returns."""
    if current is None:
        return nullcontext(lambda result: None)
    return current.tool(name, call_id, description, arguments)
