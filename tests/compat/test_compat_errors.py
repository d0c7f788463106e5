"""Each error is one of ours, and what the official client raises in its place, with the same text and status."""

from __future__ import annotations

import json
import pickle
from types import ModuleType
from typing import Any

import httpx
import pydantic
import pytest
from compat.faces import Call, asynchronous, blocking

from ollama_sdk import overlay
from ollama_sdk.overlay import compat
from ollama_sdk.overlay.compat import _clients
from ollama_sdk.overlay.testing import FAULTS, Json, Line, Never, OllamaServer, Reply, Send

USER = [{"role": "user", "content": "Why?"}]
KINDS: dict[str, Call] = {
    "whole": lambda client, o: client.chat("m", USER),
    "streamed": lambda client, o: client.chat("m", USER, stream=True),
}
REPLIES: dict[str, Reply] = {
    "404": Reply(Json({"error": "model 'm' not found"}), status=404),
    "400 without JSON": Reply(Send(b"bad\nrequest"), status=400),
    "400 with another JSON": Reply(Json({"message": "bad"}), status=400),
    "401": Reply(Json({"error": "unauthorized", "signin_url": "https://ollama.com/x"}), status=401),
    "500 with nothing": Reply(status=500),
    "a line with an error": Reply(Line({"message": {"role": "assistant", "content": "a"}}), Line({"error": "gone"})),
}
# Faults that the official client takes for a good answer, or cannot tell from one.
BETTER = {"missing_done", "empty_body_200", "blank_lines", "redirect_302", "redirect_307", "error_line"}


def outcomes(module: ModuleType, server: OllamaServer, call: Call, **settings: Any) -> list[Any]:
    if module is compat:
        settings["max_retries"] = 0
    return [run(module, server, call, **settings).result for run in (blocking, asynchronous)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in REPLIES for kind in KINDS if kind == "streamed" or not name.startswith("a line")],
)
def test_the_errors_of_a_server_have_the_same_text_and_status(
    name: str, kind: str, server: OllamaServer, official: ModuleType
) -> None:
    server.reply("POST", "/api/chat", REPLIES[name])
    theirs = blocking(official, server, KINDS[kind]).result
    assert isinstance(theirs, official.ResponseError)
    for ours in outcomes(compat, server, KINDS[kind]):
        assert isinstance(ours, compat.ResponseError)
        assert isinstance(ours, overlay.ResponseError)
        assert (str(ours), ours.error, ours.status_code) == (str(theirs), theirs.error, theirs.status_code)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in BETTER and "503" not in name])
def test_a_fault_is_told_by_an_error_of_both(name: str, kind: str, server: OllamaServer, official: ModuleType) -> None:
    server.fault("POST", "/api/chat", name)
    theirs = blocking(official, server, KINDS[kind], timeout=1).result
    for ours in outcomes(compat, server, KINDS[kind], timeout=1):
        if not isinstance(theirs, Exception):
            assert not isinstance(ours, Exception)
            continue
        assert isinstance(ours, overlay.OllamaError)
        assert isinstance(ours, compat.ResponseError if isinstance(theirs, official.ResponseError) else type(theirs))


def test_nobody_listens(official: ModuleType, server: OllamaServer) -> None:
    for module in (official, compat):
        client = module.Client("http://127.0.0.1:9", **({"max_retries": 0} if module is compat else {}))
        with pytest.raises(ConnectionError) as error:
            client.chat("m", USER)
        assert str(error.value) == _clients.CONNECTION_ERROR_MESSAGE if module is compat else True
        with pytest.raises(httpx.ConnectError):
            list(client.chat("m", USER, stream=True))
        client.close()


def test_the_error_tells_what_ours_tells_beside_it() -> None:
    with compat.Client("http://127.0.0.1:9", max_retries=0) as client, pytest.raises(overlay.ConnectError) as error:
        client.list()
    assert "127.0.0.1:9" in str(error.value.__cause__)


