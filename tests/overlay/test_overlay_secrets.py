"""Secrets: whom each is sent to, in one table, and that nothing that a program prints of a failure shows one."""

from __future__ import annotations

import base64
import copy
import logging
import pickle
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from overlay.callers import Api, background, outcome
from overlay.scripts import HI, both_transports, needs_own_transport
from overlay.signals import interrupted, signalled
from overlay.test_overlay_raw import CALLS, MORE
from overlay.test_overlay_raw import CLOUD as CLOUD_ONLY

from ollama_sdk.generated import api
from ollama_sdk.overlay import AsyncOllama, ConnectError, Ollama, OllamaError, OllamaTimeoutError, RequestError
from ollama_sdk.overlay._clients import functions
from ollama_sdk.overlay._secrets import Secret
from ollama_sdk.overlay.testing import FAULTS, Json, Never, OllamaServer, Start

# Whom a secret is sent to.

LOCAL, CLOUD, CLOUD_HTTP, CLOUD_PORT, OTHER = (
    "http://127.0.0.1:11434",
    "https://ollama.com",
    "http://ollama.com",
    "https://ollama.com:8443",
    "https://models.example",
)
USER = "Basic " + base64.b64encode(b"me:pw").decode()
OWN, WEB = "version", "web_search"  # an operation of the client's own host, and one that only the cloud has

# host, arguments, key in the environment, operation: what is in the Authorization header, None for nothing, and an
# error for a key that is missing.
WHO_GETS_WHAT: list[tuple[str, dict[str, Any], str | None, str, str | type[RequestError] | None]] = [
    # A key of the environment goes to https://ollama.com and to nobody else.
    (LOCAL, {}, "env", OWN, None),
    (CLOUD, {}, "env", OWN, "Bearer env"),
    (CLOUD_HTTP, {}, "env", OWN, None),
    (CLOUD_PORT, {}, "env", OWN, None),
    (OTHER, {}, "env", OWN, None),
    ("https://me:pw@ollama.com", {}, "env", OWN, USER),
    ("ollama.com", {}, "env", OWN, "Bearer env"),
    ("https://ollama.com:443/v9", {}, "env", OWN, "Bearer env"),
    ("https://www.ollama.com", {}, "env", OWN, None),
    ("https://ollama.com.evil.example", {}, "env", OWN, None),
    ("https://ollama.com@evil.example", {}, "env", OWN, "Basic " + base64.b64encode(b"ollama.com:").decode()),
    # A key given for the host goes to the host.
    (LOCAL, {"api_key": "key"}, "env", OWN, "Bearer key"),
    (CLOUD, {"api_key": "key"}, "env", OWN, "Bearer key"),
    (OTHER, {"api_key": "key"}, None, OWN, "Bearer key"),
    ("https://me:pw@models.example", {"api_key": "key"}, None, OWN, "Bearer key"),
    ("https://me:pw@models.example", {}, None, OWN, USER),
    # A key given for the cloud goes to the cloud's own operations alone.
    (LOCAL, {"cloud_api_key": "cloud"}, "env", OWN, None),
    (CLOUD, {"cloud_api_key": "cloud"}, None, OWN, None),
    (LOCAL, {"cloud_api_key": "cloud"}, "env", WEB, "Bearer cloud"),
    (LOCAL, {"api_key": "key", "cloud_api_key": "cloud"}, "env", WEB, "Bearer cloud"),
    (OTHER, {"cloud_api_key": "cloud"}, None, WEB, "Bearer cloud"),
    # Without one: the host's key when the host is the cloud, then that of the environment.
    (CLOUD, {"api_key": "key"}, "env", WEB, "Bearer key"),
    (LOCAL, {"api_key": "key"}, "env", WEB, "Bearer env"),
    (CLOUD_HTTP, {"api_key": "key"}, "env", WEB, "Bearer env"),
    (CLOUD_PORT, {"api_key": "key"}, None, WEB, RequestError),
    (OTHER, {"api_key": "key"}, None, WEB, RequestError),
    ("https://me:pw@ollama.com", {}, "env", WEB, "Bearer env"),
    ("https://me:pw@ollama.com", {}, None, WEB, RequestError),
    (LOCAL, {}, None, WEB, RequestError),
    # The caller's own Authorization wins at the host, and does not reach the cloud's operations from another one.
    (LOCAL, {"api_key": "key", "headers": {"Authorization": "Own 1"}}, None, OWN, "Own 1"),
    (LOCAL, {"cloud_api_key": "cloud", "headers": {"Authorization": "Own 1"}}, None, WEB, "Bearer cloud"),
    (CLOUD, {"cloud_api_key": "cloud", "headers": {"Authorization": "Own 1"}}, None, WEB, "Bearer cloud"),
]


