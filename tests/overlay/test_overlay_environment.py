"""The environment: what NO_PROXY names, settings that cannot be used, and proxies that fail."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.abc import SocketStream
from overlay.callers import Api

from ollama_sdk.overlay import ConnectError, OllamaTimeoutError, RequestError
from ollama_sdk.overlay._config import parse_host
from ollama_sdk.overlay._sending.environment import proxy_for
from ollama_sdk.overlay.testing import Cut, Json, OllamaServer, Raw, Reset, Step

_AROUND = [
    # NO_PROXY, host, whether the host is reached without the proxy
    ("10.0.0.0/8", "10.1.2.3", True),
    ("10.0.0.0/8", "11.1.2.3", False),
    ("10.1.2.3", "10.1.2.3", True),
    ("10.1.2.3/24", "10.1.2.77", True),
    ("10.0.0.0/8", "[::ffff:10.1.2.3]", True),
    ("10.0.0.0/8", "10.models.lan", False),
    ("fd07:b51a:cc66:f0::/64", "[fd07:b51a:cc66:f0::5]", True),
    ("fd07:b51a:cc66:f0::/64", "[fd07:b51a:cc66:f1::5]", False),
    ("fd07::5", "[fd07:0:0::5]", True),
    ("[fd07::5]", "[fd07::5]", True),
    ("[fd07::5]:11434", "[fd07::5]", True),
    ("[fd07::5]:80", "[fd07::5]", False),
    ("fe80::/10", "[fe80::1%eth0]", True),
    ("fe80::1%eth0", "[fe80::1%eth0]", True),
    ("fd07::5", "10.1.2.3", False),
    ("*.lan", "models.lan", True),
    (".lan", "models.lan", True),
    ("lan", "models.lan", True),
    ("*.lan", "models.wlan", False),
    ("models.lan", "models.lan", True),
    ("MODELS.lan.", "models.LAN", True),
    ("models.lan", "gpu.models.lan", True),
    ("models.lan", "othermodels.lan", False),
    ("models.lan:11434", "models.lan", True),
    ("models.lan:80", "models.lan", False),
    ("models.lan:80", "models.lan:80", True),
    ("http://models.lan", "models.lan", True),
    ("https://models.lan", "models.lan", False),
    ("a, models.lan ,b", "models.lan", True),
    ("a models.lan", "models.lan", True),
    ("*", "models.lan", True),
    ("", "models.lan", False),
    (" , ,", "models.lan", False),
    (".", "models.lan", False),
    ("[", "models.lan", False),
    ("[::1]]", "models.lan", False),
    ("10.0.0.0/99", "10.1.2.3", False),
    ("::/0", "[fd07::5]", True),
]


@pytest.mark.parametrize(("no_proxy", "host", "around"), _AROUND)
def test_no_proxy_is_read_as_curl_and_requests_read_it(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, host: str, around: bool
):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxy_for(parse_host(host)) is None) == around


@pytest.mark.parametrize(
    ("environment", "host", "source"),
    [
        ({"HTTP_PROXY": "http://p"}, "http://models.lan", "HTTP_PROXY"),
        ({"http_proxy": "p:3128", "HTTP_PROXY": "http://q"}, "http://models.lan", "http_proxy"),
        ({"HTTP_PROXY": "http://p", "REQUEST_METHOD": "GET"}, "http://models.lan", None),
        ({"HTTPS_PROXY": "http://p"}, "http://models.lan", None),
        ({"HTTPS_PROXY": "http://p", "ALL_PROXY": "http://q"}, "https://models.lan", "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "", "all_proxy": "http://q"}, "https://models.lan", "all_proxy"),
    ],
)
def test_the_proxy_of_a_scheme_goes_before_the_one_of_all(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], host: str, source: str | None
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(parse_host(host))
    assert (proxy and proxy.source) == source


_BROKEN = [
    # variable, value, host
    ("SSL_CERT_FILE", "/nonexistent.pem", "https://127.0.0.1:9"),
    ("SSL_CERT_FILE", __file__, "https://127.0.0.1:9"),
    ("SSL_CERT_DIR", "/nonexistent", "https://127.0.0.1:9"),
    ("SSL_CERT_DIR", str(Path(__file__).parent), "https://127.0.0.1:9"),
    ("SSLKEYLOGFILE", "/nonexistent/keys", "https://127.0.0.1:9"),
    ("ALL_PROXY", "socks4://127.0.0.1:9", "models.lan"),
    ("HTTP_PROXY", "ftp://127.0.0.1:9", "models.lan"),
    ("http_proxy", "http://[::1", "models.lan"),
    ("HTTPS_PROXY", "http://127.0.0.1:nine", "https://models.lan"),
    ("HTTP_PROXY", "http://\x7f", "models.lan"),
]


@pytest.mark.parametrize(("variable", "value", "host"), _BROKEN)
def test_a_setting_that_cannot_be_used_is_named_by_the_calls_that_use_it(
    make_api: Callable[..., Api],
    server: OllamaServer,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    host: str,
):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, value)
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert make_api().version().version == "1"  # plain HTTP on this machine needs none of them
    for _ in range(2):
        with pytest.raises(RequestError, match=f"{variable}=.* cannot be used"):
            make_api(host).version()


def test_socks_without_its_package_says_what_to_install(make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://user:s3cret@127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(RequestError, match=r"ALL_PROXY=socks5://\*\*\*@127.0.0.1:9 cannot be used.*httpx\[socks\]"):
        make_api("models.lan").version()


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_plain_request_through_a_proxy_needs_no_certificates(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch, variable: str
):
    monkeypatch.setenv(variable, "/nonexistent")
    monkeypatch.setenv("HTTP_PROXY", server.url)
    server.reply("GET", "/api/version", Json({"version": "1"}))
    assert make_api("models.invalid").version().version == "1"


@pytest.fixture
def silent() -> Iterator[str]:
    """Host and port of a proxy that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


