"""Beside the instrumentations of httpx and of LangChain, and as a part of `opentelemetry-instrument`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.util.genai.handler import TelemetryHandler
from otel.conftest import Telemetry
from overlay.callers import Api
from overlay.scripts import HI, streamed_or_not

from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay._sending import observer
from ollama_sdk.overlay.otel import OllamaInstrumentor
from ollama_sdk.overlay.testing import OllamaServer, answer


@pytest.fixture
def _instrumented_httpx(telemetry: Telemetry) -> Iterator[None]:
    HTTPXClientInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
    yield
    HTTPXClientInstrumentor().uninstrument()


@pytest.mark.usefixtures("_instrumented_httpx")
@pytest.mark.parametrize("transport", ["own", "stock", "injected"])
@streamed_or_not
def test_the_span_of_httpx_is_inside_ours_and_the_request_names_the_inner_one(
    make_api: Callable[..., Api], server: OllamaServer, telemetry: Telemetry, transport: str, stream: bool
):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))
    api = make_api(max_retries=0)

    api.chat_stream().final() if stream else api.chat_whole()

    *inner, span = sorted(telemetry.spans, key=lambda span: span.name.startswith("chat"))
    assert [each.name for each in inner] == ([] if transport == "own" else ["POST"])
    assert [each.parent.span_id for each in inner] == [span.get_span_context().span_id] * len(inner)
    named = (inner or [span])[0].get_span_context()
    sent = server.requests[0].headers.get_all("traceparent")
    assert sent == [f"00-{named.trace_id:032x}-{named.span_id:016x}-03"]


def test_a_call_inside_the_call_of_another_instrumentation_of_models_is_no_second_span(
    server: OllamaServer, telemetry: Telemetry
):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    other = TelemetryHandler(tracer_provider=telemetry.tracer_provider)

    with other.inference("ollama", request_model="m"), Ollama(server.url) as client:
        client.chat("m", HI)

    assert telemetry.span.attributes["gen_ai.usage.output_tokens"] == 3  # which only the inner call knew
    assert f"{telemetry.span.get_span_context().span_id:016x}" in server.requests[0].headers["traceparent"]


@pytest.mark.slow
def test_a_call_inside_langchain_is_one_span():
    # In a process of its own, as its packages warn of things that are not ours.
    command = [sys.executable, "-W", "ignore", "-m", "otel.langchain_program"]
    done = subprocess.run(command, check=True, timeout=120, cwd="tests", stdout=subprocess.PIPE, text=True)

    assert done.stdout.splitlines()[-1] == "Model.chat, Model.chat, program"


def test_the_entry_point_leads_to_the_instrumentor():
    (found,) = (each for each in entry_points(group="opentelemetry_instrumentor") if each.name == "ollama-sdk")

    assert found.load() is OllamaInstrumentor


def test_an_unchanged_program_is_instrumented():
    program = "from ollama_sdk.overlay._sending import observer; print(type(observer.current).__module__)"
    command = [str(Path(sys.executable).parent / "opentelemetry-instrument"), sys.executable, "-c", program]
    done = subprocess.run(command, check=True, timeout=60, stdout=subprocess.PIPE, text=True)

    assert done.stdout.splitlines()[-1] == "ollama_sdk.overlay.otel._observer"


def test_after_uninstrument_nothing_is_emitted_but_calls_under_way_are_followed_to_their_end(
    api: Api, server: OllamaServer, telemetry: Telemetry
):
    server.reply("POST", "/api/chat", answer("/api/chat"))
    stream = api.chat_stream()

    OllamaInstrumentor().uninstrument()
    api.chat_stream().final()
    stream.final()

    assert observer.current is None
    assert telemetry.span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert ["traceparent" in request.headers for request in server.requests] == [True, False]


def test_without_telemetry_nothing_of_it_is_imported():
    program = (
        "import sys, ollama_sdk.overlay\n"
        "ollama_sdk.overlay.Ollama()\n"
        "print([name for name in sys.modules if 'opentelemetry' in name or 'otel' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True)

    assert done.stdout.strip() == "[]"


def test_without_the_packages_the_error_names_the_extra():
    program = (
        "import sys; sys.modules['opentelemetry.util.genai.handler'] = None\n"
        "try:\n    import ollama_sdk.overlay.otel\n"
        "except ModuleNotFoundError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True)

    assert "pip install 'ollama-sdk[otel]'" in done.stdout
