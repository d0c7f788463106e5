"""Answers that come while the body is still being sent, on httpx's own transports: they arrive, as on ours."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from overlay.callers import Api
from transport.early_server import TOO_LARGE, answering, closes, ends_well, reads_on, stops_reading
from transport.raw_server import CERTIFICATE, Peer, RawServer, Serve, server_context

from ollama_sdk.overlay import ResponseError


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RawServer] = []

    def start(*arguments: object) -> RawServer:
        servers.append(RawServer(*arguments))  # type: ignore[arg-type]  # passed on as given
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.mark.parametrize("size", [500_000, 20_000_000])
@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("then", [reads_on, stops_reading, closes, ends_well])
def test_an_early_answer_arrives_on_httpx_own_transports(
    make_api: Callable[..., Api],
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    then: Callable[[Peer], None],
    secure: bool,
    size: int,
) -> None:
    monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", "httpx")
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    caplog.set_level(logging.WARNING)
    api = make_api(answering(serve, TOO_LARGE, then, server_context() if secure else None))

    with pytest.raises(ResponseError, match="too large") as caught:
        api.create_blob(b"x" * size)

    assert caught.value.status_code == 413
    assert caplog.records == []
