"""Our models in the signatures of a FastAPI application: requests, answers, and its OpenAPI page."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from ollama_sdk.overlay import AsyncOllama, ChatRequest, ChatResponse, ListResponse, Message, Ollama, ProgressResponse
from ollama_sdk.overlay.testing import Json, OllamaServer

fastapi = pytest.importorskip("fastapi")
from fastapi.testclient import TestClient  # noqa: E402  # only where there is FastAPI

USER = {"role": "user", "content": "Why is the sky blue?"}
ANSWER = {
    "model": "m",
    "created_at": "2026-01-02T03:04:05.678901234Z",
    "message": {"role": "assistant", "content": "It scatters light."},
    "done": True,
    "eval_count": 4,
    "new": [1],
}
MODELS = {"models": [{"name": "m", "model": "m", "modified_at": "2026-01-02T03:04:05+01:00", "size": 5, "digest": "d"}]}


@pytest.fixture
def application(server: OllamaServer) -> Iterator[TestClient]:
    server.reply("POST", "/api/chat", Json(ANSWER))
    server.reply("GET", "/api/tags", Json(MODELS))
    client, async_client = Ollama(server.url), AsyncOllama(server.url)
    app = fastapi.FastAPI()

    @app.post("/chat")
    def chat(request: ChatRequest) -> ChatResponse:
        return client.chat(request.model, request.messages)

    @app.post("/ask")
    async def ask(messages: list[Message]) -> ChatResponse:
        return await async_client.chat("m", messages)

    @app.post("/first")
    def first(messages: list[Message]) -> Message:
        return messages[0]

    @app.get("/models")
    def models() -> ListResponse:
        return client.list()

    @app.get("/progress")
    def progress() -> dict[str, ProgressResponse]:
        return {"last": ProgressResponse(status="success")}

    with TestClient(app) as test_client:
        yield test_client
    client.close()


def test_the_openapi_page_is_valid_and_shows_the_models(application: TestClient):
    page = application.get("/openapi.json").json()
    validate(page)
    schemas = page["components"]["schemas"]
    assert {"ChatRequest", "ChatResponse", "Message", "ToolCall", "Options", "ListResponse"} <= schemas.keys()
    assert not [name for name in schemas if name.endswith(("-Input", "-Output"))]
    assert schemas["Message"]["properties"]["thinking"]["description"].startswith("Reasoning")
    body = page["paths"]["/ask"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["items"] == {"$ref": "#/components/schemas/Message"}


@pytest.mark.parametrize(("path", "body"), [("/chat", {"model": "m", "messages": [USER]}), ("/ask", [USER])])
def test_an_answer_is_returned_as_the_server_wrote_it(
    application: TestClient, server: OllamaServer, path: str, body: Any
):
    returned = application.post(path, json=body)
    assert returned.status_code == 200
    assert returned.json() == ANSWER
    assert server.requests[-1].json["messages"] == [USER]


def test_a_body_with_fields_that_are_not_described_keeps_them(application: TestClient):
    assert application.post("/first", json=[{**USER, "mood": "good"}]).json() == {**USER, "mood": "good"}


def test_a_body_that_does_not_fit_is_answered_with_422(application: TestClient):
    refused = application.post("/ask", json=[{"content": 5}])
    assert refused.status_code == 422
    assert [error["loc"] for error in refused.json()["detail"]] == [["body", 0, "role"], ["body", 0, "content"]]


def test_tables_and_models_in_containers_are_returned(application: TestClient):
    assert application.get("/models").json() == MODELS
    assert application.get("/progress").json() == {"last": {"status": "success"}}
