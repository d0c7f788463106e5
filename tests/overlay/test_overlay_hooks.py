"""Event hooks: which requests and responses they see, what they may do, and what they cannot break."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest
from overlay.callers import Api, background, outcome
from overlay.scripts import HI, TEXT, assert_usable, both_transports, streamed_or_not

from ollama_sdk.overlay import AbortError, AsyncOllama, IncompleteStreamError, Ollama, RequestError
from ollama_sdk.overlay.testing import Cut, Gate, Json, Never, OllamaServer, Reply, Send, Start, Wait, answer

VERSION = Json({"version": "1"})


class Seen:
    """Notes what the hooks are called with; as async functions when told so."""

    def __init__(self, *, asynchronous: bool = False) -> None:
        self.events: list[tuple[str, object]] = []
        request, response = (
            (self._request_async, self._response_async) if asynchronous else (self._request, self._response)
        )
        self.hooks: dict[str, list[Callable[[Any], Any]]] = {"request": [request], "response": [response]}

    def _request(self, request: httpx.Request) -> None:
        self.events.append((request.method, request.url.path))

    def _response(self, response: httpx.Response) -> None:
        self.events.append(("status", response.status_code))

    async def _request_async(self, request: httpx.Request) -> None:
        self._request(request)

    async def _response_async(self, response: httpx.Response) -> None:
        self._response(response)


def raiser(error: BaseException) -> Callable[[Any], Any]:
    def hook(event: object) -> None:
        raise error

    return hook


# What they see


@both_transports
def test_hooks_can_read_what_is_sent_and_how_long_it_took(make_api: Callable[..., Api], server: OllamaServer):
    responses: list[httpx.Response] = []
    hooks = {"request": [lambda request: seen.append(request.content)], "response": [responses.append]}
    seen: list[bytes] = []
    server.reply("POST", "/api/show", Json({"license": "MIT"}))
    make_api(event_hooks=hooks).show("m")
    assert seen == [b'{"model":"m"}']
    assert responses[0].request.content == seen[0]
    assert responses[0].json() == {"license": "MIT"}
    assert isinstance(responses[0].elapsed, timedelta)  # httpx raises when nobody has told


@both_transports
@streamed_or_not
def test_hooks_see_the_request_and_its_response(make_api: Callable[..., Api], server: OllamaServer, stream: bool):
    seen = Seen()
    server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))

    result = make_api(event_hooks=seen.hooks).chat("m", HI, stream=stream)

    assert (result.final() if stream else result).message.content == TEXT
    assert seen.events == [("POST", "/api/chat"), ("status", 200)]


@pytest.mark.usefixtures("waits")
@both_transports
def test_hooks_see_every_try_and_every_step_of_a_redirect(make_api: Callable[..., Api], server: OllamaServer):
    seen = Seen()
    server.queue("GET", "/api/version", Cut())
    server.queue("GET", "/api/version", Json({"error": "busy"}), status=503, headers={"Retry-After": "0"})
    server.queue("GET", "/api/version", Reply(status=307, headers={"Location": "/moved"}))
    server.reply("GET", "/moved", VERSION)

    assert make_api(event_hooks=seen.hooks).version().version == "1"

    asked = ("GET", "/api/version")
    assert seen.events == [
        asked, asked, ("status", 503), asked, ("status", 307), ("GET", "/moved"), ("status", 200),
    ]  # fmt: skip


@both_transports
def test_hooks_see_an_error_answer_before_it_is_raised(make_api: Callable[..., Api], server: OllamaServer):
    seen = Seen()
    server.reply("GET", "/api/version", Json({"error": "no"}), status=500)

    assert "no" in str(outcome(make_api(event_hooks=seen.hooks).version))
    assert seen.events == [("GET", "/api/version"), ("status", 500)]


@pytest.mark.parametrize("kind", ["async"])
@both_transports
def test_async_hooks_are_awaited(make_api: Callable[..., Api], server: OllamaServer):
    seen = Seen(asynchronous=True)
    server.reply("POST", "/api/chat", answer("/api/chat"))

    assert make_api(event_hooks=seen.hooks).chat_stream().final().message.content == TEXT
    assert seen.events == [("POST", "/api/chat"), ("status", 200)]


def test_hooks_of_an_injected_client_are_called_as_well(make_api: Callable[..., Api], server: OllamaServer, kind: str):
    ours, theirs = Seen(), Seen(asynchronous=kind == "async")
    make = httpx.Client if kind == "sync" else httpx.AsyncClient
    http_client: Any = make(event_hooks=theirs.hooks, trust_env=False)
    server.reply("GET", "/api/version", VERSION)
    api = make_api(http_client=http_client, event_hooks=ours.hooks)

    api.version()

    assert ours.events == theirs.events == [("GET", "/api/version"), ("status", 200)]
    api.wait_for(http_client.close() if kind == "sync" else http_client.aclose())


def test_hooks_are_called_for_the_generated_functions_and_the_cloud_too(make_api: Callable[..., Api], kind: str):
    seen = Seen()

    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"results": []})

    async def reply_async(request: httpx.Request) -> httpx.Response:
        return reply(request)

    transport = httpx.MockTransport(reply if kind == "sync" else reply_async)
    api = make_api(transport=transport, cloud_api_key="abc", event_hooks=seen.hooks)

    api.web_search("x")
    api.wait_for(api.client.generated.request(method="get", url="/api/tags"))

    assert [event for event in seen.events if event[0] != "status"] == [
        ("POST", "/api/web_search"),
        ("GET", "/api/tags"),
    ]


# What they may do


@pytest.mark.usefixtures("waits")
@both_transports
def test_a_request_hook_may_change_headers_for_that_try_alone(make_api: Callable[..., Api], server: OllamaServer):
    tries: list[str] = []

    def number(request: httpx.Request) -> None:
        assert "x-try" not in request.headers
        tries.append(request.headers["authorization"])
        request.headers["X-Try"] = str(len(tries))

    server.queue("GET", "/api/version", Cut())
    server.reply("GET", "/api/version", VERSION)

    make_api(api_key="abc", event_hooks={"request": [number]}).version()

    assert [request.headers["x-try"] for request in server.requests] == ["1", "2"]
    assert tries == ["Bearer abc"] * 2


@both_transports
@streamed_or_not
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_response_hook_may_read_the_body(
    make_api: Callable[..., Api], server: OllamaServer, kind: str, stream: bool, encoding: str
):
    bodies: list[bytes] = []

    def read(response: httpx.Response) -> None:
        bodies.append(response.read())

    async def read_async(response: httpx.Response) -> None:
        bodies.append(await response.aread())

    if encoding == "gzip":
        body = b"".join(step.content() for step in answer("/api/chat", stream=stream).steps)
        server.reply("POST", "/api/chat", Send(gzip.compress(body)), headers={"Content-Encoding": "gzip"})
    else:
        server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))
    api = make_api(event_hooks={"response": [read if kind == "sync" else read_async]})

    result = api.chat("m", HI, stream=stream)

    assert (result.final() if stream else result).message.content == TEXT
    assert len(bodies) == 1
    assert bodies[0].count(b'"model"') == (4 if stream else 1)


def test_with_options_puts_hooks_in_place_of_those_of_the_client(make_api: Callable[..., Api], server: OllamaServer):
    first, second = Seen(), Seen()
    server.reply("GET", "/api/version", VERSION)
    api = make_api(event_hooks=first.hooks)

    api.with_options(event_hooks=second.hooks).version()
    api.with_options(event_hooks={}).version()
    api.with_options(timeout=5).version()

    assert (len(first.events), len(second.events)) == (2, 2)


# What they cannot break


@both_transports
@streamed_or_not
@pytest.mark.parametrize("event", ["request", "response"])
def test_an_exception_of_a_hook_reaches_the_caller_and_leaves_no_connection_behind(
    make_api: Callable[..., Api], server: OllamaServer, stream: bool, event: str
):
    assert_raised_and_left_clean(make_api, server, stream, event, ValueError("mine"))


def test_so_does_a_failure_of_httpx_in_a_request_hook_which_may_ask_another_server(
    make_api: Callable[..., Api], server: OllamaServer
):
    assert_raised_and_left_clean(
        make_api, server, True, "request", httpx.ConnectError("the server of the keys is down")
    )


@pytest.mark.parametrize("kind", ["sync"])
@both_transports
@streamed_or_not
@pytest.mark.parametrize("event", ["request", "response"])
def test_so_does_an_interrupt_in_a_hook(make_api: Callable[..., Api], server: OllamaServer, stream: bool, event: str):
    assert_raised_and_left_clean(make_api, server, stream, event, KeyboardInterrupt())


def assert_raised_and_left_clean(
    make_api: Callable[..., Api], server: OllamaServer, stream: bool, event: str, error: BaseException
) -> None:
    server.reply("POST", "/api/chat", Start(), Never())
    api = make_api(event_hooks={event: [raiser(error)]})

    with pytest.raises(type(error)) as caught:
        api.chat("m", HI, stream=stream)

    assert caught.value is error
    assert len(server.requests) == (event == "response")
    assert server.wait_for_connections(0)
    assert len(api.client._sender.calls) == 0
    assert_usable(api.with_options(event_hooks={}), server)


@both_transports
def test_a_connection_that_breaks_while_a_hook_reads_is_an_error_of_the_tree(
    make_api: Callable[..., Api], server: OllamaServer, kind: str
):
    def read(response: httpx.Response) -> None:
        response.read()

    async def read_async(response: httpx.Response) -> None:
        await response.aread()

    server.fault("POST", "/api/chat", "cut_mid_line")
    api = make_api(event_hooks={"response": [read if kind == "sync" else read_async]})

    with pytest.raises(IncompleteStreamError):
        api.chat_stream()


@pytest.mark.parametrize("kind", ["sync"])
@both_transports
def test_abort_ends_a_plain_hook_that_reads(make_api: Callable[..., Api], server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate))
    api = make_api(event_hooks={"response": [lambda response: response.read()]})
    call = background(api.chat_stream)
    assert gate.wait_until_reached()

    api.client.abort()

    assert isinstance(call.exception(60), AbortError)
    assert_usable(api.with_options(event_hooks={}), server)


@pytest.mark.parametrize("kind", ["async"])
@both_transports
@pytest.mark.parametrize("event", ["request", "response"])
def test_abort_ends_whatever_an_async_hook_waits_for(make_api: Callable[..., Api], server: OllamaServer, event: str):
    waiting = threading.Event()

    async def wait(event: object) -> None:
        waiting.set()
        await anyio.sleep_forever()

    server.reply("POST", "/api/chat", Start(), Never())
    api = make_api(event_hooks={event: [wait]})
    call = background(api.chat_stream)
    assert waiting.wait(60)

    api.client.abort()

    assert isinstance(call.exception(60), AbortError)
    assert_usable(api.with_options(event_hooks={}), server)


@pytest.mark.parametrize("kind", ["async"])
@both_transports
def test_abort_still_works_after_an_async_response_hook(make_api: Callable[..., Api], server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Start(), Wait(gate))
    api = make_api(event_hooks=Seen(asynchronous=True).hooks)
    stream = api.chat_stream()
    reading = background(stream.final)
    assert gate.wait_until_reached()

    api.client.abort()

    assert isinstance(reading.exception(60), AbortError)


@pytest.mark.parametrize(
    "hooks",
    [
        {"requests": [print]},
        {"request": print},
        {"request": "print"},
        {"response": ["print"]},
        {"response": None},
        [print],
        print,
    ],
)
@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
def test_what_is_no_hook_is_refused(client: type[Ollama], hooks: Any):
    with pytest.raises(RequestError, match="event_hooks"):
        client(event_hooks=hooks)
    with pytest.raises(RequestError, match="event_hooks"):
        client().with_options(event_hooks=hooks)


def test_the_blocking_client_refuses_async_hooks():
    hooks = Seen(asynchronous=True).hooks

    with pytest.raises(RequestError, match="AsyncOllama"):
        Ollama(event_hooks=hooks)
    AsyncOllama(event_hooks=hooks)
