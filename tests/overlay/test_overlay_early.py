"""Answers that come while the body is still being sent, on httpx's own transports: they arrive, as on ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import httpx
import pytest
from overlay.callers import Api, http_client
from transport.early_server import CONTINUED, answering, closes, ends_well, reads_on, stops_reading
from transport.raw_server import CERTIFICATE, Peer, RawServer, Serve, client_context, server_context

from ollama_sdk.overlay import AsyncOllama, ResponseError


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RawServer] = []

    def start(*arguments: object) -> RawServer:
        servers.append(RawServer(*arguments))  # type: ignore[arg-type]  # passed on as given
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("transport", ["own", "injected", "httpx2"])
@pytest.mark.parametrize("size", [500_000, 20_000_000])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("then", [reads_on, stops_reading, closes, ends_well])
def test_an_early_answer_arrives_on_httpx_own_transports(
    make_api: Callable[..., Api],
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    transport: str,
    then: Callable[[Peer], None],
    secure: bool,
    size: int,
) -> None:
    monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", "httpx")  # for the client's own choice
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    caplog.set_level(logging.WARNING)
    arguments = {}
    if transport != "own":
        library = "httpx2" if transport == "httpx2" else "httpx"
        pytest.importorskip(library)
        arguments["http_client"] = http_client(kind, library, verify=client_context())
    api = make_api(answering(serve, CONTINUED, then, server_context() if secure else None), **arguments)

    with pytest.raises(ResponseError, match="too large") as caught:
        api.create_blob(b"x" * size)

    assert caught.value.status_code == 413
    assert caplog.records == []


@pytest.mark.parametrize("size", [500_000, 20_000_000])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("then", [reads_on, stops_reading, closes, ends_well])
# trio warns of the generator of the body, which httpcore leaves to the collector.
@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")
def test_an_early_answer_arrives_on_an_injected_transport_under_trio(
    serve: Serve, then: Callable[[Peer], None], secure: bool, size: int
) -> None:
    trio = pytest.importorskip("trio")
    url = answering(serve, CONTINUED, then, server_context() if secure else None)

    async def upload() -> None:
        transport = httpx.AsyncHTTPTransport(verify=client_context())
        async with AsyncOllama(url, transport=transport) as client:
            await client.create_blob(b"x" * size)

    with pytest.raises(ResponseError, match="too large") as caught:
        trio.run(upload)

    assert caught.value.status_code == 413
