"""The generated endpoint functions, with the generated `Client` and through the connection of our own clients."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest

from ollama_sdk.generated import errors
from ollama_sdk.generated.api.blobs import create_blob, has_blob
from ollama_sdk.generated.api.generation import chat
from ollama_sdk.generated.api.models import copy_model, list_models
from ollama_sdk.generated.api.server import get_root, get_version, head_root
from ollama_sdk.generated.client import AuthenticatedClient, Client
from ollama_sdk.generated.models import ChatRequest, ChatResponse, CopyRequest, ListResponse, Message, VersionResponse
from ollama_sdk.generated.types import File, Response
from ollama_sdk.overlay import AsyncOllama, AuthenticationError, NotFoundError, Ollama, ResponseError
from ollama_sdk.overlay.testing import Json, OllamaServer, Send, answer

DIGEST = "sha256:" + "ab" * 32
ODD_CODES = [299, 418, 499, 520, 599]
Call = Callable[..., Any]


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture(params=["generated", "overlay", "generated asyncio", "overlay asyncio"])
def call(request: pytest.FixtureRequest, server: OllamaServer) -> Call:
    """Call an endpoint module: blocking and with asyncio, with the plain client and with the one of the overlay."""
    ours = "overlay" in request.param

    def blocking(module: ModuleType, *path: str, detailed: bool = False, **arguments: Any) -> Any:
        function = module.sync_detailed if detailed else module.sync
        if ours:
            with Ollama(server.url, max_retries=0) as client:
                return function(*path, client=client.generated, **arguments)
        with Client(base_url=server.url) as plain:
            return function(*path, client=plain, **arguments)

    async def awaiting(module: ModuleType, *path: str, detailed: bool = False, **arguments: Any) -> Any:
        function: Callable[..., Awaitable[Any]] = module.asyncio_detailed if detailed else module.asyncio
        if ours:
            async with AsyncOllama(server.url, max_retries=0) as client:
                return await function(*path, client=client.generated, **arguments)
        async with plain_async_client(server) as plain:
            return await function(*path, client=plain, **arguments)

    def awaited(*arguments: Any, **keywords: Any) -> Any:
        coroutine: Coroutine[Any, Any, Any] = awaiting(*arguments, **keywords)
        return asyncio.run(coroutine)

    return awaited if "asyncio" in request.param else blocking


@asynccontextmanager
async def plain_async_client(server: OllamaServer) -> AsyncIterator[Client]:
    async with Client(base_url=server.url) as client:
        yield client


def is_ours(request: pytest.FixtureRequest) -> bool:
    return "overlay" in request.node.callspec.params["call"]


def test_a_get_returns_the_parsed_model(server: OllamaServer, call: Call) -> None:
    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))
    assert call(get_version) == VersionResponse(version="1.2.3")


def test_a_detailed_answer_has_status_headers_content_and_model(server: OllamaServer, call: Call) -> None:
    server.reply("GET", "/api/version", Json({"version": "1.2.3"}), headers={"X-Extra": "yes"})
    response = call(get_version, detailed=True)
    assert isinstance(response, Response)
    assert response.status_code == 200
    assert response.headers["x-extra"] == "yes"
    assert b"1.2.3" in response.content
    assert response.parsed == VersionResponse(version="1.2.3")


def test_a_body_is_sent_as_json(server: OllamaServer, call: Call) -> None:
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    body = ChatRequest(model="m", messages=[Message(role="user", content="hi")], stream=False)
    response = call(chat, body=body)
    assert isinstance(response, ChatResponse)
    assert response.done is True
    (received,) = server.requests
    assert received.json == {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": False}
    assert received.headers["content-type"] == "application/json"


def test_a_list_of_models_is_parsed(server: OllamaServer, call: Call) -> None:
    server.reply("GET", "/api/tags", Json({"models": [{"name": "a"}, {"name": "b"}]}))
    response = call(list_models)
    assert isinstance(response, ListResponse)
    assert [item.name for item in response.models] == ["a", "b"]


def test_an_operation_without_an_answer_returns_none(server: OllamaServer, call: Call) -> None:
    server.reply("POST", "/api/copy", Send(b""))
    assert call(copy_model, body=CopyRequest(source="a", destination="b")) is None
    assert server.requests[0].json == {"source": "a", "destination": "b"}


def test_headers_only_are_fetched_with_head(server: OllamaServer, call: Call) -> None:
    assert call(head_root) is None
    assert server.requests[0].method == "HEAD"


def test_plain_text_is_returned_as_text(call: Call) -> None:
    assert call(get_root) == "Ollama is running"


def test_a_path_parameter_becomes_part_of_the_path(server: OllamaServer, call: Call) -> None:
    server.reply("HEAD", "/api/blobs/*", Send(b""))
    call(has_blob, DIGEST)
    assert server.requests[0].path.replace("%3A", ":") == f"/api/blobs/{DIGEST}"


def test_a_path_parameter_cannot_lead_to_another_path(server: OllamaServer, call: Call) -> None:
    server.reply("HEAD", "*", Send(b""))
    call(has_blob, "../delete?x=1#y")
    assert server.requests[0].query in ("", None)
    assert "/delete" not in server.requests[0].path.replace("/api/blobs/", "", 1) or "%2F" in server.requests[0].path


def test_a_file_is_uploaded_as_it_is(server: OllamaServer, call: Call) -> None:
    server.reply("POST", "/api/blobs/*", Send(b""), status=201)
    call(create_blob, DIGEST, body=File(io.BytesIO(b"\x00\x01 weights")))
    assert server.requests[0].body == b"\x00\x01 weights"


@pytest.mark.parametrize("status", ODD_CODES)
def test_a_status_that_python_does_not_know_is_an_error_and_no_crash(
    server: OllamaServer, call: Call, request: pytest.FixtureRequest, status: int
) -> None:
    server.reply("GET", "/api/version", Json({"error": "odd"}), status=status)
    expected: type[Exception] = ResponseError if is_ours(request) and status >= 400 else errors.UnexpectedStatus
    with pytest.raises(expected) as raised:
        call(get_version)
    assert getattr(raised.value, "status_code", None) == status
    assert "odd" in str(raised.value)


@pytest.mark.parametrize("status", [299, 520, 599])
def test_an_odd_status_of_an_operation_without_an_answer_is_no_crash(
    server: OllamaServer, call: Call, request: pytest.FixtureRequest, status: int
) -> None:
    server.reply("POST", "/api/copy", Json({"error": "odd"}), status=status)
    body = CopyRequest(source="a", destination="b")
    if status < 300:
        assert call(copy_model, body=body) is None
        return
    with pytest.raises(ResponseError if is_ours(request) else errors.UnexpectedStatus, match="odd"):
        call(copy_model, body=body)


def test_an_error_status_raises_our_error_through_our_client(
    server: OllamaServer, call: Call, request: pytest.FixtureRequest
) -> None:
    server.reply("POST", "/api/chat", Json({"error": "model 'm' not found"}), status=404)
    with pytest.raises(NotFoundError if is_ours(request) else errors.UnexpectedStatus, match="model 'm' not found"):
        call(chat, body=ChatRequest(model="m", stream=False))


@pytest.mark.parametrize("status", ODD_CODES[1:])
def test_the_plain_client_gives_an_odd_status_in_a_detailed_answer(server: OllamaServer, status: int) -> None:
    server.reply("GET", "/api/version", Json({"error": "odd"}), status=status)
    with Client(base_url=server.url) as client:
        response = get_version.sync_detailed(client=client)
    assert (response.status_code, response.parsed) == (status, None)


def test_the_plain_client_can_raise_in_detailed_calls_too(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"error": "odd"}), status=520)
    with (
        Client(base_url=server.url, raise_on_unexpected_status=True) as client,
        pytest.raises(errors.UnexpectedStatus, match="520"),
    ):
        get_version.sync_detailed(client=client)


def test_the_plain_client_with_a_token_sends_it(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"version": "1"}))
    with AuthenticatedClient(base_url=server.url, token="key") as client:
        get_version.sync(client=client)
    assert server.requests[0].headers["authorization"] == "Bearer key"


def test_our_client_sends_its_key_and_headers_for_endpoint_functions(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"version": "1"}))
    with Ollama(server.url, api_key="key", headers={"X-Team": "blue"}) as client:
        get_version.sync(client=client.generated)
    headers = server.requests[0].headers
    assert (headers["authorization"], headers["x-team"]) == ("Bearer key", "blue")
    assert headers["user-agent"].startswith("ollama-sdk/")


def test_our_client_turns_a_401_of_an_endpoint_function_into_its_error(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"error": "unauthorized"}), status=401)
    with Ollama(server.url) as client, pytest.raises(AuthenticationError, match="unauthorized"):
        get_version.sync(client=client.generated)


def test_our_client_asks_for_one_answer_where_the_body_does_not_say(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    with Ollama(server.url) as client:
        assert chat.sync(client=client.generated, body=ChatRequest(model="m")).done is True
    assert server.requests[0].json["stream"] is False
