"""The log: silent until asked for, one line per event, and nothing in it that is secret or large."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from overlay.callers import Api, background
from overlay.scripts import both_transports, streamed_or_not

from ollama_sdk.overlay import AbortError
from ollama_sdk.overlay.testing import Cut, Gate, Json, OllamaServer, Reply, Start, Wait, answer

VERSION = Json({"version": "1"})


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    """The lines of the SDK's logger, from a level on."""
    caplog.set_level(logging.DEBUG, logger="ollama_sdk")

    def lines(level: int = logging.DEBUG) -> list[str]:
        return [
            record.getMessage() for record in caplog.records if record.name == "ollama_sdk" and record.levelno >= level
        ]

    return lines


@both_transports
@streamed_or_not
def test_a_call_is_two_lines_at_debug(api: Api, server: OllamaServer, log: Callable[..., list[str]], stream: bool):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    result = api.chat_stream().final() if stream else api.chat_whole()

    assert result.done
    where = f"POST {server.url}/api/chat"
    first, second = log()
    assert first == f"{where}: try 1"
    assert re.fullmatch(rf"{re.escape(where)}: status 200 after \d+\.\d+ s \(try 1\)", second)
    assert log(logging.INFO) == []


@pytest.mark.usefixtures("waits")
@both_transports
def test_what_is_out_of_the_ordinary_is_told_at_info_with_its_reason(
    make_api: Callable[..., Api], server: OllamaServer, log: Callable[..., list[str]], unused_port: int
):
    elsewhere = f"127.0.0.1:{unused_port}"
    server.queue("GET", "/api/version", Cut())
    server.queue("GET", "/api/version", Json({"error": "busy"}), status=503, headers={"Retry-After": "0"})
    server.queue(
        "GET", "/api/version", Reply(status=307, headers={"Location": f"http://me:s3cret@{elsewhere}/a?b=s3cret"})
    )

    with pytest.raises(ConnectionError):
        make_api().version()

    cut, busy, moved = log(logging.INFO)
    assert "version: try 1 failed (" in cut
    assert "without sending a response" in cut
    assert "version: try 2 failed (status 503); the next one in 0.00 s" in busy
    assert moved.endswith(f"version: status 307 leads to http://{elsewhere}/a")
    assert "s3cret" not in "".join(log())
    assert log()[-1] == f"GET {server.url}/api/version: ended with ConnectError"


@both_transports
@streamed_or_not
def test_an_abort_is_told_once(api: Api, server: OllamaServer, log: Callable[..., list[str]], stream: bool):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate))
    call = background(lambda: api.chat_stream().final() if stream else api.chat_whole())
    assert gate.wait_until_reached()

    api.client.abort()

    assert isinstance(call.exception(60), AbortError)
    assert log(logging.INFO) == [f"POST {server.url}/api/chat: aborted"]


@both_transports
@pytest.mark.parametrize("fault", ["error_line", "cut_mid_line", "not_json_line", "html_with_200"])
def test_bodies_are_not_in_the_log(api: Api, server: OllamaServer, caplog: pytest.LogCaptureFixture, fault: str):
    caplog.set_level(logging.DEBUG)
    server.fault("POST", "/api/chat", fault)

    api.chat("a-model", [{"role": "user", "content": "a private question"}], stream=True).collect()

    assert "ended with" in caplog.text
    for private in ("private", "sky", "runner process", "not json", "Gateway"):
        assert private not in caplog.text


def test_nothing_is_printed_unless_the_program_sets_logging_up(unused_port: int):
    code = f"""
from ollama_sdk.overlay import ConnectError, Ollama
try:
    Ollama("http://127.0.0.1:{unused_port}", max_retries=1).version()
except ConnectError:
    pass
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("", "")
