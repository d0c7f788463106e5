"""OLLAMA_SDK_TRANSPORT and OLLAMA_SDK_LOG, and settings of httpx that a client does not take."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from overlay.callers import Api
from overlay.scripts import needs_own_transport

from ollama_sdk.overlay import AsyncOllama, Ollama, RequestError
from ollama_sdk.overlay._http.transports import AsyncTransport, Transport
from ollama_sdk.overlay._httpcore.transports import LoopTransports
from ollama_sdk.overlay.testing import Json, OllamaServer, answer

# OLLAMA_SDK_TRANSPORT


@needs_own_transport
@pytest.mark.parametrize(
    ("value", "transports"), [("", (Transport, AsyncTransport)), ("httpx", (httpx.HTTPTransport, LoopTransports))]
)
def test_the_environment_chooses_the_transport(
    make_api: Callable[..., Api],
    server: OllamaServer,
    monkeypatch: pytest.MonkeyPatch,
    value: str,
    transports: tuple[type, type],
):
    monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", value)
    server.reply("POST", "/api/chat", answer("/api/chat"))
    api = make_api()
    assert api.chat_stream().final().done
    (route,) = api.client._sender._routes.values()
    assert isinstance(route._transport, transports)


def test_another_transport_is_refused_by_name(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", "requests")
    with pytest.raises(RequestError, match=r"^OLLAMA_SDK_TRANSPORT must be httpx, or not set, not 'requests'$"):
        api.version()


# OLLAMA_SDK_LOG


def run(program: str, **environment: str) -> str:
    """Run a program with the client of a server, and return what it wrote to standard error."""
    with OllamaServer() as server:
        server.reply("GET", "/api/version", Json({"version": "1"}))
        program = f"from ollama_sdk.overlay import Ollama\n{program}\nOllama({server.url!r}).version()"
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stderr.replace(server.url, "URL")


def test_debug_writes_each_request_to_standard_error():
    lines = run("", OLLAMA_SDK_LOG="debug").splitlines()
    assert [line.partition(" ollama_sdk ")[2].partition(" after")[0] for line in lines] == [
        "DEBUG GET URL/api/version: try 1",
        "DEBUG GET URL/api/version: status 200",
    ]


@pytest.mark.parametrize("value", ["info", "INFO", ""])
def test_info_and_nothing_write_no_requests(value: str):
    assert run("", OLLAMA_SDK_LOG=value) == ""


def test_a_program_that_sets_logging_up_gets_each_line_once():
    lines = run("import logging; logging.basicConfig()", OLLAMA_SDK_LOG="debug").splitlines()
    assert lines[0] == "DEBUG:ollama_sdk:GET URL/api/version: try 1"
    assert len(lines) == 2


def test_another_level_is_warned_of():
    assert "OLLAMA_SDK_LOG must be debug or info, not 'loud'" in run("", OLLAMA_SDK_LOG="loud")


# Settings of httpx


@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
@pytest.mark.parametrize("name", ["verify", "proxy", "trust_env", "http2"])
def test_a_setting_of_a_transport_is_refused_with_where_it_goes(client: Any, name: str):
    kind = "Async" if client is AsyncOllama else ""
    ways = f"transport=httpx.{kind}HTTPTransport({name}=...) or http_client=httpx.{kind}Client({name}=...)"
    with pytest.raises(TypeError) as caught:
        client(**{name: False})
    assert str(caught.value) == f"{client.__name__}() takes no {name}=; give {ways}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("cookies", "; give http_client=httpx.Client(cookies=...)"),
        ("base_url", "; did you mean host=?"),
        ("retries", "; did you mean max_retries=?"),
        ("timeot", "; did you mean timeout=?"),
        ("key", "; did you mean api_key=?"),
        ("keep_alive", "; give it to the call, such as chat()"),
        ("deadline", "; give it to the call, such as chat(), or for many to with_options(deadline=...)"),
        ("colour", ""),
    ],
)
def test_another_unknown_setting_is_refused_with_a_hint(name: str, hint: str):
    with pytest.raises(TypeError) as caught:
        Ollama(**{name: 1})
    assert str(caught.value) == f"Ollama() takes no {name}={hint}"


@pytest.mark.parametrize("settings", [{"verify": False}, {"timeout": -1}])
def test_the_key_of_a_client_that_is_refused_is_in_no_variable(settings: dict[str, Any]):
    with pytest.raises((TypeError, RequestError)) as caught:
        Ollama("models.lan", api_key="sk-of-mine", headers={"X-Key": "sk-of-mine"}, **settings)
    ours = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)][1:]
    assert ours
    assert "sk-of-mine" not in repr([frame.f_locals for frame in ours])
