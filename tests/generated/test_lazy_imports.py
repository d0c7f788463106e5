"""What an import costs: `import ollama_sdk.overlay` loads hardly any model, makes no client, opens no socket."""

from __future__ import annotations

import functools
import json
import subprocess
import sys

import pytest

from ollama_sdk.overlay.testing import Json, OllamaServer

# Runs before the import under test: counts what must not happen while modules are imported.
WATCH = """
import json, socket, ssl, sys
import httpx

made = []

def watch(cls, name):
    original = cls.__init__
    def counted(self, *args, **kwargs):
        made.append(name)
        original(self, *args, **kwargs)
    cls.__init__ = counted

for cls in (httpx.Client, httpx.AsyncClient, httpx.HTTPTransport, httpx.AsyncHTTPTransport):
    watch(cls, cls.__name__)
original_new = ssl.SSLContext.__new__

def watched_new(cls, *args, **kwargs):
    made.append("SSLContext")
    return original_new(cls, *args, **kwargs)

ssl.SSLContext.__new__ = watched_new
sys.addaudithook(lambda event, args: made.append(event) if event.startswith("socket.") else None)
"""
MODELS = "ollama_sdk.generated.models."


@functools.cache
def outcome(program: str) -> tuple[object, list[str], list[str]]:
    """The `result` of a program, what it made, and the modules that are loaded at its end."""
    report = "print(json.dumps([result, made, sorted(sys.modules)]))"
    command = [sys.executable, "-c", f"{WATCH}\n{program}\n{report}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value, made, modules = json.loads(done.stdout)
    return value, made, modules


def model_modules(modules: list[str]) -> list[str]:
    return [name for name in modules if name.startswith(MODELS)]


def test_the_watch_sees_what_it_is_for() -> None:
    _, made, _ = outcome("httpx.Client(); httpx.AsyncClient(); socket.socket(); result = None")
    assert {"Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport", "SSLContext", "socket.__new__"} <= set(made)


def test_importing_the_overlay_makes_no_client_no_tls_context_and_no_socket() -> None:
    _, made, _ = outcome("import ollama_sdk.overlay; result = None")
    assert made == []


def test_importing_the_overlay_imports_at_most_a_handful_of_models() -> None:
    _, _, modules = outcome("import ollama_sdk.overlay; result = None")
    assert len(model_modules(modules)) <= 3


def test_importing_the_overlay_imports_no_dateutil_and_no_endpoint_function() -> None:
    _, _, modules = outcome("import ollama_sdk.overlay; result = None")
    assert [name for name in modules if name.split(".")[0] == "dateutil"] == []
    assert [name for name in modules if name.startswith("ollama_sdk.generated.api.")] == []


def test_making_a_client_opens_no_socket_and_imports_no_further_model() -> None:
    program = "from ollama_sdk.overlay import Ollama; client = Ollama('127.0.0.1:1'); result = client.base_url"
    result, made, modules = outcome(program)
    assert result == "http://127.0.0.1:1"
    assert made == []
    assert len(model_modules(modules)) <= 3


def test_a_model_of_the_overlay_is_the_generated_class() -> None:
    program = (
        "from ollama_sdk.overlay import ChatResponse\n"
        "from ollama_sdk.generated.models.chat_response import ChatResponse as generated\n"
        "result = ChatResponse is generated"
    )
    assert outcome(program)[0] is True


def test_asking_for_one_model_imports_only_it() -> None:
    _, _, modules = outcome("from ollama_sdk.generated.models import ChatResponse; result = None")
    assert model_modules(modules) == [f"{MODELS}chat_response"]


def test_reading_a_nested_model_imports_it() -> None:
    program = (
        "from ollama_sdk.generated.models import ChatResponse\n"
        "result = ChatResponse.from_dict({'message': {'content': 'hi'}}).message.content"
    )
    result, _, modules = outcome(program)
    assert result == "hi"
    assert model_modules(modules) == [f"{MODELS}chat_response", f"{MODELS}message"]


def test_the_generated_half_does_not_import_the_overlay() -> None:
    program = (
        "import importlib, pkgutil, ollama_sdk.generated as generated\n"
        "names = [item.name for item in pkgutil.walk_packages(generated.__path__, generated.__name__ + '.')]\n"
        "for name in names: importlib.import_module(name)\n"
        "result = len(names)"
    )
    result, _, modules = outcome(program)
    assert isinstance(result, int)
    assert result > 80
    assert [name for name in modules if name.startswith("ollama_sdk.overlay")] == []


@functools.cache
def modules_after(program: str) -> set[str]:
    command = [sys.executable, "-c", f"{program}\nimport json, sys; print(json.dumps(list(sys.modules)))"]
    return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


BEFORE_THE_FIRST_REQUEST = [
    "from ollama_sdk.overlay import Ollama; Ollama()",
    "from ollama_sdk.overlay import AsyncOllama; AsyncOllama()",
    "from ollama_sdk.overlay import Ollama; Ollama('127.0.0.1:1', timeout=3, headers={'x-a': 'b'}, api_key='key')",
    "from ollama_sdk.overlay import Ollama; client = Ollama('127.0.0.1:1').with_options(timeout=3, deadline=9)\n"
    "client.abort(); client.close(); client.is_closed",
    "from ollama_sdk.overlay import ConnectError, Message, OllamaError, Stream, chat; from ollama_sdk.generated import api",
]


@pytest.mark.parametrize("program", BEFORE_THE_FIRST_REQUEST)
def test_nothing_is_imported_before_the_first_request_that_only_requests_need(program: str) -> None:
    sending = {"httpx", "httpcore", "h11", "httptools", "anyio", "certifi", "asyncio", "ssl", "socket", "http.client"}
    sending |= {"urllib.request", "email", "importlib.metadata", "ollama_sdk.generated.client"}
    answering = {"numpy", "simdjson", "msgspec", "pydantic", "dateutil", "docstring_parser"}
    assert (sending | answering).isdisjoint(modules_after(program))


@pytest.mark.parametrize(
    "call",
    ["len(client.list().models)", "client.chat('m', []).message.content", "client.chat('m', [], stream=True).final()"],
)
def test_the_first_answer_imports_what_it_needs_beside_httpx_and_no_more(call: str) -> None:
    with OllamaServer() as server:
        server.reply("GET", "/api/tags", Json({"models": [{"name": "m"}]}))
        server.reply("POST", "/api/chat", Json({"message": {"content": "hi"}, "done": True}))
        program = f"from ollama_sdk.overlay import Ollama; client = Ollama({server.url!r}); {call}"
        modules = modules_after(program) - modules_after("import httpx")
    unused = {"httpcore", "anyio", "asyncio", "html", "importlib.metadata", "numpy", "simdjson", "pydantic"}
    assert unused.isdisjoint(modules)