def test_a_limit_of_time(server: OllamaServer, official: ModuleType) -> None:
    server.reply("POST", "/api/chat", Never())
    for module in (official, compat):
        for result in outcomes(module, server, KINDS["whole"], timeout=0.1):
            assert isinstance(result, httpx.ReadTimeout)
    assert isinstance(result, overlay.OllamaTimeoutError)
    assert (result.phase, result.limit) == ("read", 0.1)
    assert isinstance(result.request, httpx.Request)


def test_a_subclass_of_ours_says_which_status_it_is(server: OllamaServer) -> None:
    server.reply("GET", "/api/tags", Json({"error": "no"}), status=404)
    with compat.Client(server.url) as client, pytest.raises(overlay.NotFoundError) as error:
        client.list()
    assert isinstance(error.value, compat.ResponseError)
    assert error.value.headers["content-type"].startswith("application/json")


def test_a_body_that_is_no_json_is_a_json_error(server: OllamaServer) -> None:
    server.reply("GET", "/api/tags", Send(b"<html>"))
    with compat.Client(server.url) as client, pytest.raises(json.JSONDecodeError) as error:
        client.list()
    assert error.value.doc == "<html>"
    assert isinstance(error.value, overlay.DecodeError)
    assert not isinstance(error.value, compat.ResponseError)


def test_a_bad_argument_is_an_error_of_pydantic_and_of_both(server: OllamaServer, official: ModuleType) -> None:
    for call in (
        lambda client, o: client.chat(""),
        lambda client, o: client.chat("m", format="xml"),
        lambda client, o: client.chat("m", [{"content": "no role"}]),
        lambda client, o: client.generate("m", images=["no-such-file.png"]),
    ):
        theirs = blocking(official, server, call).result
        for ours in outcomes(compat, server, call):
            assert isinstance(theirs, ValueError)
            assert isinstance(ours, compat.RequestError | pydantic.ValidationError)
            assert isinstance(ours, overlay.RequestError)
    assert server.requests == []


@pytest.mark.parametrize("module", ["official", "compat"])
def test_a_closed_client_raises_a_runtime_error(
    module: str, server: OllamaServer, request: pytest.FixtureRequest
) -> None:
    ollama = compat if module == "compat" else request.getfixturevalue("official")
    client = ollama.Client(server.url)
    client.close()
    with pytest.raises(RuntimeError):
        client.list()


def test_errors_are_pickled(server: OllamaServer) -> None:
    server.reply("POST", "/api/chat", Json({"error": "no"}), status=404)
    server.reply("GET", "/api/ps", Send(b"<html>"))
    found = [blocking(compat, server, KINDS["whole"]).result, blocking(compat, server, lambda c, o: c.ps()).result]
    server.reply("POST", "/api/chat", Never())
    found += [blocking(compat, server, KINDS["whole"], timeout=0.1).result]
    found += [blocking(compat, server, lambda c, o: o.Message(content="no role")).result]
    found += [blocking(compat, server, lambda c, o: c.chat("", [])).result, compat.RequestError("no")]
    for error in found:
        copied = pickle.loads(pickle.dumps(error))
        assert isinstance(copied, overlay.OllamaError)
        assert getattr(copied, "error", None) == getattr(error, "error", None)
        assert isinstance(error, pydantic.ValidationError) or type(copied) is type(error)


def test_errors_are_made_as_the_official_ones(official: ModuleType) -> None:
    for arguments in (("gone",), ("gone", 404), ('{"error": "gone"}', 500), ("[1]x",)):
        theirs, ours = official.ResponseError(*arguments), compat.ResponseError(*arguments)
        assert (str(ours), ours.error, ours.status_code) == (str(theirs), theirs.error, theirs.status_code)
        assert ours.args == theirs.args
    assert compat.RequestError("no").error == official.RequestError("no").error
