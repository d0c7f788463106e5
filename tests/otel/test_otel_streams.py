"""The spans of streams: they end when the stream does, however that is, and not before."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import StatusCode
from otel.conftest import Telemetry
from overlay.callers import Api
from overlay.scripts import HI, chat_line, done_line

from ollama_sdk.overlay import AbortError, IncompleteStreamError, Ollama, OllamaError, ResponseError
from ollama_sdk.overlay.testing import Cut, Gate, Line, OllamaServer, Reply, Wait, answer


def test_the_span_ends_with_the_stream_and_not_before(api: Api, server: OllamaServer, telemetry: Telemetry):
    gate = Gate()
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(gate), done_line(eval_count=1)))
    stream = api.chat_stream()

    stream.next()
    assert telemetry.spans == []
    gate.open()
    stream.final()

    assert telemetry.span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert telemetry.span.attributes["gen_ai.usage.output_tokens"] == 1


def test_what_the_program_does_between_the_pieces_is_no_part_of_the_span(server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", answer("/api/chat"))

    with Ollama(server.url) as client, telemetry.tracer.start_as_current_span("program") as program:
        for _ in client.chat("m", HI, stream=True):
            assert trace.get_current_span() is program


LEFT: dict[str, Callable[[Any], object]] = {
    "closed": lambda stream: (stream.next(), stream.close()),
    "left": lambda stream: stream.leave_with_block(),
    "closed before the first piece": lambda stream: stream.close(),
}


@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT)
def test_leaving_a_stream_ends_the_span_and_is_no_failure(
    api: Api, server: OllamaServer, telemetry: Telemetry, leave: Callable[[Any], object]
):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(Gate())))

    leave(api.chat_stream())

    (span,) = telemetry.spans
    assert span.status.status_code is StatusCode.UNSET
    assert "gen_ai.response.finish_reasons" not in span.attributes


def test_an_exception_of_the_program_is_no_failure_of_the_stream(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(Gate())))

    with pytest.raises(ZeroDivisionError):
        api.chat_stream().leave_with_block(ZeroDivisionError())

    assert telemetry.span.status.status_code is StatusCode.UNSET


def test_dropping_a_stream_ends_the_span(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(Gate())))
    stream = api.chat_stream()
    stream.next()

    del stream
    gc.collect()

    assert telemetry.span.status.status_code is StatusCode.UNSET
    assert telemetry.span.attributes["gen_ai.response.model"] == "m"


def test_a_stream_that_is_dropped_while_an_exporter_holds_its_lock_does_not_wait_for_it():
    # In a process of its own, which hangs if it does.
    program = """
import threading
from otel.conftest import Telemetry
from opentelemetry.sdk.trace import SpanProcessor
from overlay.callers import comes_true
from overlay.scripts import HI, chat_line
from ollama_sdk.overlay import Ollama
from ollama_sdk.overlay.testing import Gate, OllamaServer, Reply, Wait

lock = threading.Lock()

class Locked(SpanProcessor):
    def on_end(self, span):
        with lock:
            pass

telemetry = Telemetry()
telemetry.tracer_provider.add_span_processor(Locked())
telemetry.instrument()
with OllamaServer() as server, Ollama(server.url) as client:
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(Gate())))
    stream = client.chat("m", HI, stream=True)
    next(stream)
    with lock:
        del stream
    assert comes_true(lambda: telemetry.spans)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, cwd="tests")


def test_an_abort_is_no_failure_and_says_what_had_come(
    api: Api, server: OllamaServer, make_telemetry: Callable[..., Telemetry]
):
    telemetry = make_telemetry(CAPTURE_MESSAGE_CONTENT="SPAN_ONLY")
    server.reply("POST", "/api/chat", Reply(chat_line("so far"), Wait(Gate())))
    stream = api.chat_stream()
    stream.next()

    stream.stream.abort()

    with pytest.raises(AbortError):
        stream.next()
    assert telemetry.span.status.status_code is StatusCode.UNSET
    assert "so far" in telemetry.span.attributes["gen_ai.output.messages"]


FAILURES: dict[str, tuple[Any, type[OllamaError]]] = {
    "cut": (Cut(), IncompleteStreamError),
    "ended early": (chat_line("b"), IncompleteStreamError),
    "error": (Line({"error": "no room"}), ResponseError),
}


@pytest.mark.parametrize(("end", "error"), FAILURES.values(), ids=FAILURES)
def test_a_stream_that_fails_is_a_failure(
    api: Api, server: OllamaServer, telemetry: Telemetry, end: Any, error: type[OllamaError]
):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), end))

    _, raised = api.chat_stream().collect()

    assert type(raised) is error
    span = telemetry.span
    assert span.attributes["error.type"] == f"ollama_sdk.overlay.{error.__name__}"
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, str(raised))


def test_a_stream_that_stalls_is_a_failure(api: Api, server: OllamaServer, telemetry: Telemetry):
    server.reply("POST", "/api/chat", Reply(chat_line("a"), Wait(Gate())))

    _, raised = api.chat_stream(stall_timeout=0.05).collect()

    assert isinstance(raised, TimeoutError)
    assert telemetry.span.attributes["error.type"] == "ollama_sdk.overlay.OllamaTimeoutError"
