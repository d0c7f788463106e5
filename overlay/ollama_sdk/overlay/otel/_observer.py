"""Follows calls of the sender and functions of `run_tools`, each with an invocation of opentelemetry-util-genai."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
from math import inf
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import httpx
from attrs import define, frozen
from opentelemetry import context, propagate
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.util.genai.utils import tool_arguments_to_any_value

from ollama_sdk.overlay import _json
from ollama_sdk.overlay._calls.alarms import Alarm
from ollama_sdk.overlay._config import origin_of
from ollama_sdk.overlay._errors import AbortError
from ollama_sdk.overlay.otel._fields import read_answer, read_request

if TYPE_CHECKING:
    from opentelemetry.util.genai.handler import TelemetryHandler
    from opentelemetry.util.genai.invocation import EmbeddingInvocation, InferenceInvocation, ToolInvocation

    from ollama_sdk.overlay._calls.calls import Call, Calls
    from ollama_sdk.overlay._sending.request import Request

P = ParamSpec("P")
R = TypeVar("R")
_PROVIDER: Final = "ollama"
OPERATIONS: Final = {
    "/api/chat": "chat",
    "/api/generate": "text_completion",
    "/api/embed": "embeddings",
    "/api/embeddings": "embeddings",
}
"""The paths of the API where a model answers, with the names of the operations in the conventions."""
_SUPPRESSED_BY_OTHERS: Final = "suppress_language_model_instrumentation"
"""Set by instrumentations of frameworks, such as LangChain's, that have made the span of the same call."""
_logger = logging.getLogger(__name__)


def _quiet(function: Callable[P, R]) -> Callable[P, R | None]:
    """Return a function whose exceptions are logged: telemetry never breaks a call."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception:
            _logger.exception("no telemetry for a call of Ollama")
            return None

    return run


@frozen(eq=False)
class Telemetry:
    """The observer of all clients, which emits with a handler."""

    _handler: TelemetryHandler

    def begin(self, request: Request[Any], call: Call, calls: Calls) -> Mapping[str, str]:
        """Begin the span of a call if it is one of a model, and return the headers that name the current span."""
        headers: dict[str, str] = {}
        if is_instrumentation_enabled():
            if request.operation.path in OPERATIONS and not context.get_value(_SUPPRESSED_BY_OTHERS):
                self._follow(request, call, calls)
            _inject(headers)
        return headers

    @_quiet
    def _follow(self, request: Request[Any], call: Call, calls: Calls) -> None:
        content = request.content
        fields: dict[str, Any] = _json.loads(content) if isinstance(content, bytes) else {}
        operation = OPERATIONS[request.operation.path]
        _, address, port = origin_of(request.url)
        known: dict[str, Any] = {"request_model": fields.get("model"), "server_address": address, "server_port": port}
        invocation: InferenceInvocation | EmbeddingInvocation
        if operation == "embeddings":
            invocation = self._handler.embedding(_PROVIDER, **known)
        else:
            invocation = self._handler.inference(_PROVIDER, operation_name=operation, **known)
        call.observation = Observed(invocation, calls)
        read_request(invocation, fields)

    @contextmanager
    def tool(
        self, name: str, call_id: str | None, description: str, arguments: object
    ) -> Iterator[Callable[[object], object]]:
        """Make the span of a function that a model asks for, which is the current one while the function runs."""
        invocation = self._begin_tool(name, call_id, description, arguments) if is_instrumentation_enabled() else None
        if invocation is None:
            yield lambda result: None
            return
        try:
            yield partial(_take_result, invocation)
        except BaseException as error:
            _finish(invocation, error)
            raise
        else:
            _finish(invocation, None)

    @_quiet
    def _begin_tool(self, name: str, call_id: str | None, description: str, arguments: object) -> ToolInvocation:
        invocation = self._handler.tool(name, tool_type="function")
        invocation.tool_call_id, invocation.tool_description = call_id, description or None
        if invocation.should_capture_content:
            invocation.arguments = tool_arguments_to_any_value(arguments)
        return invocation


@define(eq=False)
class Observed:
    """Follows one call with an invocation, which has begun."""

    _invocation: InferenceInvocation | EmbeddingInvocation
    _calls: Calls
    _answer: object = None
    _alarm: Alarm | None = None

    @_quiet
    def handed_over(self) -> None:
        """Leave the span: the work of the caller between two pieces is not part of the call."""
        self._invocation.suspend()
        # What ends the span of a stream that is dropped. It starts its thread now, since a finalizer could not.
        self._alarm = Alarm(self._end_dropped, inf)
        self._alarm.set(self._calls.alarms)

    @_quiet
    def arrived(self, count: int) -> None:
        """Record the time of each line."""
        for _ in range(count):
            self._invocation.record_stream_chunk()

    @_quiet
    def ended(self, answer: object, failure: BaseException | None) -> None:
        """End the span, with what is known about the answer."""
        if self._alarm is not None:
            self._alarm.cancel()
        try:
            if isinstance(answer, httpx.Response):  # for the generated client
                answer = _json.loads(answer.content)
            if answer is not None:
                read_answer(self._invocation, answer)
        finally:
            _finish(self._invocation, failure)

    def dropped(self, answer: object) -> None:
        """Let the thread of the alarms end the span: exporters and metrics have locks that this thread may hold."""
        self._answer = answer
        if self._alarm is not None:
            self._alarm.hasten()

    def _end_dropped(self) -> None:
        self.ended(self._answer, None)


_inject = _quiet(propagate.inject)


@_quiet
def _take_result(invocation: ToolInvocation, result: object) -> None:
    if invocation.should_capture_content:
        invocation.tool_result = tool_arguments_to_any_value(result)


@_quiet
def _finish(invocation: Any, failure: BaseException | None) -> None:
    """End an invocation. An abort, a cancelled task and Ctrl-C were requested, so they are not failures."""
    if isinstance(failure, Exception) and not isinstance(failure, AbortError):
        invocation.fail(failure)
    else:
        invocation.stop()
