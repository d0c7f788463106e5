"""The server answers as Ollama does to those that are not of this machine."""

from __future__ import annotations

import httpx
import pytest

from ollama_sdk.overlay.testing import Json, OllamaServer

OWN_HOSTS = ["localhost", "127.0.0.1:11434", "[::1]:11434", "10.1.2.3", "box.local", "a.internal", "app.localhost:1"]
FOREIGN_HOSTS = ["ollama.com", "evil.example:11434", "8.8.8.8", "[2001:4860:4860::8888]:80", "localhost.evil.example"]
OWN_ORIGINS = [
    "http://localhost",
    "https://127.0.0.1:8080",
    "http://0.0.0.0:1",
    "vscode-webview://x",
    "tauri://localhost",
]
FOREIGN_ORIGINS = ["http://evil.example", "https://localhost.evil.example", "null", "ftp://localhost"]


def ask(server: OllamaServer, method: str = "GET", **headers: str) -> httpx.Response:
    server.reply("GET", "/api/version", Json({"version": "1.2.3"}))
    return httpx.request(method, f"{server.url}/api/version", headers=headers, trust_env=False, verify=False)


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_a_host_of_this_machine_is_answered(host: str):
    with OllamaServer() as server:
        assert ask(server, Host=host).json() == {"version": "1.2.3"}


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(host: str):
    with OllamaServer() as server:
        answer = ask(server, Host=host)

    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize("host", ["ollama.com", "OLLAMA.com:443", "api.lan"])
def test_more_hosts_can_be_allowed(host: str):
    with OllamaServer(hosts=["ollama.com", "*.lan"]) as server:
        assert ask(server, Host=host).status_code == 200


@pytest.mark.parametrize("origin", OWN_ORIGINS)
def test_a_page_of_this_machine_may_read_the_answer(origin: str):
    with OllamaServer() as server:
        answer = ask(server, Origin=origin)

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_foreign_page_is_refused(origin: str):
    with OllamaServer() as server:
        answer = ask(server, Origin=origin)

    assert (answer.status_code, answer.content) == (403, b"")
    assert "access-control-allow-origin" not in answer.headers


def test_more_origins_can_be_allowed():
    with OllamaServer(origins=["https://*.example"]) as server:
        assert ask(server, Origin="https://app.example").headers["access-control-allow-origin"] == "https://app.example"


def test_a_preflight_tells_what_a_page_may_send():
    with OllamaServer() as server:
        answer = ask(server, "OPTIONS", Origin="http://localhost:1")
        refused = ask(server, "OPTIONS", Origin="http://evil.example")

    assert answer.status_code == 204
    assert {"POST", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(","))
    assert {"Authorization", "Content-Type"} <= set(answer.headers["access-control-allow-headers"].split(","))
    assert refused.status_code == 403


def test_a_program_without_a_page_gets_no_headers_of_cors():
    with OllamaServer() as server:
        assert "access-control-allow-origin" not in ask(server).headers
