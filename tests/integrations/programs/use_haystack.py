"""ollama-haystack: chat, streams, tools and embedders."""

import asyncio
import json

from haystack import Document
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack_integrations.components.embedders.ollama import OllamaDocumentEmbedder, OllamaTextEmbedder
from haystack_integrations.components.generators.ollama import OllamaChatGenerator


def population(city: str) -> int:
    """Tell how many people live in a city."""
    return len(city)


question = [ChatMessage.from_system("Be short."), ChatMessage.from_user("Why is the sky blue?")]
results = {}
[reply] = OllamaChatGenerator(model="llama3.2", url=None).run(question)["replies"]
results["chat"] = [reply.text, {name: str(value) for name, value in sorted(reply.meta.items())}]
pieces = []
OllamaChatGenerator(model="llama3.2", url=None, streaming_callback=lambda piece: pieces.append(piece.content)).run(
    question
)
results["stream"] = pieces
tool = create_tool_from_function(population)
[asked] = OllamaChatGenerator(model="llama3.2", url=None, tools=[tool]).run(question)["replies"]
results["tools"] = [[call.tool_name, call.arguments] for call in asked.tool_calls]
result = ChatMessage.from_tool("4", origin=asked.tool_calls[0])
[answer] = OllamaChatGenerator(model="llama3.2", url=None, tools=[tool]).run([*question, asked, result])["replies"]
results["tool result"] = answer.text
results["embeddings"] = OllamaTextEmbedder(model="all-minilm", url=None).run("one")["embedding"]
documents = OllamaDocumentEmbedder(model="all-minilm", url=None, progress_bar=False).run([Document(content="one")])
results["documents"] = documents["documents"][0].embedding


async def main() -> None:
    streamed = []

    async def keep(piece) -> None:
        streamed.append(piece.content)

    await OllamaChatGenerator(model="llama3.2", url=None, streaming_callback=keep).run_async(question)
    results["async stream"] = streamed


asyncio.run(main())
print(json.dumps(results))
