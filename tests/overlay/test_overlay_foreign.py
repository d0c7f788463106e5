"""Exceptions that are not of the network: they reach the caller unchanged, and the connection is closed."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest
from overlay.callers import PATIENCE, Api, http_client
from overlay.scripts import HI, all_transports, assert_usable, chat_line, needs_own_transport, streamed_or_not
from overlay.signals import signalled

from ollama_sdk.overlay import ConnectError, IncompleteStreamError, OllamaError
from ollama_sdk.overlay._http import sync_connect
from ollama_sdk.overlay._http.sockets import wait_until_connected
from ollama_sdk.overlay.testing import Cut, Gate, Json, OllamaServer, Wait


class SoftLimitError(Exception):
    """As the runners of jobs raise it in a signal handler."""


class OwnSystemError(OSError):
    """An error of the caller's that is one of the system too."""


HANDLER_RAISES = [SoftLimitError, TimeoutError, InterruptedError, OwnSystemError, MemoryError, RecursionError, KeyError]
CODE_RAISES = [*HANDLER_RAISES, ModuleNotFoundError, FileNotFoundError, AttributeError, RuntimeError, UnicodeError]


def is_same(caught: Exception, raised: Exception) -> bool:
    """Whether it is the same exception, but for what `run_coroutine_threadsafe` makes a copy of."""
    return caught is raised or (type(caught) is type(raised) is TimeoutError and caught.args == raised.args)


@pytest.fixture
def raise_on_signal() -> Iterator[Callable[[type[Exception]], Exception]]:
    """Let the handler of SIGUSR1 raise an exception of a type, and return it."""
    before = signal.getsignal(signal.SIGUSR1)

    def install(kind: type[Exception]) -> Exception:
        error = kind("of the handler")

        def handle(number: int, frame: object) -> None:
            raise error

        signal.signal(signal.SIGUSR1, handle)
        return error

    yield install
    signal.signal(signal.SIGUSR1, before)


# A signal handler


@all_transports
@streamed_or_not
@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("raised", HANDLER_RAISES)
@pytest.mark.parametrize("begun", [False, True])
def test_what_a_signal_handler_raises_passes_through(
    make_api: Callable[..., Api],
    server: OllamaServer,
    raise_on_signal: Callable[[type[Exception]], Exception],
    transport: str,
    raised: type[Exception],
    begun: bool,
    stream: bool,
):
    gate, has_begun = Gate(), threading.Event()
    server.reply("POST", "/api/chat", *([chat_line("a")] if begun else []), Wait(gate))
    error = raise_on_signal(raised)
    api = make_api(event_hooks={"response": [lambda _: has_begun.set()]})  # with retries, which must not come

    def is_waiting() -> bool:
        return has_begun.wait(PATIENCE) if begun else gate.wait_until_reached()

    with pytest.raises(raised) as caught, signalled(signal.SIGUSR1, is_waiting):  # noqa: PT012  # either may raise
        result: Any = api.chat("m", HI, stream=stream)
        result.final()

    assert caught.value is error
    assert server.wait_for_disconnect()
    assert server.wait_for_connections(0)
    assert len(server.requests) == 1
    assert len(api.client._sender.calls) == 0
    assert_usable(api, server)


@all_transports
@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("raised", [SoftLimitError, TimeoutError])
def test_what_a_handler_raises_while_connecting_passes_through(
    make_api: Callable[..., Api],
    raise_on_signal: Callable[[type[Exception]], Exception],
    raised: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
):
    error = raise_on_signal(raised)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, contextlib.ExitStack() as waiting:
        address = silent.getsockname()
        for _ in range(4):  # whoever comes now waits until he is accepted
            sock = waiting.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(address)
        begins = threading.Event()

        def wait(*arguments: Any) -> list[socket.socket]:
            begins.set()
            return wait_until_connected(*arguments)

        monkeypatch.setattr(sync_connect, "wait_until_connected", wait)
        api = make_api(f"http://127.0.0.1:{address[1]}")

        with pytest.raises(raised) as caught, signalled(signal.SIGUSR1, lambda: begins.wait(PATIENCE)):
            api.version()

    assert caught.value is error