@pytest.mark.parametrize("place", ["transport", "http_client"])
@pytest.mark.parametrize(("host", "arguments", "environment", "operation", "sent"), WHO_GETS_WHAT)
def test_a_secret_goes_to_whom_the_table_says(
    make_api: Callable[..., Api],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    host: str,
    arguments: dict[str, Any],
    environment: str | None,
    operation: str,
    sent: str | type[RequestError] | None,
):
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    async def answer_async(request: httpx.Request) -> httpx.Response:
        return answer(request)

    if environment:
        monkeypatch.setenv("OLLAMA_API_KEY", environment)
    transport: Any = httpx.MockTransport(answer if kind == "sync" else answer_async)
    client_class: Any = httpx.Client if kind == "sync" else httpx.AsyncClient
    theirs: dict[str, Any] = {"headers": {"X-Theirs": "1"}, "cookies": {"theirs": "1"}}
    if operation == WEB:
        theirs["auth"] = ("me", "pw")
    injected = transport if place == "transport" else client_class(transport=transport, **theirs)
    headers = {"X-Ours": "1", **arguments.get("headers", {})}
    api = make_api(host, **{**arguments, "headers": headers, place: injected})

    if isinstance(sent, type):
        with pytest.raises(sent, match="cloud_api_key="):
            api.web_search("x")
        assert requests == []
        return
    api.version() if operation == OWN else api.web_search("x")

    (request,) = requests
    assert request.headers.get("authorization") == sent
    assert (request.headers.get("x-ours") == "1") is (operation == OWN)
    for name in ("x-theirs", "cookie"):
        assert (name in request.headers) is (operation == OWN and place == "http_client")
    assert operation == OWN or (request.url.scheme, request.url.host, request.url.port) == ("https", "ollama.com", None)


# Where a secret is never shown.

SECRETS: dict[str, Any] = {
    "api_key": "s3cret-1" + "x" * 100,
    "cloud_api_key": "s3cret-2",
    "headers": {"X-Key": "s3cret-3", "Cookie": "a=s3cret-4"},
}


def with_password(server: OllamaServer) -> str:
    return f"http://me:s3cret-0@{server.host}:{server.port}"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The chain of an exception."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: BaseException) -> str:
    """All that a tool can print of an exception: its chain, and the local variables of our frames."""
    frames = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen = set[int]()

    def leave_out_the_tests(part: traceback.TracebackException | None) -> None:
        if part is not None and id(part) not in seen:
            seen.add(id(part))
            part.stack[:] = [frame for frame in part.stack if "/tests/" not in frame.filename]
            leave_out_the_tests(part.__cause__)
            leave_out_the_tests(part.__context__)

    leave_out_the_tests(frames)
    for cause in causes(error):
        assert b"s3cret" not in pickle.dumps(cause)
        request = getattr(cause, "_request", None)
        assert request is None or "s3cret" not in str(request.headers.multi_items()) + str(request.url)
    text = "".join(frames.format())
    assert "self = " in text or "error = " in text, "the local variables are not there"
    return text + repr(error) + repr(vars(error))


@both_transports
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"slow_drip", "ten_megabyte_line"}))
def test_no_fault_shows_a_secret_even_with_local_variables_and_the_whole_log(
    make_api: Callable[..., Api], server: OllamaServer, caplog: pytest.LogCaptureFixture, fault: str, stream: bool
):
    caplog.set_level(1)
    server.fault("POST", "/api/chat", fault)
    api = make_api(with_password(server), **SECRETS, max_retries=0)

    def call() -> object:
        result = api.chat("m", HI, stream=stream, extra_headers={"X-Other": "s3cret-5"})
        return result.final() if stream else result

    error = outcome(call)

    text = shown(error) if isinstance(error, OllamaError) else ""
    assert "s3cret" not in text + caplog.text
    assert all("authorization" in request.headers for request in server.requests)
    assert b"s3cret" not in pickle.dumps(error)


