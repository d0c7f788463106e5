"""langchain-ollama: chat, streams, tools, embeddings, and the older completions."""

import asyncio
import json

from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_ollama import ChatOllama, OllamaEmbeddings, OllamaLLM


@tool
def population(city: str) -> int:
    """Tell how many people live in a city."""
    return len(city)


model = ChatOllama(model="llama3.2", temperature=0)
results = {}
answer = model.invoke([SystemMessage("Be short."), HumanMessage("Why is the sky blue?")])
metadata = {name: str(value) for name, value in sorted(answer.response_metadata.items())}
results["chat"] = [answer.content, metadata, answer.usage_metadata]
results["stream"] = [piece.content for piece in model.stream("Why is the sky blue?")]
question = HumanMessage("How many people live in Oslo?")
asked = model.bind_tools([population]).invoke([question])
results["tools"] = [[call["name"], call["args"]] for call in asked.tool_calls]
result = ToolMessage("4", tool_call_id=asked.tool_calls[0]["id"])
results["tool result"] = model.bind_tools([population]).invoke([question, asked, result]).content
results["embeddings"] = OllamaEmbeddings(model="all-minilm").embed_documents(["one", "two"])
results["completion"] = [OllamaLLM(model="llama3.2").invoke("Why?"), list(OllamaLLM(model="llama3.2").stream("Why?"))]


async def main() -> None:
    results["async stream"] = [piece.content async for piece in model.astream("Why is the sky blue?")]
    results["async embeddings"] = await OllamaEmbeddings(model="all-minilm").aembed_query("one")


asyncio.run(main())
print(json.dumps(results))
