"""Turn telemetry on and off."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # its module is not typed
from opentelemetry.util.genai.completion_hook import load_completion_hook
from opentelemetry.util.genai.handler import TelemetryHandler

from ollama_sdk.overlay._sending import observer
from ollama_sdk.overlay._version import __version__
from ollama_sdk.overlay.otel._observer import Telemetry


class OllamaInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """Emits telemetry for all clients of the process, those that are there already included.

    `instrument()` begins, and `uninstrument()` ends it. `instrument` takes `tracer_provider`, `meter_provider`,
    `logger_provider` and `completion_hook`, which are otherwise the global ones of OpenTelemetry.

    Example:
        >>> from ollama_sdk.overlay.otel import OllamaInstrumentor
        >>> OllamaInstrumentor().instrument()
        >>> OllamaInstrumentor().uninstrument()
    """

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return nothing: this package instruments itself, not another one."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        """Begin, with a `tracer_provider`, `meter_provider`, `logger_provider` and `completion_hook`, if given."""
        handler = TelemetryHandler(
            tracer_provider=kwargs.get("tracer_provider"),
            meter_provider=kwargs.get("meter_provider"),
            logger_provider=kwargs.get("logger_provider"),
            completion_hook=kwargs.get("completion_hook") or load_completion_hook(),
            instrumentation_scope_name="ollama_sdk.overlay.otel",
            instrumentation_scope_version=__version__,
        )
        observer.current = Telemetry(handler)

    def _uninstrument(self, **kwargs: Any) -> None:
        """End; calls in flight are still followed to their end."""
        observer.current = None
