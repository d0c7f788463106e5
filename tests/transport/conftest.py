"""Fixtures: a caller for each kind of transport, and servers that are stopped after the test."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest
from transport.raw_server import AsyncCaller, Caller, Peer, RawServer, Serve, SyncCaller, TrioCaller, UvloopCaller

from ollama_sdk.overlay._http.settings import is_available

# Where the transports that these tests are about cannot be used, there is nothing to test.
collect_ignore_glob = [] if is_available() else ["test_*.py"]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server that runs a function for each connection."""
    servers: list[RawServer] = []

    def start(handler: Callable[[Peer], object], tls: ssl.SSLContext | None = None, host: str = "") -> RawServer:
        servers.append(RawServer(handler, tls, host))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every event loop; on trio, where the wire is httpx's, those that are not of ours alone."""
    if "make_caller" in metafunc.fixturenames:
        is_of_ours = metafunc.definition.get_closest_marker("own_wire") is not None
        kinds = ["sync", "asyncio", "uvloop", *([] if is_of_ours else ["trio"])]
        metafunc.parametrize("make_caller", kinds, indirect=True)


@pytest.fixture
def make_caller(request: pytest.FixtureRequest) -> Iterator[Callable[..., Caller]]:
    """Make callers with settings of the transport."""
    callers: list[Caller] = []

    def make(**settings: object) -> Caller:
        kind = {"sync": SyncCaller, "asyncio": AsyncCaller, "uvloop": UvloopCaller, "trio": TrioCaller}[request.param]
        callers.append(kind(**settings))
        return callers[-1]

    yield make
    for caller in callers:
        caller.close()


@pytest.fixture
def caller(make_caller: Callable[..., Caller]) -> Caller:
    """A caller with the default settings."""
    return make_caller()
