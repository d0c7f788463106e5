"""The public face: names, signatures, the life of a client, and what may be injected into one."""

from __future__ import annotations

import asyncio
import copy
import datetime
import inspect
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import httpx
import pytest
import trio
from overlay.callers import Api, LoopThread, background
from overlay.scripts import HI, both_transports, chat_line, done_line

import ollama_sdk.overlay as sdk
from ollama_sdk.generated import models
from ollama_sdk.overlay import (
    AsyncOllama,
    AsyncStream,
    NotFoundError,
    Ollama,
    RequestError,
    Stream,
)
from ollama_sdk.overlay.testing import Json, Line, OllamaServer, Received, Reply, Send, answer

WITHOUT_ROUTE = {"abort", "close", "with_options"}


def public_methods(kind: type) -> dict[str, Callable[..., Any]]:
    members = inspect.getmembers(kind, inspect.isfunction)
    return {name: member for name, member in members if not name.startswith("_")}


# Names


@pytest.mark.parametrize("name", sorted(sdk.__all__))
def test_every_public_name_can_be_imported(name: str):
    assert getattr(sdk, name) is not None


def test_public_names_are_listed_once_and_have_no_underscore():
    assert len(set(sdk.__all__)) == len(sdk.__all__)
    assert not any(name.startswith("_") for name in sdk.__all__)
    assert dir(sdk) == sorted(sdk.__all__)


def test_all_models_and_all_errors_are_public():
    from ollama_sdk.overlay import _errors

    errors = {name for name, value in vars(_errors).items() if isinstance(value, type) and name.endswith("Error")}
    assert errors <= set(sdk.__all__)
    assert set(models.__all__) <= set(sdk.__all__)


def test_the_types_for_annotations_are_types_at_run_time():
    def ask(
        message: sdk.MessageLike,
        tool: sdk.ToolLike,
        timeout: sdk.Timeout,
        keep_alive: sdk.KeepAlive,
        image: sdk.ImageLike,
    ) -> None: ...

    hints = get_type_hints(ask, {"sdk": sdk})
    assert sdk.Message in get_args(hints["message"])
    assert sdk.Tool in get_args(hints["tool"])
    assert get_args(hints["timeout"]) == (float, httpx.Timeout)
    assert get_args(hints["keep_alive"]) == (float, str, datetime.timedelta)
    assert {bytes, str} < set(get_args(hints["image"]))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Olama'"):
        sdk.Olama  # noqa: B018  # reading it raises


