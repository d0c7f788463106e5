"""Fixtures: telemetry that is kept in memory, and a server and clients of both kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from overlay.callers import comes_true
from overlay.conftest import (  # noqa: F401
    api,
    kind,
    loop_thread,
    make_api,
    server,
    transport,
    unused_port,
    waits,
)

from ollama_sdk.overlay.otel import OllamaInstrumentor


class Telemetry:
    """What was emitted, in memory."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._events = InMemoryLogRecordExporter()
        self._metrics = InMemoryMetricReader()
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self._logger_provider = LoggerProvider()
        self._logger_provider.add_log_record_processor(SimpleLogRecordProcessor(self._events))
        self._meter_provider = MeterProvider([self._metrics])
        self.tracer = self.tracer_provider.get_tracer("program")

    def instrument(self, **settings: Any) -> None:
        """Turn telemetry on, with the settings that the environment has now."""
        OllamaInstrumentor().instrument(
            tracer_provider=self.tracer_provider,
            logger_provider=self._logger_provider,
            meter_provider=self._meter_provider,
            **settings,
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, in that order."""
        return list(self._spans.get_finished_spans())

    @property
    def span(self) -> ReadableSpan:
        """The only span; it is waited for, since that of a dropped stream ends in another thread."""
        assert comes_true(lambda: bool(self.spans))
        (span,) = self.spans
        return span

    @property
    def events(self) -> list[Any]:
        """The events."""
        return [each.log_record for each in self._events.get_finished_logs()]

    @property
    def metrics(self) -> dict[str, list[Any]]:
        """The points of each metric that has any."""
        data = self._metrics.get_metrics_data()
        return {
            metric.name: list(metric.data.data_points)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


@pytest.fixture
def make_telemetry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Telemetry]]:
    """Turn telemetry on, with switches of the environment."""

    def make(**environment: str) -> Telemetry:
        for name, value in environment.items():
            monkeypatch.setenv(f"OTEL_INSTRUMENTATION_GENAI_{name}", value)
        telemetry = Telemetry()
        telemetry.instrument()
        return telemetry

    yield make
    if OllamaInstrumentor().is_instrumented_by_opentelemetry:
        OllamaInstrumentor().uninstrument()


@pytest.fixture
def telemetry(make_telemetry: Callable[..., Telemetry]) -> Telemetry:
    """Telemetry without any switch."""
    return make_telemetry()