@both_transports
def test_neither_do_failures_to_connect_time_limits_and_aborts(
    make_api: Callable[..., Api], server: OllamaServer, unused_port: int
):
    server.reply("POST", "/api/chat", Never())
    api = make_api(with_password(server), **SECRETS, max_retries=0)
    waiting = background(api.chat_whole)
    assert server.wait_for_requests(1)
    api.client.abort()

    errors = [
        waiting.exception(60),
        outcome(lambda: api.chat("m", HI, timeout=0.05, extra_headers={"X-Other": "s3cret-5"})),
        outcome(make_api(f"http://me:s3cret-0@127.0.0.1:{unused_port}", **SECRETS, max_retries=0).version),
    ]

    assert isinstance(errors[2], ConnectError)
    for error in errors:
        assert isinstance(error, OllamaError)
        assert "s3cret" not in shown(error)


@pytest.mark.parametrize("fault", ["a status", "a mistake"])
@pytest.mark.parametrize("how", ["method", "raw", "function"])
@pytest.mark.parametrize("name", [*CALLS, *sorted(CLOUD_ONLY)])
def test_no_operation_shows_its_extra_headers(
    make_api: Callable[..., Api],
    server: OllamaServer,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    how: str,
    fault: str,
):
    if how == "function" and kind == "async":
        pytest.skip("the functions use the blocking client")
    server.reply("*", "*", Json({"error": "x"}), status=500)
    api = make_api(max_retries=0)
    keywords = {**MORE.get(name, {}), "extra_headers": {"X-Other": "s3cret-5"}}
    if fault == "a mistake" or name in CLOUD_ONLY:
        keywords["deadline"] = -1
    place = {"method": api.client, "raw": api.client.with_raw_response, "function": functions}[how]

    with Ollama(server.url, max_retries=0) as default:
        monkeypatch.setitem(functions._made, "client", default)
        error = outcome(lambda: api.wait_for(getattr(place, name)(*CALLS.get(name, ("x",)), **keywords)))

    assert isinstance(error, OllamaError)
    assert "s3cret" not in shown(error)


@pytest.mark.parametrize("kind", ["sync"])
@both_transports
def test_neither_does_an_interrupt(make_api: Callable[..., Api], server: OllamaServer, transport: str):
    server.reply("POST", "/api/chat", Start(), Never())
    api = make_api(with_password(server), **SECRETS)

    with pytest.raises(KeyboardInterrupt) as caught, signalled(signal.SIGINT, server.wait_for_requests):
        api.chat_whole()

    assert "s3cret" not in shown(caught.value)


# Files in which headers are local variables, as bytes or text.
STANDARD = ("urllib/request.py", "typing.py", "<frozen abc>", "<frozen _collections_abc>")
SENDING = {
    "own": ("_http/sync_connection.py", "_http/sync_pool.py", "_http/round_trip.py", "httpx/_models.py"),
    "stock": (
        *("_httpcore/streams.py", "httpcore/_sync/http11.py", "httpcore/_backends/sync.py"),
        *("h11/_connection.py", "h11/_writers.py"),
    ),
}


@pytest.mark.usefixtures("_interrupts_anywhere")
@pytest.mark.parametrize("transport", [pytest.param("own", marks=needs_own_transport), "stock"])
def test_neither_does_an_interrupt_wherever_it_comes_while_a_request_is_sent(server: OllamaServer, transport: str):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    with Ollama(server.url, transport=httpx.HTTPTransport() if transport == "stock" else None) as client:
        client.version()  # imports what a request needs

    places: set[str] = set()
    while True:
        # A new one, as httpcore's pool may be left with a connection that is never free again.
        given = httpx.HTTPTransport(verify=False) if transport == "stock" else None
        with Ollama(with_password(server), **SECRETS, transport=given) as client:
            with interrupted((*SENDING[transport], *STANDARD), 0, passed=places) as came:
                try:
                    client.version()
                except KeyboardInterrupt as error:
                    caught = error
            if not came:
                break
            assert "s3cret" not in shown(caught), came
            places.update(came)

    assert len(places) > 100


