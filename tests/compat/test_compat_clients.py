"""Clients take the settings of the official client, and let programs look inside as they do there."""

from __future__ import annotations

import asyncio
import base64
import inspect
from types import ModuleType
from typing import Any

import httpx
import pytest
from compat.faces import answer, blocking, headers, list_models

from ollama_sdk import overlay
from ollama_sdk.overlay import compat
from ollama_sdk.overlay.compat import _clients
from ollama_sdk.overlay.testing import Json, OllamaServer, Reply


def test_headers_are_sent_but_those_that_the_client_decides(server: OllamaServer) -> None:
    answer(server)
    given = {"X-Team": "search", "X-None": None, "Content-Type": "text/plain", "User-Agent": "mine"}
    for sent in headers(server, headers=given):
        assert sent["x-team"] == "search"
        assert "x-none" not in sent
        assert sent["content-type"] == "application/json"
        assert sent["user-agent"].startswith("ollama-python/0.6.3 (")
        assert sent["user-agent"].endswith(f"ollama-sdk/{overlay.__version__}")


@pytest.mark.parametrize(
    "settings",
    [
        {"limits": httpx.Limits(max_connections=1)},
        {"auth": ("ann", "secret")},
        {"cookies": {"a": "b"}},
        {"trust_env": False, "http2": False, "verify": False},
        {"event_hooks": {"request": [lambda request: request.headers.update({"x-hook": "1"})]}},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_the_arguments_of_httpx_are_taken(settings: dict[str, Any], server: OllamaServer) -> None:
    answer(server)
    result = blocking(compat, server, list_models, headers={"X-Team": "search"}, **settings)
    assert result.result.models[0].model == "llama3.2:latest"
    sent = server.requests[0].headers
    assert sent["x-team"] == "search"
    if "auth" in settings:
        assert sent["authorization"] == f"Basic {base64.b64encode(b'ann:secret').decode()}"
    if "cookies" in settings:
        assert sent["cookie"] == "a=b"
    if "event_hooks" in settings:
        assert sent["x-hook"] == "1"


def test_a_transport_of_httpx_is_taken() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"models": []})

    with compat.Client(transport=httpx.MockTransport(handle)) as client:
        assert client.list().models == []

    async def run() -> None:
        async with compat.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            assert (await client.list()).models == []

    asyncio.run(run())


def test_an_argument_that_httpx_does_not_know_is_a_type_error(official: ModuleType) -> None:
    for module in (official, compat):
        with pytest.raises(TypeError, match="unknown"):
            module.Client(unknown=1)


