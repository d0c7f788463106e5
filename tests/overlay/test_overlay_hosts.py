"""Host strings: what is made of them, what is refused, and where requests then go."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from overlay.callers import Api

from ollama_sdk.generated import api
from ollama_sdk.overlay import AsyncOllama, ConnectError, Ollama, OllamaError, RequestError
from ollama_sdk.overlay._config import parse_host
from ollama_sdk.overlay.testing import Cut, Json, OllamaServer

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "data" / "hosts.json").read_text())["rows"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["input"]))
def test_a_host_is_read_as_the_table_says(row: dict[str, Any]):
    if row["sdk"] == "error":
        with pytest.raises(RequestError, match=r"host .* such as"):
            parse_host(row["input"])
    else:
        assert parse_host(row["input"]).base_url == row["sdk"]


@pytest.mark.parametrize("client", [Ollama, AsyncOllama])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["input"]))
def test_a_client_has_the_base_url_that_the_table_says(client: type[Ollama], row: dict[str, Any]):
    if row["sdk"] == "error":
        with pytest.raises(RequestError):
            client(row["input"])
    else:
        assert client(row["input"]).base_url == row["sdk"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: repr(row["input"]))
def test_the_environment_is_read_like_the_argument(row: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_HOST", row["input"])
    if row["sdk"] == "error":
        with pytest.raises(RequestError, match="OLLAMA_HOST"):
            Ollama()
    else:
        assert Ollama().base_url == row["sdk"]


def test_without_a_host_and_environment_it_is_this_machine():
    assert Ollama().base_url == "http://127.0.0.1:11434"


def test_an_argument_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLLAMA_HOST", "elsewhere.lan")

    assert Ollama("here.lan").base_url == "http://here.lan:11434"


@given(st.text() | st.text("[]:/@%.?#0123456789abcxhtps\"' é", max_size=40))
@example("[::1%25]")
@example("http://[fe80::1%25%41]:80/")
@example("a@b@c")
@example("h/%2f%2F/..")
@example("h/\ud800")
@example("\ud800@h")
@example("²")
@example("h:²")
@example("é.\u00ad")
def test_any_text_is_refused_or_read_to_a_normal_form_that_stays_itself(text: str):
    try:
        host = parse_host(text)
    except RequestError:
        return
    again = parse_host(host.base_url)
    assert again.base_url == host.base_url
    assert again.origin == host.origin


@given(st.text("[]:/@%.?#0123456789abcxhtps -_~é", max_size=40))
def test_a_host_that_was_accepted_can_be_requested_or_gives_an_error_of_the_tree(text: str):
    try:
        host = parse_host(text)
    except RequestError:
        return
    client = Ollama(host.base_url)
    assert client._builder.bare(api.GET_VERSION, {}).url.scheme in ("http", "https")


@pytest.mark.parametrize("host", [5, b"127.0.0.1", ["a"]])
def test_a_host_that_is_no_string_is_refused(host: Any):
    with pytest.raises(RequestError, match="host must be a string"):
        Ollama(host)


def test_user_name_and_password_become_basic_auth(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))

    make_api(f"http://me:p%40ss@{server.host}:{server.port}").version()

    assert server.requests[0].headers["authorization"] == "Basic " + b64encode(b"me:p@ss").decode()


def test_user_name_and_password_are_shown_nowhere(make_api: Callable[..., Api], server: OllamaServer):
    api = make_api(f"http://someone:secret@{server.host}:{server.port}", max_retries=0)
    server.queue("GET", "/api/version", Cut())
    errors: list[OllamaError] = []
    for _ in range(2):  # a connection that is cut, and a 404
        with pytest.raises(OllamaError) as caught:
            api.version()
        errors.append(caught.value)

    shown = [api.client.base_url, repr(api.client), *map(repr, errors), *map(str, errors)]
    shown += [repr(api.client._builder), repr(api.client._builder.host), repr(vars(errors[1]))]
    assert isinstance(errors[0], ConnectError)
    assert not any("secret" in text or "someone" in text for text in shown)
    assert not any(b64encode(b"someone:secret").decode() in text for text in shown)


@pytest.mark.parametrize("host", ["http://me:secret@models.lan:0", "me:secret@models.lan:99999", "ftp://me:secret@a"])
def test_a_host_that_is_refused_does_not_show_its_password(host: str):
    with pytest.raises(RequestError) as caught:
        parse_host(host)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["http://me:sec/ret@models.lan:0", "http://me:sec?ret@models.lan", "me:sec ret@a b"])
def test_a_password_with_odd_characters_is_not_shown_either(host: str):
    with pytest.raises(RequestError) as caught:
        parse_host(host)

    assert "ret" not in str(caught.value)
    assert "sec" not in str(caught.value)


def test_a_path_of_the_host_goes_before_the_paths_of_the_api(make_api: Callable[..., Api], server: OllamaServer):
    server.reply("GET", "/behind/it/api/version", Json({"version": "1"}))

    assert make_api(f"{server.url}/behind/it/").version().version == "1"


def test_an_international_name_becomes_ascii():
    assert parse_host("https://Bücher.example").base_url == "https://xn--bcher-kva.example:443"


def test_a_name_that_is_not_there_is_a_connect_error_that_names_it(
    make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
):
    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(ConnectError, match=r"nowhere\.invalid:11434"):
        make_api("nowhere.invalid", max_retries=0).version()


def test_an_unknown_scheme_is_named_in_the_message():
    with pytest.raises(RequestError, match=r"'tcp://models.lan' has a scheme other than http and https"):
        parse_host("tcp://models.lan")