@both_transports
def test_neither_does_a_request_that_nobody_reads(make_api: Callable[..., Api]):
    with socket.create_server(("127.0.0.1", 0)) as unread:
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        api = make_api(f"http://me:s3cret-0@127.0.0.1:{unread.getsockname()[1]}", **SECRETS, max_retries=0)

        error = outcome(lambda: api.create_blob(bytes(6_000_000), timeout=0.1))

    assert isinstance(error, OllamaTimeoutError)
    assert error.phase == "write"
    assert "s3cret" not in shown(error)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_neither_does_a_proxy_that_cannot_be_used(
    make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, unused_port: int, scheme: str
):
    monkeypatch.setenv(f"{scheme}_proxy", f"http://me:s3cret-0@127.0.0.1:{unused_port}")

    error = outcome(make_api(f"{scheme}://models.example", **SECRETS, max_retries=0).version)

    assert isinstance(error, ConnectError)
    text = shown(error)
    assert "s3cret" not in text
    assert base64.b64encode(b"me:s3cret").decode() not in text


def test_the_transport_of_the_caller_keeps_its_local_variables(make_api: Callable[..., Api], kind: str):
    class Failing(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            reason = "no route"
            raise httpx.ConnectError(reason)

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return self.handle_request(request)

    error = outcome(make_api(transport=Failing(), **SECRETS, max_retries=0).version)

    assert isinstance(error, ConnectError)
    frames = [frame for frame, _ in traceback.walk_tb(error.__cause__.__traceback__)]
    assert frames[-1].f_locals["reason"] == "no route"


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "http://me:s3cret@a b"},
        {"host": "http://me:s3cret/@models.lan:0"},
        {"timeout": -1},
        {"headers": {"X-Key": "s3cret\n"}},
        {"headers": {"X-Key": "s3cret\x01"}},
        {"headers": {"X-Key": "s3cret", "X Y": "s3cret"}},
        {"headers": "s3cret"},
        {"api_key": "s3cret\n"},
        {"cloud_api_key": " s3cret"},
        {"max_retries": -1},
    ],
)
@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
def test_a_client_that_cannot_be_made_shows_none(client: type[Ollama], wrong: dict[str, Any]):
    arguments = {"host": "http://me:s3cret@models.lan", "api_key": "s3cret", "headers": {"X-Key": "s3cret"}, **wrong}

    with pytest.raises(RequestError) as caught:
        client(**arguments)

    assert "s3cret" not in shown(caught.value)


def test_a_header_that_cannot_be_sent_does_not_show_those_that_can(make_api: Callable[..., Api]):
    api = make_api(**SECRETS)

    for headers in ({"X-Key": "s3cret\n"}, {"X-Key": "s3cret", "X Y": "1"}):
        error = outcome(lambda: api.version(extra_headers=headers))  # noqa: B023  # called at once
        assert isinstance(error, RequestError)
        assert "s3cret" not in shown(error)


def test_nothing_that_a_client_is_made_of_shows_one(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    client = make_api(with_password(server), **SECRETS).client
    builder = client._builder
    request = builder.bare(api.GET_VERSION, {})
    things = [client, client.generated, client._sender, builder, builder.host, builder.keys]
    things += [builder.options, builder.options.headers, request, request.headers]
    things += [client.with_raw_response, client.with_options(headers={"X-More": "s3cret-6"})._builder.options]

    assert "s3cret" not in "".join(
        repr(thing) + str(vars(thing) if hasattr(thing, "__dict__") else "") for thing in things
    )
    assert b"s3cret" not in pickle.dumps(client)
    assert copy.copy(client)._builder.keys.host_key == SECRETS["api_key"]


def test_blanks_around_a_header_are_not_sent(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))

    make_api(headers={"X-Key": " abc\t"}).version()

    assert server.requests[0].headers["x-key"] == "abc"


def test_a_secret_is_text_that_is_not_shown():
    secret = Secret("abc" * 50)

    assert repr(secret) == repr(secret[:10]) == repr([secret])[1:-1] == "'***'"
    assert (str(secret), f"{secret}", secret + "d") == ("abc" * 50, "abc" * 50, "abc" * 50 + "d")
    assert secret.encode() == b"abc" * 50
    assert secret == "abc" * 50
    assert logging.LogRecord("a", 1, "b", 1, "%r", (secret,), None).getMessage() == "'***'"
