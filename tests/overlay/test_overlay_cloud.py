"""The cloud: its models through a server and directly, web search, and keys, with a TLS server for https://ollama.com."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from overlay.callers import Api
from overlay.cloud import cloud_server
from overlay.scripts import HI, TEXT

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import AuthenticationError, ConnectError, Ollama, RequestError, ResponseError
from ollama_sdk.overlay._tools.functions import describe
from ollama_sdk.overlay.testing import Json, OllamaServer, answer

CLOUD = "https://ollama.com"
SIGNIN = "https://ollama.com/connect?name=here&key=c3No"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[OllamaServer]:
    with cloud_server(monkeypatch, tmp_path) as running:
        running.reply("POST", "/api/chat", answer("/api/chat"))
        running.reply("POST", "/api/web_search", Json({"results": [{"title": "A", "url": "u", "content": "c"}]}))
        running.reply("POST", "/api/web_fetch", Json({"title": "A", "content": "c", "links": ["u"]}))
        yield running
        assert running.wait_for_connections(0), "a connection was left open"


# Directly


@pytest.mark.parametrize("host", [CLOUD, "ollama.com", "https://ollama.com:443/"])
def test_a_cloud_model_is_asked_directly_with_a_key(make_api: Callable[..., Api], cloud: OllamaServer, host: str):
    api = make_api(host, api_key="secret")
    assert api.chat("gpt-oss:120b", HI, stream=True).final().message.content == TEXT
    api.close()
    (sent,) = cloud.requests
    assert sent.headers["authorization"] == "Bearer secret"
    assert sent.headers["host"] == "ollama.com"
    assert sent.json["model"] == "gpt-oss:120b"


def test_the_key_of_the_environment_is_taken_for_the_cloud(
    make_api: Callable[..., Api], cloud: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLLAMA_API_KEY", "of the environment")
    api = make_api(CLOUD)
    assert "".join(api.chat_stream().texts()) == TEXT
    api.web_search("ollama")
    api.close()
    assert [sent.headers["authorization"] for sent in cloud.requests] == ["Bearer of the environment"] * 2


def test_a_key_that_the_cloud_refuses_is_told(make_api: Callable[..., Api], cloud: OllamaServer):
    cloud.reply("POST", "/api/chat", Json({"error": "unauthorized"}), status=401)
    api = make_api(CLOUD, api_key="secret")
    with pytest.raises(AuthenticationError, match="unauthorized") as caught:
        api.chat_whole()
    api.close()
    assert caught.value.signin_url is None
    assert "secret" not in str(caught.value)


def test_a_server_that_only_says_it_is_the_cloud_gets_no_key(
    make_api: Callable[..., Api], cloud: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("SSL_CERT_FILE")
    api = make_api(CLOUD, api_key="secret", max_retries=0)
    with pytest.raises(ConnectError, match=r"ollama\.com:443.*certificate"):
        api.chat_whole()
    api.close()
    assert cloud.requests == []


# Through a server


def test_a_cloud_model_through_a_server_says_where_it_ran(api: Api, server: OllamaServer):
    fields = {"remote_model": "gpt-oss:120b", "remote_host": "https://ollama.com:443"}
    message = {"role": "assistant", "content": "Hi."}
    server.reply("POST", "/api/chat", Json({"model": "gpt-oss:120b-cloud", "message": message, "done": True, **fields}))
    response = api.chat("gpt-oss:120b-cloud", HI)
    assert (response.remote_model, response.remote_host) == ("gpt-oss:120b", "https://ollama.com:443")
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_is_not_signed_in_tells_where_to_do_so(api: Api, server: OllamaServer, stream: bool):
    server.reply("POST", "/api/chat", Json({"error": "unauthorized", "signin_url": SIGNIN}), status=401)
    with pytest.raises(AuthenticationError) as caught:
        api.chat("gpt-oss:120b-cloud", HI, stream=stream)
    assert caught.value.signin_url == SIGNIN
    assert "signin_url" in str(caught.value)


def test_whoami_of_a_server_that_is_not_signed_in_tells_where_to_do_so(api: Api, server: OllamaServer):
    server.reply("POST", "/api/me", Json({"error": "unauthorized", "signin_url": SIGNIN}), status=401)
    with pytest.raises(AuthenticationError) as caught:
        api.whoami()
    assert caught.value.signin_url == SIGNIN


# The web


def test_the_web_is_searched_and_read_in_the_cloud_whatever_the_host_is(
    make_api: Callable[..., Api], server: OllamaServer, cloud: OllamaServer
):
    api = make_api(headers={"x-team": "search"}, api_key="for the host", cloud_api_key="for the cloud")

    assert api.web_search("ollama", max_results=1).results[0].title == "A"
    assert api.web_fetch("https://example.com").links == ["u"]
    api.close()

    assert server.requests == []
    search, fetch = cloud.requests
    assert (search.path, search.json) == ("/api/web_search", {"query": "ollama", "max_results": 1})
    assert (fetch.path, fetch.json) == ("/api/web_fetch", {"url": "https://example.com"})
    for sent in (search, fetch):
        assert sent.headers["authorization"] == "Bearer for the cloud"
        assert "x-team" not in sent.headers
        assert "for the host" not in str(sent.headers)


@pytest.mark.parametrize(
    ("method", "given", "body", "answered"),
    [
        ("web_search", "ollama", {"query": "ollama"}, {"results": [{"title": "A", "url": "u", "content": "c"}]}),
        ("web_fetch", "https://example.com", {"url": "https://example.com"}, {"title": "A", "content": "c"}),
    ],
)
def test_the_web_is_searched_and_read_by_a_server_that_is_signed_in(
    make_api: Callable[..., Api], server: OllamaServer, method: str, given: str, body: object, answered: object
):
    server.reply("POST", f"/api/experimental/{method}", Json(answered))
    api = make_api(headers={"x-team": "search"})
    assert getattr(api, method)(given, via="server").to_dict() == answered
    api.close()
    (sent,) = server.requests
    assert (sent.path, sent.json) == (f"/api/experimental/{method}", body)
    assert sent.headers["x-team"] == "search"
    assert "authorization" not in sent.headers


@pytest.mark.parametrize("status", [402, 418, 429, 503])
@pytest.mark.parametrize("method", ["web_search", "web_fetch"])
def test_a_server_passes_on_any_error_of_the_cloud(
    make_api: Callable[..., Api], server: OllamaServer, method: str, status: int
):
    server.reply("POST", f"/api/experimental/{method}", Json({"error": "no credits"}), status=status)
    api = make_api(max_retries=0)
    with pytest.raises(ResponseError, match="no credits") as caught:
        getattr(api, method)("https://example.com", via="server")
    api.close()
    assert caught.value.status_code == status


@pytest.mark.parametrize("method", ["web_search", "web_fetch"])
def test_the_web_is_reached_one_of_two_ways(api: Api, method: str):
    with pytest.raises(RequestError, match="via must be 'cloud' or 'server', not 'proxy'"):
        getattr(api, method)("https://example.com", via="proxy")


def test_the_key_of_the_environment_goes_to_the_cloud_and_not_to_the_host(
    make_api: Callable[..., Api], server: OllamaServer, cloud: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    server.reply("GET", "/api/version", Json({"version": "1"}))
    api = make_api()
    api.version()
    api.web_search("ollama")
    api.close()
    assert "authorization" not in server.requests[0].headers
    assert cloud.requests[0].headers["authorization"] == "Bearer secret"


def test_headers_of_the_call_go_to_the_cloud(make_api: Callable[..., Api], cloud: OllamaServer):
    api = make_api(cloud_api_key="key")
    api.web_search("ollama", extra_headers={"x-trace": "1"}, extra_body={"new": None})
    api.close()
    (sent,) = cloud.requests
    assert sent.headers["x-trace"] == "1"
    assert sent.json == {"query": "ollama", "new": None}


def test_a_web_search_with_a_wrong_key_is_told(make_api: Callable[..., Api], cloud: OllamaServer):
    cloud.reply("POST", "/api/web_search", Json({"error": "unauthorized"}), status=401)
    api = make_api(cloud_api_key="wrong")
    with pytest.raises(AuthenticationError, match="unauthorized"):
        api.web_search("ollama")
    api.close()


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_searches_the_web_and_reads_pages_by_the_methods_as_tools(
    make_api: Callable[..., Api], server: OllamaServer, cloud: OllamaServer, stream: bool
):
    calls = [
        {"function": {"name": "web_search", "arguments": {"query": "ollama", "max_results": 2}}},
        {"function": {"name": "web_fetch", "arguments": {"url": "u"}}},
    ]
    asking = {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": calls}, "done": True}
    server.queue("POST", "/api/chat", Json(asking))
    server.queue("POST", "/api/chat", answer("/api/chat", stream=stream))
    api = make_api(cloud_api_key="secret")
    tools = [api.client.web_search, api.client.web_fetch]

    result = api.run_tools("m", HI, tools=tools, stream=stream)
    assert (result.final() if stream else result).message.content == TEXT
    api.close()

    first, second = server.requests
    told = [tool["function"]["parameters"] for tool in first.json["tools"]]
    assert [(list(each["properties"]), each["required"]) for each in told] == [
        (["query", "max_results"], ["query"]),
        (["url"], ["url"]),
    ]
    assert [sent.json for sent in cloud.requests] == [{"query": "ollama", "max_results": 2}, {"url": "u"}]
    found, page = (json.loads(message["content"]) for message in second.json["messages"][-2:])
    assert (found["results"][0]["title"], page["links"]) == ("A", ["u"])


def test_the_functions_of_the_package_are_tools_too():
    for function, method in ((sdk.web_search, Ollama().web_search), (sdk.web_fetch, Ollama().web_fetch)):
        assert describe(function).definition() == describe(method).definition()
