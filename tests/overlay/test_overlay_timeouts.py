"""Time limits: which phase ran out, and that the connection is closed."""

from __future__ import annotations

import math
import pickle
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api, comes_true
from overlay.limits import assert_no_alarm_is_left, in_time, with_a_limit
from overlay.scripts import both_transports, needs_own_transport

from ollama_sdk.overlay import (
    AsyncOllama,
    ConnectError,
    IncompleteStreamError,
    Ollama,
    OllamaError,
    OllamaTimeoutError,
    RequestError,
)
from ollama_sdk.overlay._calls.alarms import Alarm, Alarms
from ollama_sdk.overlay.testing import Cut, Line, Never, OllamaServer, Send, answer

# Connections that fail


@both_transports
@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_is_not_running_is_named(make_api: Callable[..., Api], unused_port: int, stream: bool):
    api = make_api(f"127.0.0.1:{unused_port}", max_retries=0)

    with pytest.raises(ConnectError, match=rf"127\.0\.0\.1:{unused_port}.*ollama serve.*OLLAMA_HOST") as caught:
        api.chat("m", [], stream=stream)

    assert isinstance(caught.value.__cause__, httpx.ConnectError)


def test_a_server_that_is_not_running_is_not_running(make_api: Callable[..., Api], unused_port: int):
    assert make_api(f"127.0.0.1:{unused_port}").is_running() is False


@both_transports
def test_a_https_client_of_a_http_server_gets_a_connect_error(make_api: Callable[..., Api], server: OllamaServer):
    with pytest.raises(ConnectError, match=f"{server.port}"):
        make_api(f"https://{server.host}:{server.port}", max_retries=0).version()


@both_transports
def test_a_connection_closed_before_the_answer_is_a_connect_error_with_its_cause(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Cut())

    with pytest.raises(ConnectError, match="closed the connection before it answered GET") as caught:
        api.version()

    assert isinstance(caught.value.__cause__, httpx.TransportError)


@both_transports
def test_an_answer_cut_in_the_middle_keeps_its_cause(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Send(b'{"ver'), Cut(), headers={"Content-Length": "100"})

    with pytest.raises(IncompleteStreamError) as caught:
        api.version()

    assert isinstance(caught.value.__cause__, httpx.TransportError)


# Time limits


@both_transports
@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_does_not_answer_in_time_is_a_timeout_of_the_read_phase(
    api: Api, server: OllamaServer, stream: bool
):
    server.reply("POST", "/api/chat", Never())

    with pytest.raises(OllamaTimeoutError, match=r"0\.05 seconds.*timeout=") as caught:
        api.chat("m", [], stream=stream, timeout=httpx.Timeout(PATIENCE, read=0.05))

    assert (caught.value.phase, caught.value.limit) == ("read", 0.05)
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
    assert server.wait_for_disconnect()


@both_transports
@pytest.mark.parametrize("limit", [2_147_484, 9e9, sys.maxsize, sys.float_info.max])
def test_a_limit_longer_than_a_socket_can_wait_is_as_long_as_that(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    api.chat("m", [], timeout=limit)
    api.chat("m", [], timeout=httpx.Timeout(limit), deadline=limit)


@both_transports
@with_a_limit
def test_a_stream_that_stalls_is_a_timeout_of_the_read_phase(api: Api, server: OllamaServer, limit: float):
    server.reply("POST", "/api/chat", Line({"message": {"content": "a"}, "done": False}), Never())

    with in_time():
        pieces, error = api.chat_stream(timeout=httpx.Timeout(PATIENCE, read=limit)).collect()
        assert len(pieces) == 1

    assert isinstance(error, OllamaTimeoutError)
    assert (error.phase, error.limit) == ("read", limit)
    assert server.wait_for_disconnect()


@both_transports
def test_a_whole_answer_that_stalls_is_a_timeout_of_the_read_phase(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Send(b"{"), Never())

    with pytest.raises(OllamaTimeoutError, match=r"0\.05 seconds") as caught:
        api.chat_whole(timeout=httpx.Timeout(PATIENCE, read=0.05))

    assert (caught.value.phase, caught.value.limit) == ("read", 0.05)
    assert server.wait_for_disconnect()


@both_transports
def test_a_host_that_does_not_accept_in_time_is_a_timeout_of_the_connect_phase(make_api: Callable[..., Api]):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):  # fill the queue of connections that nobody accepts
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(full.getsockname())
            waiting.append(client)
        api = make_api(f"127.0.0.1:{full.getsockname()[1]}", max_retries=0)

        with pytest.raises(OllamaTimeoutError, match=r"connecting took longer than 0\.05 seconds") as caught:
            api.version(timeout=0.05)

        assert (caught.value.phase, caught.value.limit) == ("connect", 0.05)
        for client in waiting:
            client.close()


