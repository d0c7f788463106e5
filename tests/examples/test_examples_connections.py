"""The examples for unusual connections, each against a server that asks for what it shows."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer

VERSION = Json({"version": "0.12.6"})


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "company-ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def assert_prints_the_version(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stdout, done.stderr) == (0, "0.12.6\n", "")


@contextmanager
def https_server(authority: trustme.CA, *, wants_certificate: bool = False) -> Iterator[OllamaServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    if wants_certificate:
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    with OllamaServer(ssl_context=context) as server:
        server.reply("GET", "/api/version", VERSION)
        yield server


@pytest.mark.parametrize("name", ["custom_ca.py", "mutual_tls.py", "proxy.py", "unix_socket.py"])
def test_a_program_without_its_arguments_says_how_it_is_run(name: str) -> None:
    done = run(name)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"python examples/{name} " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_company_authority_is_trusted(authority: trustme.CA, authority_file: Path) -> None:
    with https_server(authority) as server:
        assert_prints_the_version(run("custom_ca.py", server.url, authority_file))


def test_another_authority_is_not_trusted(authority: trustme.CA, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    with https_server(authority) as server:
        done = run("custom_ca.py", server.url, other)
    assert done.returncode == 1
    assert done.stderr.startswith("custom_ca: cannot connect to 127.0.0.1")
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


def test_a_client_shows_its_certificate(authority: trustme.CA, authority_file: Path, tmp_path: Path) -> None:
    mine = authority.issue_cert("client@example.com")
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    mine.cert_chain_pems[0].write_to_path(certificate)
    mine.private_key_pem.write_to_path(key)
    with https_server(authority, wants_certificate=True) as server:
        assert_prints_the_version(run("mutual_tls.py", server.url, authority_file, certificate, key))
        assert run("custom_ca.py", server.url, authority_file).returncode == 1


def test_a_proxy_is_asked_for_the_whole_address() -> None:
    with OllamaServer() as proxy:
        proxy.reply("GET", "*", VERSION)
        done = run("proxy.py", proxy.url.replace("://", "://ann:secret@"), "http://models.internal:11434")
        assert_prints_the_version(done)
        (request,) = proxy.requests
    assert request.headers["host"] == "models.internal:11434"
    assert request.headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in request.headers


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix domain sockets")
def test_a_unix_socket_leads_to_the_server(tmp_path: Path) -> None:
    path = tmp_path / "ollama.sock"
    with OllamaServer() as server, socket.socket(socket.AF_UNIX) as listener:
        server.reply("GET", "/api/version", VERSION)
        listener.bind(str(path))
        listener.listen()
        forwarder = threading.Thread(target=forward_one, args=(listener, server))
        forwarder.start()
        assert_prints_the_version(run("unix_socket.py", path))
        forwarder.join(60)
        assert server.requests[0].headers["host"] == "localhost"


def forward_one(listener: socket.socket, server: OllamaServer) -> None:
    """Carry what one client of a Unix socket sends to the server, and the answers back."""
    outer, _ = listener.accept()
    with outer, socket.create_connection((server.host, server.port)) as inner:
        back = threading.Thread(target=pump, args=(inner, outer))
        back.start()
        pump(outer, inner)
        back.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until the source ends, then end the target."""
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