_FAILING = [
    # variable, scheme of the proxy, host
    ("HTTP_PROXY", "http", "http://models.invalid"),
    ("HTTPS_PROXY", "http", "https://models.invalid"),
    ("ALL_PROXY", "socks5", "http://models.invalid"),
    ("ALL_PROXY", "socks5", "https://models.invalid"),
]


@pytest.mark.parametrize(("variable", "scheme", "host"), _FAILING)
def test_a_proxy_that_cannot_be_reached_is_named(
    make_api: Callable[..., Api],
    monkeypatch: pytest.MonkeyPatch,
    unused_port: int,
    variable: str,
    scheme: str,
    host: str,
):
    if scheme == "socks5":
        pytest.importorskip("socksio")
    monkeypatch.setenv(variable, f"{scheme}://user:s3cret@127.0.0.1:{unused_port}")
    with pytest.raises(ConnectError) as failure:
        make_api(host, max_retries=0).version()
    assert f"the proxy {variable}={scheme}://***@127.0.0.1:{unused_port}" in str(failure.value)
    assert "NO_PROXY=models.invalid" in str(failure.value)
    assert "ollama serve" not in str(failure.value)


@pytest.mark.parametrize("step", [Cut(), Reset(), Raw(b"\x05\xff\r\n\r\n")], ids=["closes", "resets", "other protocol"])
@pytest.mark.parametrize(("variable", "scheme", "host"), _FAILING[:2])
def test_a_proxy_that_does_not_answer_as_one_is_named(
    make_api: Callable[..., Api],
    server: OllamaServer,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    scheme: str,
    host: str,
    step: Step,
):
    monkeypatch.setenv(variable, f"{scheme}://{server.host}:{server.port}")
    server.reply("*", "*", step)
    with pytest.raises(ConnectError, match=rf"the proxy {variable}={scheme}://{server.host}:{server.port}"):
        make_api(host, max_retries=0).version()


@pytest.mark.parametrize(("variable", "scheme", "host"), _FAILING[1:])
def test_a_handshake_with_a_proxy_keeps_to_the_limit_of_connecting(
    make_api: Callable[..., Api],
    monkeypatch: pytest.MonkeyPatch,
    silent: str,
    variable: str,
    scheme: str,
    host: str,
):
    if scheme == "socks5":
        pytest.importorskip("socksio")
    monkeypatch.setenv(variable, f"{scheme}://{silent}")
    with pytest.raises(OllamaTimeoutError, match=f"through the proxy {variable}=") as failure:
        make_api(host, max_retries=0, timeout=0.1).version()
    assert failure.value.phase == "connect"
    assert failure.value.limit == 0.1


@pytest.mark.skipif(not hasattr(SocketStream, "from_socket"), reason="anyio before 4.11 takes no socket")
def test_a_proxy_is_looked_up_in_a_thread_that_nobody_waits_for(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    threads: list[str] = []

    def look_up(*_: object, **__: object) -> list[Any]:
        threads.append(threading.current_thread().name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    server.reply("GET", "/api/version", Json({"version": "1"}))
    api = make_api("models.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert api.version().version == "1"
    assert threads == ["ollama-sdk"]


@pytest.fixture
def socks(server: OllamaServer) -> Iterator[str]:
    """Host and port of a SOCKS proxy, which leads one connection to the server, whatever it is asked for."""

    def relay(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection((server.host, server.port)) as upstream:
            client.recv(64)
            client.sendall(b"\x05\x00")  # no authentication
            client.recv(512)
            client.sendall(b"\x05\x00\x00\x01" + bytes(6))  # connected
            back = threading.Thread(target=relay, args=(upstream, client))
            back.start()
            relay(client, upstream)
            back.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_socks_proxy_leads_to_the_server(
    make_api: Callable[..., Api], server: OllamaServer, monkeypatch: pytest.MonkeyPatch, socks: str
):
    pytest.importorskip("socksio")
    monkeypatch.setenv("ALL_PROXY", f"socks5://{socks}")
    server.reply("GET", "/api/version", Json({"version": "1"}))
    api = make_api("models.invalid")
    assert [api.version().version for _ in range(2)] == ["1", "1"]
    api.close()
    assert len({request.connection_id for request in server.requests}) == 1