@pytest.mark.parametrize("timeout", [5, 5.5, None, (1, 2, 3, 4), httpx.Timeout(5, connect=1)])
def test_the_timeout_is_one_of_httpx(timeout: Any, official: ModuleType) -> None:
    for name in ("Client", "AsyncClient"):
        theirs, ours = (getattr(module, name)(timeout=timeout) for module in (official, compat))
        assert ours._client.timeout == theirs._client.timeout


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "1.2.3.4",
        ":56789",
        "http://1.2.3.4",
        "https://example.com",
        "example.com:56789/path/",
        "[::1]",
        "[::1]:5",
    ],
)
def test_hosts_are_read_alike(host: str | None, official: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ("", "models.lan:8080"):
        monkeypatch.setenv("OLLAMA_HOST", environment)
        theirs, ours = official.Client(host), compat.Client(host)
        assert ours._client.base_url == theirs._client.base_url
        assert _clients._parse_host(host) == inspect.getmodule(official.Client)._parse_host(host)


def test_the_environment_is_read_when_the_default_client_is_first_used(
    server: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(server)
    from ollama_sdk.overlay.compat import chat, list

    monkeypatch.setenv("OLLAMA_HOST", server.url)
    assert list().models[0].model == "llama3.2:latest"
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    assert chat("m").message.content == "Hello"
    assert compat._client is compat._client
    assert str(compat._client._client.base_url) == server.url


def test_a_redirect_is_followed_unless_it_is_not_to_be(server: OllamaServer) -> None:
    answer(server)
    server.reply("GET", "/moved/api/tags", Reply(status=307, headers={"Location": "/api/tags"}))
    with compat.Client(f"{server.url}/moved") as client:
        assert client.list().models
    with compat.Client(f"{server.url}/moved", follow_redirects=False) as client:
        with pytest.raises(compat.ResponseError) as error:
            client.list()
        assert error.value.status_code == 307


def test_the_httpx_client_inside_has_the_settings_and_can_be_used(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
    with compat.Client(server.url, headers={"X-Team": "search"}) as client:
        assert isinstance(client._client, httpx.Client)
        assert client._client.headers["x-team"] == "search"
        assert client._client.get("/api/version").json() == {"version": "0.12.6"}
        assert server.requests[-1].headers["x-team"] == "search"
    assert client._client.is_closed


def test_what_a_program_changes_in_the_httpx_client_holds(server: OllamaServer) -> None:
    answer(server)
    with compat.Client("http://127.0.0.1:9") as client:
        client._client.base_url = server.url
        client._client.headers["authorization"] = "Bearer mine"
        client._client.timeout = 5
        client.list()
        assert server.requests[-1].headers["authorization"] == "Bearer mine"
        assert client.sdk.base_url == server.url
        client._client.close()
        with pytest.raises(RuntimeError):
            client.list()


def test_an_httpx_client_that_a_program_puts_in_its_place_sends() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"models": [], "host": request.url.host})

    with compat.Client() as client:
        client._client = httpx.Client(base_url="http://models.lan", transport=httpx.MockTransport(handle))
        assert client.list().to_dict()["host"] == "models.lan"


def test_what_a_program_changes_later_holds_with_settings_of_httpx_too(server: OllamaServer) -> None:
    answer(server)
    with compat.Client(server.url, headers={"Authorization": "Bearer old"}, trust_env=False) as client:
        client.list()
        client._client.headers["authorization"] = "Bearer new"
        client.list()
    assert [each.headers["authorization"] for each in server.requests] == ["Bearer old", "Bearer new"]


def test_another_route_is_asked_by_the_method_inside(server: OllamaServer) -> None:
    server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
    server.reply("POST", "/api/new", Json({"version": "new"}))

    class Version(compat._types.SubscriptableBaseModel):
        version: str

    with compat.Client(server.url) as client:
        assert client._request(Version, "GET", "/api/version").version == "0.12.6"
        assert client._request(Version, "POST", "/api/new", json={"a": 1}).version == "new"
        assert server.requests[-1].json == {"a": 1}
        with pytest.raises(compat.ResponseError):
            client._request(Version, "GET", "/api/unknown")

    async def run() -> None:
        async with compat.AsyncClient(server.url) as client:
            assert (await client._request(Version, "GET", "/api/version")).version == "0.12.6"

    asyncio.run(run())


def test_the_environment_is_read_when_a_client_is_made(server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(server)
    client = compat.Client()
    monkeypatch.setenv("OLLAMA_HOST", server.url)
    assert client.sdk.base_url == "http://127.0.0.1:11434"
    other = compat.Client()
    monkeypatch.delenv("OLLAMA_HOST")
    assert other.list().models
    client.close()
    other.close()


def test_a_closed_client_is_closed_inside_too() -> None:
    client = compat.Client()
    client.close()
    assert client._client.is_closed

    async def run() -> None:
        async with compat.AsyncClient() as client:
            assert not client._client.is_closed
        assert client._client.is_closed
        unused = compat.AsyncClient()
        await unused.close()
        assert unused._client.is_closed

    asyncio.run(run())


def test_a_program_steps_off_the_bridge_call_by_call(server: OllamaServer) -> None:
    answer(server)
    with compat.Client(server.url) as client:
        assert isinstance(client.sdk, overlay.Ollama)
        message = compat.Message(role="user", content="Why?")
        response = client.sdk.chat("m", [message])
        assert response.message.content == "Hello"
        assert client.chat("m", [message, response.message]).message.content == "Hello"
    assert isinstance(compat.AsyncClient().sdk, overlay.AsyncOllama)


def test_the_parameters_of_methods_and_functions_are_those_of_the_official_client(official: ModuleType) -> None:
    names = [name for name in vars(official.Client) if not name.startswith("_") and name != "close"]
    for name in names:
        for owner in ("Client", "AsyncClient"):
            theirs, ours = (inspect.signature(getattr(getattr(each, owner), name)) for each in (official, compat))
            assert [*ours.parameters] == [*theirs.parameters], name
            assert [each.kind for each in ours.parameters.values()] == [
                each.kind for each in theirs.parameters.values()
            ]
            assert inspect.iscoroutinefunction(getattr(compat.AsyncClient, name))
        if hasattr(official, name):
            theirs, ours = (inspect.signature(getattr(each, name)) for each in (official, compat))
            assert [*ours.parameters] == [*theirs.parameters], name
