"""Which key goes where, and what is never shown."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest
from compat.faces import answer, headers

from ollama_sdk import overlay
from ollama_sdk.overlay import compat
from ollama_sdk.overlay.testing import OllamaServer


def test_the_key_of_the_environment_does_not_go_to_other_hosts(
    server: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "secret")
    answer(server)
    for sent in headers(server):
        assert "authorization" not in sent
    for sent in headers(server, headers={"Authorization": "Bearer mine"}):
        assert sent["authorization"] == "Bearer mine"


def test_the_web_is_asked_with_a_key_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers["authorization"], request.headers.get("x-team")))
        return httpx.Response(200, json={"results": [{"title": "a", "url": "b", "content": "c"}], "title": "t"})

    def client(host: str | None = None, **given: str) -> compat.Client:
        return compat.Client(host, headers={"X-Team": "search", **given}, transport=httpx.MockTransport(handle))

    assert client(Authorization="Bearer mine").web_search("ollama").results[0]["title"] == "a"
    monkeypatch.setenv("OLLAMA_API_KEY", "env")
    assert client().web_fetch("https://ollama.com").title == "t"
    client(Authorization="Bearer mine").web_search("ollama", max_results=1)
    client("models.lan", Authorization="Bearer theirs").web_search("ollama")
    keys = ["Bearer mine", "Bearer env", "Bearer mine", "Bearer env"]
    assert [key for _, key, _ in asked] == keys
    assert {team for _, _, team in asked} == {None}
    monkeypatch.delenv("OLLAMA_API_KEY")
    for without in (client(), client("models.lan", Authorization="Bearer theirs")):
        with pytest.raises(ValueError, match="Authorization header with Bearer token is required for web search"):
            without.web_search("ollama")


@pytest.mark.parametrize("settings", [{}, {"trust_env": False}])
def test_no_traceback_shows_a_key(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "SECRET-1")
    failures = []
    for make in (
        lambda: compat.Client("http://ann:SECRET-2@127.0.0.1:9", max_retries=0, **settings),
        lambda: compat.Client("127.0.0.1:9", headers={"Authorization": "Bearer SECRET-3"}, max_retries=0, **settings),
        lambda: compat.Client("http://ann:SECRET-4@[", headers={"Authorization": "Bearer SECRET-5"}, **settings),
    ):
        with pytest.raises(overlay.OllamaError) as error:
            make().list()
        shown = traceback.TracebackException.from_exception(error.value, capture_locals=True)
        failures += [line for line in shown.format() if "SECRET" in line and __file__ not in line]
    assert failures == []
