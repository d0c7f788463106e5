"""Print the spans and metrics of a call to the console, as a collector of OpenTelemetry would get them.

    python examples/telemetry.py

It needs `pip install 'ollama-sdk[otel]' opentelemetry-sdk`.
"""

from __future__ import annotations

import sys

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from ollama_sdk.overlay import Ollama, OllamaError
from ollama_sdk.overlay.otel import OllamaInstrumentor


def one_line(span: ReadableSpan) -> str:
    """A span as a line: how long it took, its name, and what it is about."""
    seconds = ((span.end_time or 0) - (span.start_time or 0)) / 1e9
    attributes = {key.removeprefix("gen_ai."): value for key, value in (span.attributes or {}).items()}
    return f"{seconds:6.2f} s  {span.name}  {attributes}\n"


def temperature(city: str) -> int:
    """Tell the temperature of a city, in degrees Celsius."""
    return {"Oslo": -3, "Rome": 14}.get(city, 8)


def main() -> None:
    """Ask a question with a tool inside a span of the program."""
    resource = Resource.create({"service.name": "weather"})
    # A service has BatchSpanProcessor and an OTLPSpanExporter here; the rest stays the same.
    tracing = TracerProvider(resource=resource)
    tracing.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr, formatter=one_line)))
    reader = PeriodicExportingMetricReader(ConsoleMetricExporter(out=sys.stderr))
    metrics = MeterProvider(resource=resource, metric_readers=[reader])
    OllamaInstrumentor().instrument(tracer_provider=tracing, meter_provider=metrics)

    question = [{"role": "user", "content": "Is it colder in Oslo or in Rome?"}]
    try:
        with Ollama() as client, trace.get_tracer("weather", tracer_provider=tracing).start_as_current_span("question"):
            print(client.run_tools("llama3.2", question, tools=[temperature]).message.content)
    finally:  # what is not exported yet, also when the call failed
        metrics.shutdown()
        tracing.shutdown()


if __name__ == "__main__":
    try:
        main()
    except OllamaError as error:
        sys.exit(f"telemetry: {error}")
