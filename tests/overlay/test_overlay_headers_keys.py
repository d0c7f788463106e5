"""Headers and secrets: what is on the wire, whom it goes to, and where it is never shown."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from overlay.callers import Api
from overlay.scripts import HI, both_transports

from ollama_sdk.overlay import AsyncOllama, ConnectError, Ollama, OllamaError, RequestError, ResponseError
from ollama_sdk.overlay._config import parse_host
from ollama_sdk.overlay._sending.environment import proxy_for
from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

VERSION = Json({"version": "1"})


@pytest.fixture
def last(server: OllamaServer) -> Callable[[], Received]:
    """The last request that the server has received; it answers all with something usable."""
    server.reply("*", "*", VERSION)
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    return lambda: server.requests[-1]


class Recorder:
    """A transport that answers without a network and notes what it was asked."""

    def __init__(self, kind: str) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer if kind == "sync" else self._answer_async)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"version": "1"})

    async def _answer_async(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request)

    @property
    def authorizations(self) -> list[str | None]:
        return [request.headers.get("authorization") for request in self.requests]


@pytest.fixture
def recorder(kind: str) -> Recorder:
    return Recorder(kind)


# Headers


@both_transports
def test_a_json_call_says_what_it_sends_and_what_it_takes(api: Api, last: Callable[[], Received]):
    api.chat_whole()

    assert last().headers["content-type"] == "application/json"
    assert "application/json" in last().headers["accept"]
    assert last().headers["user-agent"].startswith("ollama-sdk/")
    assert "authorization" not in last().headers


@both_transports
@pytest.mark.parametrize("name", ["Content-Type", "ACCEPT", "content-length", "Transfer-Encoding"])
def test_headers_that_belong_to_the_sdk_are_not_overridden(
    make_api: Callable[..., Api], last: Callable[[], Received], name: str
):
    make_api(headers={name: "7"}).chat("m", HI, extra_headers={name: "7"})

    assert last().headers.get(name) != "7"
    assert len(last().headers.get_all(name)) <= 1


def test_the_host_header_is_that_of_the_url(
    make_api: Callable[..., Api], last: Callable[[], Received], server: OllamaServer
):
    make_api(headers={"Host": "elsewhere"}).version()

    assert last().headers.get_all("host") == [f"{server.host}:{server.port}"]


@both_transports
def test_the_user_agent_may_be_overridden(make_api: Callable[..., Api], last: Callable[[], Received]):
    make_api(headers={"user-agent": "mine/1"}).version()

    assert last().headers.get_all("user-agent") == ["mine/1"]


@both_transports
def test_headers_of_the_client_and_of_the_call_are_sent_and_those_of_the_call_win(
    make_api: Callable[..., Api], last: Callable[[], Received]
):
    api = make_api(headers={"X-One": "client", "X-Two": "client"})
    api.chat("m", HI, extra_headers={"x-two": "call", "X-Three": "call"})
    first = last()
    api.version()

    assert [first.headers.get_all(name) for name in ("x-one", "x-two", "x-three")] == [["client"], ["call"], ["call"]]
    assert last().headers.get_all("x-two") == ["client"]


def test_an_authorization_header_of_the_caller_wins_over_the_key(
    make_api: Callable[..., Api], last: Callable[[], Received]
):
    make_api(api_key="key", headers={"Authorization": "Custom abc"}).version()

    assert last().headers.get_all("authorization") == ["Custom abc"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X": "a\0"},
        {"X Y": "a"},
        {"X:": "a"},
        {"": "a"},
        {"X": 5},
        {5: "a"},
        "X: a",
        [("X", "a")],
        {"Bücher": "a"},
    ],
)
def test_headers_that_cannot_be_sent_are_refused(make_api: Callable[..., Api], server: OllamaServer, headers: Any):
    with pytest.raises(RequestError, match="headers"):
        make_api(headers=headers)
    with pytest.raises(RequestError, match="extra_headers"):
        make_api().version(extra_headers=headers)
    assert server.requests == []


@pytest.mark.parametrize("value", ["schön", "日本"])
def test_a_header_value_beyond_ascii_is_refused(make_api: Callable[..., Api], server: OllamaServer, value: str):
    with pytest.raises(RequestError, match="X-Name"):
        make_api(headers={"X-Name": value}).version()
    assert server.requests == []


# Keys


@pytest.mark.parametrize("key", ["abc\n", "a\r\nX: y", "a b\t", " abc", "", "schlüssel", 5, b"abc", "a\0b"])
@pytest.mark.parametrize("name", ["api_key", "cloud_api_key"])
def test_a_key_that_cannot_be_a_header_is_refused_without_showing_it(name: str, key: Any):
    with pytest.raises(RequestError, match=name) as caught:
        Ollama(**{name: key})

    assert not key or str(key).strip() not in str(caught.value).replace(name, "")


def test_a_key_of_the_environment_with_a_line_break_inside_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_API_KEY", "abc\ndef")

    with pytest.raises(RequestError, match="OLLAMA_API_KEY"):
        Ollama("https://ollama.com")


def test_a_line_break_after_a_key_of_the_environment_is_left_out(
    make_api: Callable[..., Api], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLLAMA_API_KEY", "env-key\n")

    make_api("https://ollama.com", transport=recorder.transport).version()

    assert recorder.authorizations == ["Bearer env-key"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_pickled_client_has_no_secrets_and_reads_those_of_its_new_process(kind: str, monkeypatch: pytest.MonkeyPatch):
    make = Ollama if kind == "sync" else AsyncOllama
    client = make("https://me:s3cret-0@ollama.com", api_key="s3cret-1", cloud_api_key="s3cret-2", timeout=5)
    data = pickle.dumps(client.with_options(max_retries=7))
    monkeypatch.setenv("OLLAMA_API_KEY", "new")
    restored = pickle.loads(data)

    assert b"s3cret" not in data
    assert restored.base_url == client.base_url
    assert restored._options.max_retries == 7
    assert restored._options.limits == httpx.Timeout(5.0).as_dict()
    assert restored._builder.keys.host_key == "new"


def test_a_copied_client_shares_the_connections(make_api: Callable[..., Api], last: Callable[[], Received]):
    client = make_api(api_key="abc").client

    assert copy.copy(client)._sender is client._sender


# Redirects


@both_transports
@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("stream", [False, True])
def test_a_redirect_that_keeps_the_method_is_followed_with_the_body(
    api: Api, server: OllamaServer, status: int, stream: bool
):
    server.reply("POST", "/api/chat", Reply(status=status, headers={"Location": "/moved"}))
    server.reply("POST", "/moved", answer("/api/chat", stream=stream))

    result = api.chat("m", HI, stream=stream)

    assert (result.final() if stream else result).message.content
    assert [request.path for request in server.requests] == ["/api/chat", "/moved"]
    assert server.requests[0].json == server.requests[1].json
    assert server.requests[1].headers["content-type"] == "application/json"


@both_transports
@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("stream", [False, True])
def test_a_redirect_that_would_make_a_get_of_a_post_is_an_error(
    api: Api, server: OllamaServer, status: int, stream: bool
):
    server.reply("POST", "/api/chat", Reply(status=status, headers={"Location": "/moved"}))

    with pytest.raises(ResponseError, match=str(status)) as caught:
        api.chat("m", HI, stream=stream)

    assert caught.value.status_code == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_get_is_followed(api: Api, server: OllamaServer, status: int):
    server.reply("GET", "/api/version", Reply(status=status, headers={"Location": "/moved"}))
    server.reply("GET", "/moved", VERSION)

    assert api.version().version == "1"


def test_redirects_in_a_circle_end_in_an_error(api: Api, server: OllamaServer):
    server.reply("*", "*", Reply(status=307, headers={"Location": "/api/chat"}))

    with pytest.raises(ResponseError, match="307"):
        api.chat_whole()
    assert len(server.requests) == 6


@pytest.mark.parametrize("location", [None, "", "ftp://x/", "http://[", "mailto:a@b", "http://a:b:c/"])
def test_a_redirect_to_nowhere_usable_is_an_error(api: Api, server: OllamaServer, location: str | None):
    server.reply("POST", "/api/chat", Reply(status=307, headers={} if location is None else {"Location": location}))

    with pytest.raises(OllamaError):
        api.chat_whole()
    assert len(server.requests) <= 6


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("http://a b/x", "http://a b/x"),
        ("http://h:99999/", "http://h:99999/"),
        ("http://h:0/", "http://h:0/"),
        ("http://h:-1/", "http://h:-1/"),
        ("http://[::1/", "http://[::1/"),
        ("http://.../", "http://.../"),
        ("http://a..b/", "http://a..b/"),
        (f"http://{'a' * 64}.lan/", f"http://{'a' * 64}.lan/"),
        ("http://xn--/", "http://xn--/"),
        ("http://999.1.1.1/", "http://999.1.1.1/"),
        ("http://h%00/", "http://h%00/"),
        ("ftp://h/x", "ftp://h/x"),
        ("http://me:s3cret@h:99999/x?key=s3cret#s3cret", "http://h:99999/x"),
    ],
)
@both_transports
def test_a_redirect_to_no_possible_host_is_refused_and_shown(
    api: Api, server: OllamaServer, transport: str, location: str, shown: str
):
    server.reply("GET", "/api/version", Reply(status=307, headers={"Location": location}))

    with pytest.raises(OllamaError) as caught:
        api.version()

    if transport == "stock" and isinstance(caught.value, ConnectError):
        return  # httpx.Client reads it before we do, and raises without the response
    assert isinstance(caught.value, ResponseError)
    assert str(caught.value).endswith(f"; it redirects to {shown}, which is not followed")
    assert caught.value.headers["location"] == location
    assert len(server.requests) == 1


@pytest.mark.parametrize(("method", "arguments", "followed"), [("version", (), True), ("chat", ("m", HI), False)])
def test_no_body_follows_a_redirect_from_https_to_http(
    make_api: Callable[..., Api], kind: str, method: str, arguments: tuple[Any, ...], followed: bool
):
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.scheme == "https":
            return httpx.Response(307, headers={"Location": "http://models.example/there"})
        return httpx.Response(200, json={"version": "1"})

    async def reply_async(request: httpx.Request) -> httpx.Response:
        return reply(request)

    api = make_api("https://models.example", transport=httpx.MockTransport(reply if kind == "sync" else reply_async))
    if followed:
        assert api.version().version == "1"
        assert asked[1:] == ["http://models.example/there"]
        return
    with pytest.raises(ResponseError, match=r"it redirects to http://models\.example/there, which is not followed"):
        getattr(api, method)(*arguments)
    assert len(asked) == 1


@both_transports
def test_no_secret_follows_a_redirect_to_another_port(make_api: Callable[..., Api], server: OllamaServer):
    with OllamaServer() as other:
        other.reply("POST", "/api/chat", answer("/api/chat", stream=False))
        cookies = {"Location": f"{other.url}/api/chat", "Set-Cookie": "session=s3cret; Path=/"}
        server.reply("POST", "/api/chat", Reply(status=307, headers=cookies))
        api = make_api(api_key="s3cret", headers={"X-Key": "s3cret", "Cookie": "mine=s3cret"})

        api.chat("m", HI, extra_headers={"X-Other": "s3cret"})
        api.close()

        assert "s3cret" not in str(other.requests[0].headers.pairs)
        assert other.requests[0].headers["content-type"] == "application/json"
        assert other.requests[0].json == server.requests[0].json


def test_a_secret_does_follow_a_redirect_within_the_origin(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Reply(status=307, headers={"Location": f"{server.url}/moved"}))
    server.reply("GET", "/moved", VERSION)

    make_api(api_key="abc").version()

    assert server.requests[1].headers["authorization"] == "Bearer abc"


def test_a_secret_that_was_left_behind_stays_so_when_the_next_redirect_leads_back(
    make_api: Callable[..., Api], server: OllamaServer
):
    with OllamaServer() as other:
        server.reply("GET", "/api/version", Reply(status=307, headers={"Location": f"{other.url}/there"}))
        other.reply("GET", "/there", Reply(status=307, headers={"Location": f"{server.url}/back"}))
        server.reply("GET", "/back", VERSION)
        api = make_api(api_key="s3cret")

        api.version()
        api.close()

        assert "authorization" not in server.requests[-1].headers


def test_cookies_and_headers_of_an_injected_client_do_not_leave_its_origin(
    make_api: Callable[..., Api], server: OllamaServer, kind: str
):
    settings: dict[str, Any] = {
        "headers": {"X-Key": "s3cret"},
        "cookies": {"mine": "s3cret"},
        "auth": ("me", "s3cret"),
        "trust_env": False,
    }
    http_client = httpx.Client(**settings) if kind == "sync" else httpx.AsyncClient(**settings)
    with OllamaServer() as other:
        server.queue("GET", "/api/version", Reply(status=307, headers={"Location": f"{other.url}/api/version"}))
        server.reply("GET", "/api/version", VERSION)
        other.reply("GET", "/api/version", VERSION)
        api = make_api(http_client=http_client)

        api.version()

        assert SimpleCookie(server.requests[0].headers["cookie"])["mine"].value == "s3cret"
        assert server.requests[0].headers["x-key"] == "s3cret"
        assert "s3cret" not in str(other.requests[0].headers.pairs)
        assert "authorization" not in other.requests[0].headers
        api.wait_for(http_client.close() if isinstance(http_client, httpx.Client) else http_client.aclose())


def test_cookies_that_a_server_sets_are_not_sent_back(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", VERSION, headers={"Set-Cookie": "a=b"})

    api.version()
    api.version()

    assert "cookie" not in server.requests[1].headers


# Proxies


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"])
def test_a_loopback_host_ignores_proxies(
    make_api: Callable[..., Api], last: Callable[[], Received], monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert make_api().version().version == "1"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "me.localhost",
        "0.0.0.0",
        "[::]",
        "",
    ],
)
def test_every_loopback_name_ignores_proxies(monkeypatch: pytest.MonkeyPatch, host: str):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    assert not proxy_for(parse_host(host))


def test_another_host_goes_through_the_proxy(
    make_api: Callable[..., Api], last: Callable[[], Received], server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HTTP_PROXY", server.url)

    make_api("http://models.invalid").version()

    assert last().headers["host"] == "models.invalid"


def test_the_cloud_is_asked_through_the_proxy_when_the_host_is_this_machine(
    make_api: Callable[..., Api], last: Callable[[], Received], server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    server.reply("CONNECT", "ollama.com:443", Json({"error": "no tunnels"}), status=403)
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("OLLAMA_API_KEY", "s3cret")
    api = make_api(max_retries=0)

    api.version()
    with pytest.raises(ConnectError, match=r"ollama\.com:443"):
        api.web_search("x")

    first, second = server.requests
    assert (first.method, first.path) == ("GET", "/api/version")
    assert (second.method, "authorization" in second.headers) == ("CONNECT", False)


@pytest.mark.parametrize("stream", [False, True])
def test_a_redirect_to_this_machine_leaves_the_proxy(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch, stream: bool
):
    with OllamaServer(hosts=["*"]) as proxy:
        moved = {"Location": f"{server.url}/api/chat"}
        proxy.reply("POST", "*", Json({}), status=307, headers=moved)
        server.reply("POST", "/api/chat", answer("/api/chat", stream=stream))
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        api = make_api("http://models.invalid", headers={"X-Key": "s3cret"})

        result = api.chat("m", HI, stream=stream)
        assert result.final().done if stream else result.done
        api.close()

        assert [request.headers["x-key"] for request in proxy.requests] == ["s3cret"]
    assert ["x-key" in request.headers for request in server.requests] == [False]
    assert server.wait_for_connections(0)


def test_a_host_that_the_environment_exempts_does_not_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "models.invalid")

    assert proxy_for(parse_host("http://other.invalid"))
    assert not proxy_for(parse_host("http://models.invalid"))
