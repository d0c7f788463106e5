"""`Ollama`, whose calls wait: where Python can be suspended (JSPI), in a worker without that, and in a page."""

from __future__ import annotations

from typing import Any

import pytest
from browser.runtimes import InWorker, Node, Runtime
from overlay.scripts import TEXT, chat_line

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Received, Reply, answer


@pytest.fixture
def waiting(run: Runtime) -> Runtime:
    """A runtime in which Python can wait."""
    if isinstance(run, Node):
        pytest.skip("this Node has no JSPI")
    return run


def test_a_whole_answer_and_a_stream(waiting: Runtime, server: OllamaServer):
    def ask(url: str) -> list[str]:
        from ollama_sdk.overlay import Ollama

        with Ollama(url) as client:
            whole = client.chat("m", []).message.content
            return [whole, "".join(client.chat("m", [], stream=True).text)]

    server.queue("POST", "/api/chat", answer("/api/chat", stream=False))
    server.reply("POST", "/api/chat", answer("/api/chat"))

    assert waiting(ask, server.url) == [TEXT, TEXT]


def test_an_abort_while_it_waits(waiting: Runtime, server: OllamaServer):
    def ask(url: str) -> list[Any]:
        from js import setTimeout
        from pyodide.ffi import create_once_callable

        from ollama_sdk.overlay import AbortError, Ollama

        client = Ollama(url)
        found = []
        try:
            for chunk in client.chat("m", [], stream=True):
                found.append(chunk.message.content)
                setTimeout(create_once_callable(client.abort), 0)
        except AbortError as error:
            found.append(type(error).__name__)
        return found

    server.reply("POST", "/api/chat", chat_line("Hal"), Never())

    assert waiting(ask, server.url) == ["Hal", "AbortError"]
    assert server.wait_for_disconnect()


@pytest.mark.parametrize(
    ("limit", "phase"), [("deadline", "deadline"), ("stall_timeout", "stall"), ("timeout", "read")]
)
def test_a_limit_in_time(waiting: Runtime, server: OllamaServer, limit: str, phase: str):
    def ask(url: str, limit: str) -> str:
        from ollama_sdk.overlay import Ollama, OllamaTimeoutError

        try:
            for _ in Ollama(url, max_retries=0).chat("m", [], stream=True, **{limit: 0.2}):  # type: ignore[call-overload]
                pass
        except OllamaTimeoutError as error:
            return error.phase
        return ""

    server.reply("POST", "/api/chat", chat_line("Hal"), Never())

    assert waiting(ask, server.url, limit) == phase
    assert server.wait_for_disconnect()


def test_leaving_a_stream_ends_it(waiting: Runtime, server: OllamaServer):
    def ask(url: str) -> str:
        from ollama_sdk.overlay import Ollama

        with Ollama(url).chat("m", [], stream=True) as stream:
            return next(stream).message.content

    server.reply("POST", "/api/chat", chat_line("Hal"), Never())

    assert waiting(ask, server.url) == "Hal"
    assert server.wait_for_disconnect()


def test_a_busy_server_is_asked_again(waiting: Runtime, server: OllamaServer):
    def ask(url: str) -> str:
        from ollama_sdk.overlay import Ollama

        return Ollama(url).version().version

    server.queue("GET", "/api/version", Json({"error": "busy"}), status=503)
    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))

    assert waiting(ask, server.url) == "1.2.3"


@pytest.mark.parametrize("parallel", [False, True])
def test_tools(waiting: Runtime, server: OllamaServer, parallel: bool):
    def ask(url: str, parallel: bool) -> list[Any]:
        from ollama_sdk.overlay import Ollama

        def add(a: int, b: int) -> int:
            """Add two numbers."""
            return a + b

        async def double(a: int) -> int:
            """Double a number."""
            return a * 2

        result = Ollama(url).run_tools("m", [], tools=[add, double], parallel=parallel)
        return [message.get("content") for message in result.messages if message.get("role") == "tool"]

    calls = [
        {"function": {"name": "add", "arguments": {"a": 2, "b": 3}}},
        {"function": {"name": "double", "arguments": {"a": 21}}},
    ]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    server.queue("POST", "/api/chat", Json({"message": message, "done": True}))
    server.reply("POST", "/api/chat", Json({"message": {"role": "assistant", "content": "5 and 42"}, "done": True}))

    assert waiting(ask, server.url, parallel) == ["5", "42"]


def test_vectors_in_several_requests(waiting: Runtime, server: OllamaServer):
    def embed(url: str) -> list[list[float]]:
        from ollama_sdk.overlay import Ollama

        answer = Ollama(url).embed("m", [str(number) for number in range(10)], batch_size=3)
        return [list(vector) for vector in answer.embeddings]

    def vectors(received: Received) -> Reply:
        return Reply(Json({"embeddings": [[float(text)] for text in received.json["input"]]}))

    server.reply("POST", "/api/embed", vectors)

    assert waiting(embed, server.url) == [[float(number)] for number in range(10)]


async def where_python_cannot_wait(url: str, streams: bool) -> str:
    """Call from a callback of JavaScript, which cannot be suspended."""
    from pyodide.code import run_js
    from pyodide.ffi import create_proxy

    from ollama_sdk.overlay import Ollama, OllamaError

    def ask() -> str:
        try:
            if streams:
                return "".join(Ollama(url).generate("m", "Hi!", stream=True).text)
            return Ollama(url).generate("m", "Hi!").response
        except OllamaError as error:
            return f"{type(error).__name__}: {error}"

    return run_js("(ask) => ask()")(create_proxy(ask))


@pytest.mark.parametrize("streams", [False, True])
def test_a_worker_without_jspi_gets_the_whole_answer_at_once(run: Runtime, server: OllamaServer, streams: bool):
    if not isinstance(run, InWorker):
        pytest.skip("a worker only")
    server.reply("POST", "/api/generate", Line({"response": "Hal"}), Line({"response": "lo", "done": True}))
    if not streams:
        server.reply("POST", "/api/generate", Json({"response": "Hallo", "done": True}))

    assert run(where_python_cannot_wait, server.url, streams) == "Hallo"


def test_a_page_without_jspi_says_what_to_use(run: Runtime, server: OllamaServer):
    if isinstance(run, InWorker):
        pytest.skip("a worker can wait")

    message = run(where_python_cannot_wait, server.url, False)
    assert message.startswith("RequestError: ")
    assert "AsyncOllama" in message
    assert not server.requests