@pytest.mark.parametrize("kind", ["sync"])
@pytest.mark.parametrize("raised", HANDLER_RAISES)
@pytest.mark.parametrize("what", ["blob", "files", "open file", "Modelfile"])
def test_what_a_handler_raises_while_a_file_is_read_passes_through(
    api: Api,
    server: OllamaServer,
    raise_on_signal: Callable[[type[Exception]], Exception],
    tmp_path: Path,
    raised: type[Exception],
    what: str,
):
    path = tmp_path / "weights.gguf"
    path.write_bytes(b"GGUF")
    server.reply("*", "*", status=200)
    error = raise_on_signal(raised)
    calls: dict[str, Callable[[], object]] = {
        "blob": lambda: api.create_blob(path),
        "files": lambda: api.create("m", files={"a.gguf": path}),
        "open file": lambda: api.create_blob(file),
        "Modelfile": lambda: api.create("m", modelfile=path),
    }

    def on_call(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function.__name__ == "read":
            sys.setprofile(None)
            signal.raise_signal(signal.SIGUSR1)

    with path.open("rb") as file, contextlib.ExitStack() as stack:
        stack.callback(sys.setprofile, None)
        sys.setprofile(on_call)
        with pytest.raises(raised) as caught:
            calls[what]()

    assert caught.value is error
    assert server.requests == []


@pytest.mark.parametrize("kind", ["sync"])
def test_what_a_handler_raises_goes_before_an_abort_in_it(api: Api, server: OllamaServer):
    gate = Gate()
    server.reply("POST", "/api/chat", Wait(gate))

    def handle(number: int, frame: object) -> None:
        api.client.abort()
        raise SoftLimitError

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with pytest.raises(SoftLimitError), signalled(signal.SIGUSR1, gate.wait_until_reached):
            api.chat_whole()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert server.wait_for_disconnect()


# The caller's transport and authentication


class Broken(httpx.Auth, httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Authentication or a transport with a mistake in it."""

    def __init__(self, error: Exception, *, in_body: bool = False) -> None:
        self._error = error
        self._in_body = in_body

    def auth_flow(self, request: httpx.Request) -> Any:
        raise self._error

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self._in_body:
            raise self._error
        return httpx.Response(200, stream=BrokenBody(self._error))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


class BrokenBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Raises after a first line."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield chat_line("a").content()
        raise self._error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield chat_line("a").content()
        raise self._error


@pytest.mark.parametrize("raised", CODE_RAISES)
@pytest.mark.parametrize("where", ["auth", "transport", "body"])
@streamed_or_not
def test_a_mistake_in_the_callers_own_code_passes_through(
    make_api: Callable[..., Api], kind: str, waits: list[float], raised: type[Exception], where: str, stream: bool
):
    error = raised("of the caller")
    broken = Broken(error, in_body=where == "body")
    client = http_client(kind, auth=broken) if where == "auth" else None
    api = make_api(http_client=client) if client else make_api(transport=broken)

    with pytest.raises(raised) as caught:
        api.chat_stream().final() if stream else api.chat_whole()

    assert is_same(caught.value, error)
    assert waits == []
    if client is not None:
        api.wait_for(client.close() if isinstance(client, httpx.Client) else client.aclose())


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx.ConnectError, ConnectError),
        (httpx.ReadError, ConnectError),
        (httpx.RemoteProtocolError, ConnectError),
        (type("OwnError", (httpx.ReadError,), {}), ConnectError),
        (ConnectionResetError, ConnectError),
        (socket.gaierror, ConnectError),
    ],
)
def test_what_a_transport_raises_for_the_network_is_explained(
    make_api: Callable[..., Api], waits: list[float], raised: type[Exception], expected: type[OllamaError]
):
    with pytest.raises(expected):
        make_api(transport=Broken(raised("broken")), max_retries=0).version()
    with pytest.raises(IncompleteStreamError):
        make_api(transport=Broken(raised("broken"), in_body=True), max_retries=0).version()


def test_what_a_transport_has_wrapped_itself_is_explained(make_api: Callable[..., Api], kind: str):
    class Wraps(Broken):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            try:
                raise OwnSystemError
            except OSError as error:
                raise httpx.ConnectError("refused") from error

    with pytest.raises(ConnectError, match="refused"):
        make_api(transport=Wraps(KeyError()), max_retries=0).version()


# Our own connections


@needs_own_transport
@pytest.mark.parametrize("raised", [MemoryError, RecursionError, SoftLimitError, TimeoutError])
def test_what_is_raised_in_the_parser_passes_through(
    make_api: Callable[..., Api], server: OllamaServer, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
):
    from ollama_sdk.overlay._http.response_parser import ResponseParser

    error = raised("in a callback")

    def fail(parser: ResponseParser, *_: object) -> None:
        raise error

    server.reply("GET", "/api/version", Json({"version": "1"}))
    with monkeypatch.context() as patched:
        patched.setattr(ResponseParser, "on_header", fail)
        with pytest.raises(raised) as caught:
            make_api().version()
    assert is_same(caught.value, error)
    assert server.wait_for_connections(0)


@all_transports
@pytest.mark.parametrize("pending", [SoftLimitError, TimeoutError])
def test_what_the_caller_is_handling_is_not_the_failure(
    make_api: Callable[..., Api], server: OllamaServer, unused_port: int, pending: type[Exception]
):
    server.reply("GET", "/api/version", Cut())
    refused = make_api(f"http://127.0.0.1:{unused_port}", max_retries=0)
    for api in (refused, make_api(max_retries=0)):
        try:
            raise pending
        except pending:
            with pytest.raises(ConnectError):
                api.version()
