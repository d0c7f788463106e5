"""The error tree: its shape, its messages, and that nothing else ever reaches a caller."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from overlay.callers import Api
from overlay.scripts import both_transports

import ollama_sdk.overlay as sdk
from ollama_sdk.overlay import (
    AbortError,
    AuthenticationError,
    ChatResponse,
    ConnectError,
    DecodeError,
    IncompleteStreamError,
    NotFoundError,
    OllamaError,
    OllamaTimeoutError,
    PermissionDeniedError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerBusyError,
    ToolRoundsError,
)
from ollama_sdk.overlay.testing import Cut, Json, Line, OllamaServer, Raw, Reply, Send

ERRORS = {value for value in vars(sdk).values() if isinstance(value, type) and issubclass(value, Exception)}
PARTIAL = ChatResponse.from_dict({"message": {"role": "assistant", "content": "a"}, "done": False})
MADE: list[OllamaError] = [
    OllamaError("a"),
    RequestError("a"),
    ConnectError("a"),
    OllamaTimeoutError("a", phase="read", limit=1.5),
    AbortError("a"),
    IncompleteStreamError("a", partial=PARTIAL),
    ToolRoundsError("a", messages=[{"role": "user", "content": "Hi!"}], response=PARTIAL),
    *(
        kind("a", status_code=400, error="e", body=b'{"signin_url":"u"}', headers={"x": "y"}, partial=PARTIAL)
        for kind in (
            ResponseError,
            AuthenticationError,
            PermissionDeniedError,
            NotFoundError,
            RateLimitError,
            ServerBusyError,
            DecodeError,
        )
    ),
]


# The tree


def test_every_error_is_listed_here():
    assert {type(error) for error in MADE} == ERRORS


@pytest.mark.parametrize("kind", sorted(ERRORS, key=str))
def test_every_error_is_below_one_root(kind: type[Exception]):
    assert issubclass(kind, OllamaError)


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (RequestError, ValueError),
        (ConnectError, ConnectionError),
        (OllamaTimeoutError, TimeoutError),
        (AuthenticationError, ResponseError),
        (PermissionDeniedError, ResponseError),
        (NotFoundError, ResponseError),
        (RateLimitError, ResponseError),
        (ServerBusyError, ResponseError),
        (DecodeError, ResponseError),
    ],
)
def test_errors_are_caught_as_the_tree_says(kind: type[Exception], base: type[Exception]):
    assert issubclass(kind, base)


@pytest.mark.parametrize("other", [AbortError, IncompleteStreamError, ResponseError])
def test_errors_that_have_no_builtin_base_are_no_oserror_or_valueerror(other: type[Exception]):
    assert not issubclass(other, OSError | ValueError)


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_errors_survive_pickling_and_copying(error: OllamaError, again: Callable[[OllamaError], OllamaError]):
    restored = again(error)

    assert type(restored) is type(error)
    assert str(restored) == str(error)
    assert vars(restored) == vars(error)
    assert getattr(restored, "signin_url", None) == getattr(error, "signin_url", None)


@both_transports
def test_an_error_from_a_server_survives_pickling(api: Api, server: OllamaServer):
    server.fault("POST", "/api/chat", "error_line")
    _, error = api.chat_stream().collect()
    restored = pickle.loads(pickle.dumps(error))

    assert isinstance(restored, ResponseError)
    assert restored.partial == error.partial  # type: ignore[union-attr]  # an error with partial
    assert str(restored) == str(error)


# What servers answer


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ResponseError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, ResponseError),
        (418, ResponseError),
        (429, RateLimitError),
        (500, ResponseError),
        (502, ResponseError),
        (503, ServerBusyError),
        (520, ResponseError),
        (599, ResponseError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_is_the_error_that_the_tree_says(
    api: Api, server: OllamaServer, status: int, kind: type[ResponseError], stream: bool
):
    server.reply("POST", "/api/chat", Json({"error": "the server's own words"}), status=status, headers={"X-Id": "7"})

    with pytest.raises(ResponseError, match="the server's own words") as caught:
        api.chat("m", [], stream=stream)

    error = caught.value
    assert type(error) is kind
    assert (error.status_code, error.error) == (status, "the server's own words")
    assert json.loads(error.body) == {"error": "the server's own words"}
    assert error.headers["x-id"] == "7"
    assert error.partial is None
    assert str(status) in str(error)
    assert f"{server.url}/api/chat" in str(error)


def test_a_missing_model_is_named_with_what_to_do(api: Api, server: OllamaServer):
    server.reply("POST", "/api/chat", Json({"error": "model 'gone' not found"}), status=404)

    with pytest.raises(NotFoundError, match=r"model 'gone' not found .*client\.list\(\).*client\.pull"):
        api.chat("gone", [])


def test_a_missing_path_is_told_apart_from_a_missing_model(api: Api):
    with pytest.raises(NotFoundError, match=r"404 page not found.*does not know this path"):
        api.version()


def test_a_server_that_wants_a_sign_in_says_where(api: Api, server: OllamaServer):
    answer = {"error": "unauthorized", "signin_url": "https://ollama.com/connect?name=x"}
    server.reply("POST", "/api/chat", Json(answer), status=401)

    with pytest.raises(AuthenticationError, match=r"unauthorized.*signin_url") as caught:
        api.chat_whole()

    assert caught.value.signin_url == "https://ollama.com/connect?name=x"


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"signin_url": 5}'])
def test_a_sign_in_without_an_address_has_none(api: Api, server: OllamaServer, body: bytes):
    server.reply("POST", "/api/chat", Send(body), status=401)

    with pytest.raises(AuthenticationError) as caught:
        api.chat_whole()

    assert caught.value.signin_url is None


def test_a_refusal_without_a_word_gets_one(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Reply(status=403))

    with pytest.raises(PermissionDeniedError, match=r"403.*OLLAMA_ORIGINS") as caught:
        api.version()

    assert caught.value.error == ""


def test_plain_text_is_the_words_of_the_server(api: Api, server: OllamaServer):
    server.reply("POST", "/api/show", Send(b"405 method not allowed"), status=405)

    with pytest.raises(ResponseError, match="405 method not allowed") as caught:
        api.show("m")

    assert caught.value.error == "405 method not allowed"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ({"error": '{"error":"an inner text"}'}, "an inner text"),
        ({"error": '{"error":{"code":400,"message":"an inner text"}}'}, "an inner text"),
        ({"error": {"message": "an inner text", "code": 7}}, "an inner text"),
        ({"error": "{not json"}, "{not json"),
        ({"error": '{"other":1}'}, '{"other":1}'),
        ({"error": ""}, '{"error":""}'),
        ({"error": None}, '{"error":null}'),
        ({"error": 5}, '{"error":5}'),
        ({"error": {"code": 7}}, '{"error":{"code":7}}'),
        ({"message": "odd"}, '{"message":"odd"}'),
    ],
)
def test_the_words_of_the_server_are_found_wherever_they_are(
    api: Api, server: OllamaServer, answer: dict[str, Any], text: str
):
    body = json.dumps(answer, separators=(",", ":")).encode()
    server.reply("POST", "/api/chat", Send(body), status=500)

    with pytest.raises(ResponseError) as caught:
        api.chat_whole()

    assert caught.value.error == text
    assert text in str(caught.value)


def test_a_page_of_a_proxy_is_shown_in_one_line_and_shortened(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Send(b"<html>\r\n" + b"<p>busy</p>\r\n" * 1000), status=502)

    with pytest.raises(ResponseError, match="<html> <p>busy</p>") as caught:
        api.list()

    assert len(str(caught.value)) < 800
    assert "\n" not in str(caught.value)
    assert len(caught.value.body) > 10_000


EVIL = "\x1b]0;title\x07\x1b[2Jred\nINFO root: login ok\u202eback\u2066" + "a" * 5_000
SERVER_TEXTS: dict[str, Any] = {
    "an error": lambda api, server: (server.reply("*", "*", Json({"error": EVIL}), status=500), api.version()),
    "a page": lambda api, server: (server.reply("*", "*", Send(EVIL.encode()), status=502), api.version()),
    "no JSON": lambda api, server: (server.reply("*", "*", Send(EVIL.encode())), api.version()),
    "an error line": lambda api, server: (server.reply("*", "*", Line({"error": EVIL})), api.chat_stream().final()),
    "a line that is no JSON": lambda api, server: (
        server.reply("*", "*", Send(json.dumps(EVIL, ensure_ascii=False).encode())),
        api.chat_stream().final(),
    ),
    "the end of a job": lambda api, server: (server.reply("*", "*", Json({"status": EVIL})), api.pull("m")),
    "the names of tools": lambda api, server: (
        server.reply("*", "*", Json({"message": {"tool_calls": [{"function": {"name": EVIL}}]}, "done": True})),
        api.run_tools("m", [], tools=[len], max_rounds=1),
    ),
    "an answer of another form": lambda api, server: (
        server.reply("*", "*", Json({"message": {"content": json.dumps({EVIL: "x"})}, "done": True})),
        api.chat_whole(format=dict[str, int]).parsed,
    ),
}


@pytest.mark.parametrize("ask", SERVER_TEXTS.values(), ids=SERVER_TEXTS)
def test_no_text_of_a_server_controls_a_terminal_or_forges_a_line_of_a_log(
    api: Api, server: OllamaServer, ask: Callable[[Api, OllamaServer], object], caplog: pytest.LogCaptureFixture
):
    caplog.set_level(1)
    with pytest.raises(OllamaError) as caught:
        ask(api, server)

    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1_200
    assert "\x1b" not in caplog.text
    assert "\nINFO root: login" not in caplog.text
    body = getattr(caught.value, "body", None)
    assert not isinstance(body, bytes) or len(body) > 5_000


def test_words_of_other_scripts_and_emoji_stay_as_they_are(api: Api, server: OllamaServer):
    text = "نمی‌شود — 👩‍💻 no"
    server.reply("GET", "/api/tags", Json({"error": text}), status=500)

    with pytest.raises(ResponseError, match=text):
        api.list()


def test_a_body_that_is_no_text_is_shown_somehow(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Send(b"\xff\xfe\x00"), status=500)

    with pytest.raises(ResponseError, match="500"):
        api.list()


@both_transports
def test_an_error_answer_that_is_cut_is_still_an_error_of_the_tree(api: Api, server: OllamaServer):
    server.reply("GET", "/api/tags", Send(b'{"err'), Cut(), status=500, headers={"Content-Length": "100"})

    with pytest.raises(OllamaError):
        api.list()


# What is not an answer


@both_transports
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty body"),
        (b"<html>busy</html>", "not JSON"),
        (b'{"version": ', "not JSON"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'"0.1"', "not a JSON object"),
        (b'{"version": "1"}\n{"version": "2"}\n', "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_decode_error(api: Api, server: OllamaServer, body: bytes, says: str):
    server.reply("GET", "/api/version", Send(body), headers={"Content-Type": "application/json"})

    with pytest.raises(DecodeError, match=says) as caught:
        api.version()

    assert caught.value.status_code == 200
    assert caught.value.body == body
    assert "/api/version" in str(caught.value)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("copy", ("a", "b")),
        ("delete", ("a",)),
        ("signout", ()),
        ("create_blob", (b"GGUF",)),
        ("has_blob", ("sha256:" + 64 * "0",)),
    ],
)
def test_a_web_page_is_no_success_where_the_server_sends_no_body(
    api: Api, server: OllamaServer, method: str, arguments: tuple[Any, ...]
):
    server.reply("*", "*", Send(b"<!DOCTYPE html><title>Sign in</title>"), headers={"Content-Type": "text/HTML"})
    with pytest.raises(DecodeError, match="is a web page"):
        getattr(api, method)(*arguments)


def test_an_error_under_status_200_is_a_response_error(api: Api, server: OllamaServer):
    server.reply("GET", "/api/version", Json({"error": "not today"}))

    with pytest.raises(ResponseError, match="not today"):
        api.version()


@both_transports
@pytest.mark.parametrize("stream", [False, True])
def test_broken_compression_is_an_error_of_the_tree(api: Api, server: OllamaServer, stream: bool):
    server.reply("POST", "/api/chat", Send(b"no gzip at all"), headers={"Content-Encoding": "gzip"})

    with pytest.raises(OllamaError) as caught:  # noqa: PT012  # either may raise
        result = api.chat("m", [], stream=stream)
        result.final()

    assert isinstance(caught.value.__cause__, httpx.DecodingError)


@both_transports
@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16",
    ],
)
def test_a_peer_that_does_not_speak_http_is_an_error_of_the_tree(api: Api, server: OllamaServer, raw: bytes):
    server.reply("GET", "/api/version", Raw(raw), Cut())

    with pytest.raises(OllamaError) as caught:
        api.version()

    assert isinstance(caught.value, ConnectError | IncompleteStreamError)
    assert caught.value.__cause__ is not None


# Injected clients and transports


@pytest.mark.parametrize(
    "raised",
    [
        httpx.ConnectError("a"),
        httpx.ReadError("a"),
        httpx.WriteError("a"),
        httpx.CloseError("a"),
        httpx.ConnectTimeout("a"),
        httpx.ReadTimeout("a"),
        httpx.WriteTimeout("a"),
        httpx.PoolTimeout("a"),
        httpx.RemoteProtocolError("a"),
        httpx.LocalProtocolError("a"),
        httpx.UnsupportedProtocol("a"),
        httpx.ProxyError("a"),
        httpx.DecodingError("a"),
        httpx.TooManyRedirects("a"),
        httpx.InvalidURL("a"),
        httpx.ReadError(""),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_exception_of_httpx_reaches_a_caller(make_api: Callable[..., Api], kind: str, raised: Exception):
    def fail(request: httpx.Request) -> httpx.Response:
        raise raised

    async def fail_async(request: httpx.Request) -> httpx.Response:
        raise raised

    api = make_api(transport=httpx.MockTransport(fail if kind == "sync" else fail_async), max_retries=0)

    with pytest.raises(OllamaError) as caught:
        api.version()

    assert caught.value.__cause__ is raised
    assert str(caught.value)


def test_a_closed_injected_client_is_a_request_error(make_api: Callable[..., Api], kind: str):
    http_client: Any = httpx.Client(trust_env=False) if kind == "sync" else httpx.AsyncClient(trust_env=False)
    api = make_api(http_client=http_client)
    api.wait_for(http_client.close() if kind == "sync" else http_client.aclose())

    with pytest.raises(RequestError, match="closed"):
        api.version()