def test_importing_makes_no_client_and_imports_little():
    code = """
import sys
import httpx
def refuse(*args, **kwargs):
    raise AssertionError("something was made at import time")
before = set(sys.modules)  # httpx 0.27 imports httpcore itself
httpx.Client.__init__ = httpx.AsyncClient.__init__ = httpx.create_ssl_context = refuse
import ollama_sdk.overlay
loaded = {name for name in sys.modules if name.startswith("ollama_sdk.generated.models.")}
assert len(loaded) <= 5, loaded
assert "dateutil" not in sys.modules
assert not {"anyio", "httptools", "httpcore._async.connection_pool"} & (set(sys.modules) - before)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


# Signatures


def test_both_clients_have_the_same_methods():
    assert set(public_methods(Ollama)) == set(public_methods(AsyncOllama))
    properties = [
        {name for name, _ in inspect.getmembers(kind, lambda member: isinstance(member, property))}
        for kind in (Ollama, AsyncOllama)
    ]
    assert properties[0] == properties[1]


@pytest.mark.parametrize("name", ["__init__", *sorted(public_methods(Ollama))])
def test_both_clients_take_the_same_arguments(name: str):
    sync, other = (inspect.signature(getattr(kind, name)) for kind in (Ollama, AsyncOllama))

    def shape(signature: inspect.Signature) -> list[tuple[str, Any, Any, str]]:
        parameters = signature.parameters.values()
        return [(p.name, p.kind, p.default, re.sub("Async|Base", "", str(p.annotation))) for p in parameters]

    assert shape(sync) == shape(other)
    returns = (str(sync.return_annotation), str(other.return_annotation))
    assert returns[0] == re.sub(r"\bAsync", "", returns[1])


@pytest.mark.parametrize("name", sorted(set(public_methods(Ollama)) - WITHOUT_ROUTE))
@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
def test_every_operation_tells_what_it_does_and_which_route_it_calls(kind: type, name: str):
    docstring = inspect.getdoc(getattr(kind, name)) or ""

    assert re.search(r"\b(GET|HEAD|POST|DELETE) /", docstring)


@pytest.mark.parametrize("name", sorted(public_methods(Ollama)))
def test_what_takes_time_is_awaited_and_abort_is_not(name: str):
    plain = {"abort", "with_options"}

    assert inspect.iscoroutinefunction(getattr(AsyncOllama, name)) is (name not in plain)
    assert not inspect.iscoroutinefunction(getattr(Ollama, name))


def test_both_streams_have_the_same_members():
    names = [{name for name in dir(kind) if not name.startswith("_")} for kind in (Stream, AsyncStream)]

    assert names[0] == names[1]
    assert names[0] >= {"abort", "close", "final", "partial", "response", "text"}


# The operations that are not covered elsewhere


@pytest.fixture
def recorded() -> Any:
    from pathlib import Path

    with OllamaServer(Path(__file__).parents[1] / "data" / "recordings") as running:
        yield running


@both_transports
def test_the_plain_operations_give_what_the_server_has_recorded(make_api: Callable[..., Api], recorded: OllamaServer):
    api = make_api(recorded.url)

    assert api.version().version
    assert [model.name for model in api.list().models]
    assert all(model.size > 0 for model in api.list().models)
    assert api.ps().models == []
    assert api.show("smollm2:135m").details.family
    assert api.is_running() is True
    api.close()
    assert [(request.method, request.path) for request in recorded.requests] == [
        ("GET", "/api/version"),
        ("GET", "/api/tags"),
        ("GET", "/api/tags"),
        ("GET", "/api/ps"),
        ("POST", "/api/show"),
        ("HEAD", "/"),
    ]


def test_embeddings_come_in_the_order_of_the_texts(api: Api, server: OllamaServer):
    def embed(received: Received) -> Reply:
        return Reply(Json({"embeddings": [[float(len(text))] for text in received.json["input"]]}))

    server.reply("POST", "/api/embed", embed)

    assert api.embed("m", ["a", "bb", "ccc"]).embeddings == [[1.0], [2.0], [3.0]]


def test_a_server_that_answers_with_an_error_is_not_said_to_run(api: Api, server: OllamaServer):
    server.reply("HEAD", "/", Json({"error": "no"}), status=500)

    assert api.is_running() is False


def test_is_running_of_a_closed_client_is_a_request_error(api: Api):
    api.close()

    with pytest.raises(RequestError):
        api.is_running()


# The life of a client


@both_transports
def test_a_closed_client_refuses_every_call_and_never_connects_again(
    make_api: Callable[..., Api], server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    api = make_api()
    api.version()
    assert api.client.is_closed is False
    api.close()

    assert api.client.is_closed is True
    for call in (api.version, api.chat_whole, api.chat_stream, api.list):
        with pytest.raises(RequestError, match="closed"):
            call()
    assert len(server.requests) == 1
    assert server.wait_for_connections(0)


def test_closing_twice_and_closing_what_was_never_used_is_fine(make_api: Callable[..., Api]):
    api = make_api()
    api.close()
    api.close()

    assert api.client.is_closed


def test_closing_a_copy_closes_the_client(make_api: Callable[..., Api]):
    api = make_api()
    api.with_options(timeout=5).close()

    assert api.client.is_closed


@both_transports
def test_a_with_block_closes_the_client(server: OllamaServer, kind: str, transport: str, loop_thread: LoopThread):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    if kind == "sync":
        with Ollama(server.url, transport=httpx.HTTPTransport() if transport == "stock" else None) as client:
            assert client.version().version == "1"
        assert client.is_closed
    else:

        async def main() -> AsyncOllama:
            stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
            async with AsyncOllama(server.url, transport=stock) as client:
                assert (await client.version()).version == "1"
            return client

        assert loop_thread.run(main()).is_closed
    assert server.wait_for_connections(0)


@pytest.fixture
def make_copies(server: OllamaServer, kind: str, loop_thread: LoopThread) -> Callable[[int], list[Api]]:
    """Makes copies of a client that nobody refers to any more."""

    def make(count: int) -> list[Api]:
        client = (Ollama if kind == "sync" else AsyncOllama)(server.url)
        return [Api(client.with_options(timeout=5), loop_thread) for _ in range(count)]

    return make


@both_transports
def test_a_with_block_of_a_copy_leaves_the_connections_to_the_client(
    make_api: Callable[..., Api], server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    server.reply("POST", "/api/chat", chat_line("a"), chat_line("b"), done_line())
    api = make_api()
    stream = api.chat_stream()
    stream.next()
    limited = api.with_options(timeout=5)
    limited.version()

    limited.leave_with_block()

    assert not api.client.is_closed
    assert stream.final().message.content == "ab"
    assert api.version().version == "1"
    assert {request.connection_id for request in server.requests} <= {1, 2}


def test_a_with_block_of_a_copy_closes_the_connections_that_nobody_shares(
    make_copies: Callable[[int], list[Api]], server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    [only] = make_copies(1)
    only.version()

    only.leave_with_block()

    assert only.client.is_closed
    assert server.wait_for_connections(0)


def test_a_with_block_of_the_last_copy_closes_the_connections(
    make_copies: Callable[[int], list[Api]], server: OllamaServer
):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    first, last = make_copies(2)
    first.version()
    first.leave_with_block()
    assert last.version().version == "1"

    last.leave_with_block()

    assert last.client.is_closed
    assert server.wait_for_connections(0)
    assert {request.connection_id for request in server.requests} == {1}


@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
def test_a_repr_tells_kind_and_host(kind: type[Ollama]):
    assert repr(kind("models.lan")) == f"{kind.__name__}('http://models.lan:11434')"


def test_a_client_is_typed_by_its_kind_of_injection():
    with pytest.raises(RequestError, match=r"httpx\.Client"):
        Ollama(http_client=httpx.AsyncClient(trust_env=False))  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(RequestError, match=r"httpx\.AsyncBaseTransport"):
        AsyncOllama(transport=httpx.HTTPTransport())  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("kind", [Ollama, AsyncOllama])
def test_a_client_can_be_pickled_and_copied(kind: type[Ollama]):
    client = kind("http://models.lan/v9", timeout=httpx.Timeout(7, connect=None), max_retries=5)

    for again in (pickle.loads(pickle.dumps(client)), copy.copy(client), copy.deepcopy(client)):
        assert type(again) is kind
        assert again.base_url == "http://models.lan:80/v9"
        assert again._options == client._options


def test_a_client_with_an_injected_transport_cannot_be_pickled():
    with pytest.raises(RequestError, match="pickle"):
        pickle.dumps(Ollama(transport=httpx.MockTransport(lambda request: httpx.Response(200))))


# Copies with other settings


def test_a_copy_has_other_settings_and_the_same_connections(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    api = make_api(headers={"X-One": "1", "X-Two": "2"}, max_retries=1)
    other = api.with_options(headers={"x-two": "3"}, timeout=5, max_retries=0)
    api.version()
    other.version()

    assert [request.headers["x-two"] for request in server.requests] == ["2", "3"]
    assert [request.headers["x-one"] for request in server.requests] == ["1", "1"]
    assert {request.connection_id for request in server.requests} == {1}
    assert type(other.client) is type(api.client)
    assert other.client.base_url == api.client.base_url


@pytest.mark.parametrize("settings", [{"timeout": -1}, {"max_retries": -1}, {"headers": {"a b": "c"}}])
def test_a_copy_with_a_setting_that_cannot_be_used_is_refused(make_api: Callable[..., Api], settings: Any):
    with pytest.raises(RequestError):
        make_api().with_options(**settings)


# One client for many


@both_transports
@pytest.mark.parametrize("kind", ["sync"])
def test_threads_share_one_client(api: Api, server: OllamaServer):
    def say(received: Received) -> Reply:
        return answer("/api/chat", [received.json["messages"][0]["content"]], stream=received.json["stream"])

    server.reply("POST", "/api/chat", say)
    start = threading.Barrier(8)

    def work(number: int) -> list[str]:
        start.wait()
        texts = []
        for turn in range(6):
            result = api.chat("m", [{"role": "user", "content": f"{number}/{turn}"}], stream=bool(turn % 2))
            texts.append((result.final() if turn % 2 else result).message.content)
        return texts

    futures = [background(lambda number=number: work(number)) for number in range(8)]

    for number, future in enumerate(futures):
        assert future.result(60) == [f"{number}/{turn}" for turn in range(6)]
    assert len({request.connection_id for request in server.requests}) <= 8


@both_transports
def test_tasks_share_one_client(server: OllamaServer, transport: str):
    def say(received: Received) -> Reply:
        return answer("/api/chat", [received.json["messages"][0]["content"]])

    server.reply("POST", "/api/chat", say)

    async def main() -> list[str | None]:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:

            async def ask(number: int) -> str | None:
                stream = await client.chat("m", [{"role": "user", "content": str(number)}], stream=True)
                return (await stream.final()).message.content

            return await asyncio.gather(*map(ask, range(40)))

    assert asyncio.run(main()) == [str(number) for number in range(40)]


@both_transports
def test_a_client_works_under_trio(server: OllamaServer, transport: str):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    server.reply("POST", "/api/chat", answer("/api/chat"))

    async def main() -> None:
        stock = httpx.AsyncHTTPTransport() if transport == "stock" else None
        async with AsyncOllama(server.url, transport=stock) as client:
            assert (await client.version()).version == "1"
            async with await client.chat("m", HI, stream=True) as stream:
                assert (await stream.final()).done
            with pytest.raises(NotFoundError):
                await client.show("gone")

    trio.run(main)
    assert server.wait_for_connections(0)


def test_a_response_has_its_status_and_headers_on_the_stream(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Line({"done": True}), headers={"X-Id": "7"})
    stream = api.chat_stream()
    stream.final()

    assert stream.stream.response.status_code == 200
    assert stream.stream.response.headers["x-id"] == "7"


def test_answers_with_unknown_fields_and_without_known_ones_are_read(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Send(b'{"models":[{"name":"m","new":{"a":1},"size":null}],"more":2}'))

    answer_ = api.list()

    assert answer_.models[0].additional_properties == {"new": {"a": 1}}
    assert answer_.models[0].size is None
    assert answer_.additional_properties == {"more": 2}
