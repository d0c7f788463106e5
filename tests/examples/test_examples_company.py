"""A client for a server in a company: whom it trusts, and where its key comes from and goes."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer

MODELS = Json({"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest", "size": 2019393189}]})


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with OllamaServer(ssl_context=context) as server:
        server.reply("GET", "/api/tags", MODELS)
        monkeypatch.setenv("MODELS_HOST", server.url)
        monkeypatch.setenv("MODELS_CA", str(tmp_path / "ca.pem"))
        yield server


def test_the_key_of_a_file_goes_before_that_of_the_environment(
    server: OllamaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("of the file\n")
    monkeypatch.setenv("MODELS_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("MODELS_KEY", "of the environment")
    done = run("company.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "llama3.2:latest" in done.stdout
    assert server.requests[0].headers["authorization"] == "Bearer of the file"


def test_the_key_of_the_environment_is_taken(server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELS_KEY", "of the environment")
    assert run("company.py").returncode == 0
    assert server.requests[0].headers["authorization"] == "Bearer of the environment"


def test_a_key_that_is_refused_is_told_without_it(server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.reply("GET", "/api/tags", Json({"error": "unauthorized"}), status=401)
    monkeypatch.setenv("MODELS_KEY", "hush")
    done = run("company.py")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("company: unauthorized")
    assert "hush" not in done.stderr


def test_a_proxy_is_asked(server: OllamaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaServer() as proxy:
        proxy.reply("GET", "*", MODELS)
        monkeypatch.setenv("MODELS_HOST", "http://models.internal:11434")
        monkeypatch.setenv("MODELS_PROXY_URL", proxy.url)
        assert run("company.py").returncode == 0
        assert proxy.requests[0].headers["host"] == "models.internal:11434"


@pytest.mark.parametrize("variable", ["MODELS_KEY_FILE", "MODELS_CA"])
def test_a_file_that_is_not_there_is_told_in_one_line(
    server: OllamaServer, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "no-such-file")
    done = run("company.py")
    assert done.returncode == 1
    assert done.stderr.startswith("company: ")
    assert done.stderr.count("\n") == 1
    assert "no-such-file" in done.stderr


def test_a_host_that_is_not_set_is_told() -> None:
    done = run("company.py")
    assert (done.returncode, done.stderr) == (1, "company: 'MODELS_HOST' is not set\n")
