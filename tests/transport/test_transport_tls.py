"""TLS: certificates, host names, reuse, cuts."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable

import httpx
import pytest
from transport.raw_server import Caller, Peer, Serve, SyncCaller, client_context, reply, server_context


def two_answers(peer: Peer) -> None:
    for _ in range(2):
        peer.read_request()
        peer.send(reply(b"ok"))


def test_a_tls_connection_is_used_and_used_again(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(verify=client_context())
    server = serve(two_answers, tls=server_context())
    url = f"https://localhost:{server.port}"
    response = caller.request("GET", url)
    assert response.content == b"ok"
    assert response.extensions["network_stream"].get_extra_info("ssl_object").version().startswith("TLS")
    assert caller.request("GET", url).content == b"ok"
    assert server.accepted == 1


def test_the_server_is_told_host_name_and_protocol(make_caller: Callable[..., Caller], serve: Serve) -> None:
    names: list[str | None] = []
    context = server_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.sni_callback = lambda _, name, __: names.append(name)
    caller = make_caller(verify=client_context())
    response = caller.request("GET", f"https://localhost:{serve(two_answers, tls=context).port}")
    assert names == ["localhost"]
    assert response.extensions["network_stream"].get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"


@pytest.mark.own_wire
def test_a_certificate_for_another_name_is_a_connect_error(make_caller: Callable[..., Caller], serve: Serve) -> None:
    caller = make_caller(verify=client_context())
    server = serve(two_answers, tls=server_context())
    with pytest.raises(httpx.ConnectError, match="certificate"):
        caller.request("GET", server.url, extensions={"sni_hostname": "other.example"})
    assert caller.pool() == (0, 0, 0)


@pytest.mark.own_wire
def test_an_unknown_certificate_is_a_connect_error_by_default(caller: Caller, serve: Serve) -> None:
    server = serve(two_answers, tls=server_context())
    with pytest.raises(httpx.ConnectError, match="certificate"):
        caller.request("GET", server.url)


def test_an_unknown_certificate_is_accepted_when_asked_to(make_caller: Callable[..., Caller], serve: Serve) -> None:
    server = serve(two_answers, tls=server_context())
    assert make_caller(verify=False).request("GET", server.url).content == b"ok"


def test_a_server_without_tls_is_a_connect_error(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.sock.recv(100)
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    caller = make_caller(verify=client_context())
    with pytest.raises(httpx.ConnectError):
        caller.request("GET", f"https://localhost:{serve(handler).port}")
    assert caller.pool() == (0, 0, 0)


def test_a_cut_tls_connection_is_no_end_of_a_body(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(reply(b"hello")[:-1])
        socket.socket.shutdown(peer.sock, socket.SHUT_RDWR)  # without the goodbye of TLS

    caller = make_caller(verify=client_context())
    server = serve(handler, tls=server_context())
    with pytest.raises(httpx.RemoteProtocolError):
        caller.request("GET", server.url)


def test_a_large_body_goes_both_ways_over_tls(make_caller: Callable[..., Caller], serve: Serve) -> None:
    def handler(peer: Peer) -> None:
        body = peer.read_request().partition(b"\r\n\r\n")[2]
        peer.send(reply(body))

    caller = make_caller(verify=client_context())
    server = serve(handler, tls=server_context())
    body = bytes(range(256)) * 8000
    assert caller.request("POST", server.url, content=body).content == body


def test_a_plain_request_makes_no_tls_context(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    def refuse(*_: object, **__: object) -> ssl.SSLContext:
        raise AssertionError("made a TLS context")

    monkeypatch.setattr(httpx, "create_ssl_context", refuse)
    caller = SyncCaller()
    assert caller.request("GET", serve(two_answers).url).content == b"ok"
    caller.close()


def test_importing_the_transports_imports_neither_parser_nor_pool() -> None:
    import subprocess

    code = (
        "import sys, httpx; before = set(sys.modules);"  # httpx 0.27 imports httpcore itself
        "import ollama_sdk.overlay._http.transports as c; c.Transport(); c.AsyncTransport();"
        "print(*({'httptools', 'h11', 'httpcore'} & (set(sys.modules) - before)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