@pytest.mark.parametrize("transport", [pytest.param("own", marks=needs_own_transport), "stock", "by the client"])
def test_a_pool_without_a_free_connection_is_a_timeout_of_the_pool_phase(
    make_api: Callable[..., Api], server: OllamaServer, kind: str, transport: str
):
    limits = httpx.Limits(max_connections=1)
    one: Any = None
    if transport == "own":
        from ollama_sdk.overlay._http.settings import Settings
        from ollama_sdk.overlay._http.transports import AsyncTransport, Transport

        one = Transport(Settings(limits=limits)) if kind == "sync" else AsyncTransport(Settings(limits=limits))
    elif transport == "stock":
        one = httpx.HTTPTransport(limits=limits) if kind == "sync" else httpx.AsyncHTTPTransport(limits=limits)
    server.reply("POST", "/api/chat", Line({"done": False}), Never())
    api = make_api(transport=one, limits=None if one else limits, max_retries=0)
    stream = api.chat_stream()

    with pytest.raises(OllamaTimeoutError, match="waiting for a free connection") as caught:
        api.version(timeout=0.05)

    assert (caught.value.phase, caught.value.limit) == ("pool", 0.05)
    stream.close()


def test_limits_of_connections_are_kept_by_copies_and_pickles_and_go_with_no_transport_of_ones_own(kind: str):
    limits, client = httpx.Limits(max_connections=3), Ollama if kind == "sync" else AsyncOllama
    copied = pickle.loads(pickle.dumps(client(limits=limits).with_options(max_retries=0)))
    assert copied._sender.limits == limits
    own: Any = httpx.HTTPTransport() if kind == "sync" else httpx.AsyncHTTPTransport()
    with pytest.raises(RequestError, match="limits= is of the SDK's own connections"):
        client(limits=limits, transport=own)
    with pytest.raises(RequestError, match=r"limits must be an httpx\.Limits, not int"):
        client(limits=5)  # type: ignore[arg-type]  # the mistake under test


def test_by_default_connecting_is_limited_and_nothing_else(make_api: Callable[..., Api]):
    limits = make_api().client._options.limits

    assert limits == {"connect": 10.0, "read": None, "write": None, "pool": None}


def test_an_alarm_rings_that_is_set_while_the_thread_of_another_cannot_be_started(monkeypatch: pytest.MonkeyPatch):
    alarms, rung = Alarms(), threading.Event()
    second = Alarm(rung.set, time.monotonic())

    def start(_: object) -> None:
        monkeypatch.undo()
        second.set(alarms)
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", start)
    with pytest.raises(OllamaError, match="can't start new thread"):
        Alarm(rung.set, math.inf).set(alarms)
    assert rung.wait(60)
    assert_no_alarm_is_left()


def test_a_thread_that_would_wake_soon_waits_for_the_alarm_of_the_next_call(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ollama_sdk.overlay._calls.alarms._NEAR", math.inf)
    alarms, rung, started, start = Alarms(), threading.Event(), [], threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda thread: (started.append(thread.name), start(thread)))
    first = Alarm(rung.set, time.monotonic() + 60)
    first.set(alarms)
    assert comes_true(lambda: alarms._next_check < math.inf)
    first.cancel()
    Alarm(rung.set, time.monotonic()).set(alarms)
    assert rung.wait(60)
    assert started == ["ollama-sdk-limits"]
    assert_no_alarm_is_left()
