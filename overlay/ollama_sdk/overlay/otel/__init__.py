"""Telemetry by OpenTelemetry's conventions for generative AI: spans, metrics, and content only where it is asked for.

    from ollama_sdk.overlay.otel import OllamaInstrumentor

    OllamaInstrumentor().instrument()

`opentelemetry-instrument python app.py` does the same for an unchanged program. docs/telemetry.md says what is emitted.

Comes in: the calls of all clients, and of the functions of `run_tools`, where `_sending/observer.py` lets them be
followed. Goes out: what `opentelemetry-util-genai` makes of them. Imported only when asked for.
"""

from __future__ import annotations

try:
    from ollama_sdk.overlay.otel._instrumentor import OllamaInstrumentor
except ImportError as error:
    if not (error.name or "").startswith("opentelemetry"):
        raise
    raise ModuleNotFoundError("ollama_sdk.overlay.otel needs OpenTelemetry: pip install 'ollama-sdk[otel]'") from error

__all__ = ["OllamaInstrumentor"]
