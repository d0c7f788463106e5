"""Connections that the server has given up: the request goes out again at once, but never after a byte of an answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from overlay.callers import Api
from overlay.scripts import Together, all_transports, needs_own_transport, streamed_or_not

from ollama_sdk.overlay import ConnectError, IncompleteStreamError, OllamaError, ResponseError
from ollama_sdk.overlay._http.settings import is_available
from ollama_sdk.overlay.testing import Cut, Json, OllamaServer, Raw, Received, Reply, Reset, answer

PATH = "/api/chat"
VERSION = Reply(Json({"version": "1"}))
ENDINGS = {"closed": Reply(Cut()), "reset": Reply(Reset()), "408": Reply(Json({"error": "idle"}), status=408)}
endings = pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS)
BEGINNINGS = {
    "one byte": b"H",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "an interim answer": b"HTTP/1.1 100 Continue\r\n\r\n",
    "an interim answer and half a head": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200",
}
beginnings = pytest.mark.parametrize("begun", BEGINNINGS.values(), ids=BEGINNINGS)


class GivesUp:
    """Answers the first request of each connection; later ones meet an ending."""

    def __init__(self, reply: Reply, ending: Reply) -> None:
        self._reply = reply
        self._ending = ending
        self._seen: set[int] = set()

    def __call__(self, received: Received) -> Reply:
        if received.connection_id in self._seen:
            return self._ending
        self._seen.add(received.connection_id)
        return self._reply


@pytest.fixture(params=[0, 2])
def patient_api(request: pytest.FixtureRequest, make_api: Callable[..., Api], waits: list[float]) -> Api:
    """A client with or without retries, neither of which may be spent."""
    return make_api(max_retries=request.param)


@pytest.fixture
def ready_api(make_api: Callable[..., Api], waits: list[float]) -> Api:
    """A client that would ask twice more."""
    return make_api(max_retries=2)


@all_transports
@streamed_or_not
@endings
def test_a_stale_connection_costs_neither_a_retry_nor_a_wait(
    patient_api: Api, server: OllamaServer, waits: list[float], ending: Reply, stream: bool
):
    server.reply("POST", PATH, GivesUp(answer(PATH, stream=stream), ending))

    for _ in range(3):
        assert (patient_api.chat_stream().final() if stream else patient_api.chat_whole()).message.content
    assert waits == []
    assert [request.method for request in server.requests] == ["POST"] * 5


@all_transports
@endings
def test_many_stale_connections_cost_one_call_nothing(
    patient_api: Api, server: OllamaServer, waits: list[float], transport: str, ending: Reply
):
    server.reply("GET", "/api/version", Together(5, lambda _: VERSION))
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: patient_api.version(), range(5)))
    seen = {request.connection_id for request in server.requests}
    server.reply("GET", "/api/tags", lambda received: ending if received.connection_id in seen else Reply(Json({})))

    patient_api.list()

    assert waits == []
    tries = len(server.requests) - 5
    assert tries == 2 if transport == "own" and is_available() else tries <= 6


@all_transports
def test_an_upload_goes_out_again_whole(make_api: Callable[..., Api], server: OllamaServer):
    content = b"x" * 3_000_000
    server.reply("GET", "/api/version", VERSION)
    server.reply("HEAD", "*", Reply(status=404))
    api = make_api(max_retries=0)
    api.version()
    seen = {request.connection_id for request in server.requests}
    server.reply("POST", "*", lambda received: Reply(Cut() if received.connection_id in seen else Json({})))

    api.create_blob(BytesIO(content))

    assert server.requests[-1].body_size == len(content)


@all_transports
@pytest.mark.parametrize("ending", [Cut(), Reset()])
def test_a_new_connection_that_ends_is_a_failure(api: Api, server: OllamaServer, ending: Cut | Reset):
    server.reply("POST", PATH, ending)

    with pytest.raises(ConnectError, match="closed the connection before it answered"):
        api.chat_whole()
    assert len(server.requests) == 1


@all_transports
def test_a_408_on_a_new_connection_is_the_answer(api: Api, server: OllamaServer):
    server.reply("POST", PATH, ENDINGS["408"])

    with pytest.raises(ResponseError, match="idle"):
        api.chat_whole()
    assert len(server.requests) == 1


@all_transports
@beginnings
@pytest.mark.parametrize("ending", [Cut(), Reset()])
@pytest.mark.parametrize("reused", [False, True])
def test_a_request_is_never_sent_again_once_a_byte_of_an_answer_has_come(
    ready_api: Api, server: OllamaServer, begun: bytes, ending: Cut | Reset, reused: bool
):
    server.reply("GET", "/api/version", VERSION)
    server.reply("POST", PATH, Raw(begun), ending)
    if reused:
        ready_api.version()

    with pytest.raises(IncompleteStreamError, match="had begun"):
        ready_api.chat_whole()
    assert [request.path for request in server.requests].count(PATH) == 1


@all_transports
@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
    ids=["bad header", "large", "bad status", "not http"],
)
def test_an_answer_that_cannot_be_read_is_not_asked_for_again(ready_api: Api, server: OllamaServer, head: bytes):
    server.reply("POST", PATH, Raw(head), Cut())

    with pytest.raises(OllamaError) as caught:
        ready_api.chat_whole()
    assert type(caught.value) is ConnectError
    assert "answered" in str(caught.value)
    assert len(server.requests) == 1


@needs_own_transport
@pytest.mark.parametrize("value", ["close", "Close", "keep-alive, close"])
def test_connection_close_of_the_caller_is_honoured(make_api: Callable[..., Api], server: OllamaServer, value: str):
    server.reply("GET", "/api/version", VERSION)
    api = make_api(headers={"Connection": value})

    for _ in range(3):
        api.version()

    assert len({request.connection_id for request in server.requests}) == 3
    assert server.wait_for_connections(0)
