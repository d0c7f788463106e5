"""The functions of the package, on a client that is made when it is first needed."""

from __future__ import annotations

import inspect

import pytest
from overlay.callers import PATIENCE, background

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import Ollama, RequestError
from ollama_sdk.overlay._clients import functions as _functions
from ollama_sdk.overlay.testing import OllamaServer, answer

METHODS = {
    name
    for name, value in inspect.getmembers(Ollama, inspect.isfunction)
    if not name.startswith("_") and name not in ("close", "with_options")
}


def test_every_method_is_a_function_but_those_of_a_client_of_ones_own():
    functions = {name for name in sdk.__all__ if inspect.isfunction(getattr(sdk, name))}
    assert functions - {"tool"} == METHODS  # which makes a tool, and asks no server


def test_a_function_asks_the_server_at_ollama_host(server: OllamaServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    server.reply("POST", "/api/chat", answer("/api/chat", ["Hi"], stream=False))
    assert sdk.chat("m", [{"role": "user", "content": "Hi!"}]).message.content == "Hi"
    assert sdk.chat("m", []).message.content == "Hi"
    assert len({received.connection_id for received in server.requests}) == 1


def test_a_bad_host_is_told_when_a_function_is_called_and_not_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_HOST", "tcp://models.lan")
    function = sdk.version
    with pytest.raises(RequestError, match="OLLAMA_HOST"):
        function()


def test_abort_can_be_called_in_a_signal_handler_while_the_client_is_made(monkeypatch: pytest.MonkeyPatch):
    class Interrupted(Ollama):
        def __init__(self) -> None:
            super().__init__()
            monkeypatch.setattr(_functions, "Ollama", Ollama)
            sdk.abort()  # as a signal handler does that runs here

    monkeypatch.setattr(_functions, "Ollama", Interrupted)
    client = background(_functions.default_client).result(PATIENCE)
    assert client is _functions.default_client()


def test_a_function_is_described_as_its_method():
    assert sdk.embed.__doc__ == Ollama.embed.__doc__
    assert inspect.signature(sdk.embed) == inspect.signature(Ollama().embed)
