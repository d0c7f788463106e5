"""Tools that stand in for HTTP, on httpx's own transport: what docs/testing.md says of them."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from overlay.callers import Api, stock_transport

HOST = "http://mock.test:11434"
MODELS = {"models": [{"name": "llama3.2", "model": "llama3.2"}]}


@pytest.fixture(params=["environment", "transport"])
def mocked_api(
    request: pytest.FixtureRequest, make_api: Callable[..., Api], kind: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Api]:
    """Make a client on httpx's own transport, chosen in either way."""

    def make() -> Api:
        if request.param == "environment":
            monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", "httpx")
            return make_api(HOST, max_retries=0)
        return make_api(HOST, max_retries=0, transport=stock_transport(kind))

    return make


def test_respx_answers(mocked_api: Callable[[], Api]):
    respx = pytest.importorskip("respx")
    with respx.mock:
        route = respx.get(f"{HOST}/api/tags").respond(json=MODELS)
        assert mocked_api().list().models[0].name == "llama3.2"
    assert route.called


def test_an_instrumentation_that_wraps_the_transport_sees_the_requests(
    mocked_api: Callable[[], Api], kind: str, monkeypatch: pytest.MonkeyPatch
):
    """As the tracing of httpx, pytest-httpx and vcrpy do it."""
    seen: list[str] = []

    def handle(self: object, request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json=MODELS)

    async def handle_async(self: object, request: httpx.Request) -> httpx.Response:
        return handle(self, request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle_async)
    assert mocked_api().list().models[0].name == "llama3.2"
    assert seen == ["/api/tags"]


def test_a_transport_of_httpx_that_answers_by_itself_does(make_api: Callable[..., Api]):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=MODELS))
    assert make_api(HOST, transport=transport).list().models[0].name == "llama3.2"
