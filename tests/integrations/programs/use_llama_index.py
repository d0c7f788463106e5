"""llama-index-llms-ollama and llama-index-embeddings-ollama: chat, streams, tools and embeddings."""

import asyncio
import json
import os

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.ollama import OllamaEmbedding
from llama_index.llms.ollama import Ollama


def population(city: str) -> int:
    """Tell how many people live in a city."""
    return len(city)


host = os.environ["OLLAMA_HOST"]
model = Ollama(model="llama3.2", base_url=host, request_timeout=30, context_window=4096)
question = [ChatMessage(role="system", content="Be short."), ChatMessage(role="user", content="Why is the sky blue?")]
results = {}
answer = model.chat(question)
results["chat"] = [str(answer), sorted(map(str, answer.raw)), answer.additional_kwargs]
results["completion"] = model.complete("Why?").text
results["stream"] = [piece.delta for piece in model.stream_chat(question)]
tool = FunctionTool.from_defaults(population)
asked = model.chat_with_tools([tool], user_msg="How many people live in Oslo?")
calls = model.get_tool_calls_from_response(asked)
results["tools"] = [[call.tool_name, call.tool_kwargs] for call in calls]
results["embeddings"] = OllamaEmbedding("all-minilm", base_url=host).get_text_embedding_batch(["one", "two"])


async def main() -> None:
    results["async stream"] = [piece.delta async for piece in await model.astream_chat(question)]
    results["async embeddings"] = await OllamaEmbedding("all-minilm", base_url=host).aget_text_embedding("one")


asyncio.run(main())
print(json.dumps(results))
