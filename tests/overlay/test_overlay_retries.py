"""Retries: which failures are tried again, how often, after what wait, and never once an answer has begun."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api
from overlay.scripts import both_transports, streamed_or_not

from ollama_sdk.overlay import (
    ConnectError,
    IncompleteStreamError,
    NotFoundError,
    OllamaError,
    OllamaTimeoutError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerBusyError,
)
from ollama_sdk.overlay._sending import attempts
from ollama_sdk.overlay._sending.attempts import retry_wait
from ollama_sdk.overlay.testing import Cut, Json, Line, Never, OllamaServer, Reply, Reset, Send, Start, answer

pytestmark = pytest.mark.usefixtures("waits")


def busy(status: int = 503, **headers: str) -> Reply:
    return Reply(Json({"error": "busy"}), status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})


def chat(api: Api, stream: bool, **arguments: Any) -> Any:
    result = api.chat("m", [{"role": "user", "content": "Hi!"}], stream=stream, **arguments)
    return result.final() if stream else result


@both_transports
@streamed_or_not
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float], status: int, stream: bool
):
    server.queue("POST", "/api/chat", busy(status))
    server.queue("POST", "/api/chat", busy(status))
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    assert chat(make_api(), stream).message.content
    assert len(server.requests) == 3
    assert len({request.body for request in server.requests}) == 1
    assert len(waits) == 2


@both_transports
@streamed_or_not
@pytest.mark.parametrize("failure", [Cut(), Reset()])
def test_a_connection_that_fails_before_the_answer_is_tried_again(
    make_api: Callable[..., Api], server: OllamaServer, stream: bool, failure: Any
):
    server.queue("POST", "/api/chat", failure)
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    assert chat(make_api(), stream).message.content
    assert len(server.requests) == 2


def test_a_server_that_starts_late_is_reached(make_api: Callable[..., Api], kind: str, waits: list[float]):
    tries = []

    def respond(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        if len(tries) < 3:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={"version": "1"})

    async def respond_async(request: httpx.Request) -> httpx.Response:
        return respond(request)

    api = make_api(transport=httpx.MockTransport(respond if kind == "sync" else respond_async))

    assert api.version().version == "1"
    assert len(waits) == 2


@pytest.mark.parametrize("max_retries", [0, 1, 2, 3])
@streamed_or_not
def test_there_are_at_most_max_retries_and_one_requests(
    make_api: Callable[..., Api], server: OllamaServer, max_retries: int, stream: bool
):
    server.reply("POST", "/api/chat", busy())

    with pytest.raises(ServerBusyError, match="busy"):
        chat(make_api(max_retries=max_retries), stream)
    assert len(server.requests) == max_retries + 1


@both_transports
def test_by_default_there_are_two_retries_of_cut_connections(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", Cut())

    with pytest.raises(ConnectError):
        chat(make_api(), stream=False)
    assert len(server.requests) == 3


def test_a_copy_may_have_other_retries(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", busy())
    api = make_api()

    with pytest.raises(ServerBusyError):
        api.with_options(max_retries=0).version()
    assert len(server.requests) == 1
    with pytest.raises(ServerBusyError):
        api.version()
    assert len(server.requests) == 4


def test_is_running_asks_once(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("HEAD", "/", busy())

    assert make_api().is_running() is False
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 500, 501, 520])
def test_other_errors_are_not_tried_again(make_api: Callable[..., Api], server: OllamaServer, status: int):
    server.reply("POST", "/api/chat", busy(status))

    with pytest.raises(ResponseError):
        chat(make_api(), stream=False)
    assert len(server.requests) == 1


@both_transports
@streamed_or_not
@pytest.mark.parametrize("ending", [Cut(), Reset()])
def test_nothing_is_tried_again_once_an_answer_has_begun(
    make_api: Callable[..., Api], server: OllamaServer, stream: bool, ending: Any
):
    begun = [Line({"message": {"content": "a"}, "done": False})]
    server.queue("POST", "/api/chat", Start(), *begun, ending, headers={"Content-Type": "application/x-ndjson"})
    server.queue("POST", "/api/chat", Start(), ending, headers={"Content-Type": "application/x-ndjson"})

    for _ in range(2):
        with pytest.raises(IncompleteStreamError):
            chat(make_api(), stream)
    assert len(server.requests) == 2


def test_a_bad_answer_is_not_asked_for_again(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Send(b"<html>"))

    with pytest.raises(OllamaError):
        make_api().version()
    assert len(server.requests) == 1


@both_transports
def test_a_server_that_is_slow_is_not_asked_again(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("POST", "/api/chat", Never())

    with pytest.raises(OllamaTimeoutError):
        chat(make_api(), stream=False, timeout=httpx.Timeout(PATIENCE, read=0.05))
    assert server.wait_for_disconnect()
    assert len(server.requests) == 1


def test_an_argument_that_cannot_be_sent_is_not_tried_again(make_api: Callable[..., Api], waits: list[float]):
    with pytest.raises(RequestError):
        make_api().chat("")
    assert waits == []


@pytest.mark.parametrize("lost", [Cut(), Reset(), Reply(status=504)])
def test_a_delete_whose_answer_was_lost_and_that_finds_nothing_then_has_succeeded(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float], lost: Any
):
    server.queue("DELETE", "/api/delete", lost)
    server.reply("DELETE", "/api/delete", Reply(Json({"error": "model 'm' not found"}), status=404))

    assert make_api().delete("m").status == "success"
    assert len(server.requests) == 2


@pytest.mark.parametrize("refused", [None, 429, 503])
def test_a_delete_that_was_not_done_before_and_finds_nothing_fails(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float], refused: int | None
):
    if refused is not None:
        server.queue("DELETE", "/api/delete", busy(refused))
    server.reply("DELETE", "/api/delete", Reply(Json({"error": "model 'm' not found"}), status=404))

    with pytest.raises(NotFoundError):
        make_api().delete("m")


def test_redirects_do_not_count_as_retries(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Reply(status=307, headers={"Location": "/moved"}))
    server.queue("GET", "/moved", busy())
    server.reply("GET", "/moved", Json({"version": "1"}))

    assert make_api(max_retries=1).version().version == "1"


# Waits


@both_transports
def test_retry_after_in_seconds_is_honoured(make_api: Callable[..., Api], server: OllamaServer, waits: list[float]):
    server.queue("POST", "/api/chat", busy(Retry_After="7"))
    server.queue("POST", "/api/chat", busy(429, Retry_After="0"))
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))

    chat(make_api(), stream=False)

    assert waits == [7.0, 0.0]


def test_retry_after_as_a_date_is_honoured(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
):
    now = 1_800_000_000
    monkeypatch.setattr(attempts, "time", SimpleNamespace(time=lambda: float(now)))
    server.queue("GET", "/api/version", busy(Retry_After=formatdate(now + 30, usegmt=True)))
    server.queue("GET", "/api/version", busy(Retry_After=formatdate(now - 30, usegmt=True)))
    server.reply("GET", "/api/version", Json({"version": "1"}))

    make_api().version()

    assert waits == [30.0, 0.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float]
):
    server.reply("GET", "/api/version", busy(429, Retry_After="3600"))

    with pytest.raises(RateLimitError, match="Retry-After is 3600") as caught:
        make_api().version()

    assert waits == []
    assert len(server.requests) == 1
    assert caught.value.headers["retry-after"] == "3600"


@pytest.mark.parametrize(
    "value",
    [
        *("soon", "-5", "", "nan", "1e400", "inf", "Mon, 99 Foo", "Fri, 31 Dec 9999 23:59:59"),
        *("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2026 00:00:00 +99999999999999"),
    ],
)
def test_a_retry_after_that_makes_no_sense_does_no_harm(
    make_api: Callable[..., Api], server: OllamaServer, waits: list[float], value: str
):
    server.reply("GET", "/api/version", busy(Retry_After=value))

    with pytest.raises(ServerBusyError):
        make_api().version()
    assert all(0 <= wait <= 60 for wait in waits)


def test_waits_grow_and_are_not_all_the_same():
    waits = [[retry_wait(attempt, None) or 0 for _ in range(200)] for attempt in (1, 2, 3, 20)]

    for limit, drawn in zip((0.5, 1.0, 2.0, 8.0), waits, strict=True):
        assert limit / 2 <= min(drawn) < max(drawn) <= limit
