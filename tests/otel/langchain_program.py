"""A chat model of LangChain that calls us, with both instrumentations; run by test_otel_neighbours.py."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from opentelemetry.instrumentation.langchain import LangchainInstrumentor
from otel.conftest import Telemetry
from overlay.scripts import HI

from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay.testing import OllamaServer, answer


class Model(BaseChatModel):
    url: str
    model: str = "m"

    @property
    def _llm_type(self) -> str:
        return "ollama"

    def _generate(self, *arguments: Any, **settings: Any) -> ChatResult:
        with Ollama(self.url) as client:
            return _result(client.chat("m", HI))

    async def _agenerate(self, *arguments: Any, **settings: Any) -> ChatResult:
        async with AsyncOllama(self.url) as client:
            return _result(await client.chat("m", HI))


def _result(response: Any) -> ChatResult:
    return ChatResult(generations=[ChatGeneration(message=AIMessage(response.message.content))])


def main() -> None:
    telemetry = Telemetry()
    telemetry.instrument()
    LangchainInstrumentor().instrument(tracer_provider=telemetry.tracer_provider)
    with OllamaServer() as server, telemetry.tracer.start_as_current_span("program") as program:
        server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
        model = Model(url=server.url)
        model.invoke("Hi!")
        asyncio.run(model.ainvoke("Hi!"))
        # LangChain's instrumentation does not make its span the current one.
        for request in server.requests:
            assert f"{program.get_span_context().span_id:016x}" in request.headers["traceparent"]
    print(", ".join(span.name for span in telemetry.spans))


if __name__ == "__main__":
    main()
