"""llm-ollama, the plugin of llm: chat, streams, tools and embeddings."""

import asyncio
import json

import llm


def population(city: str) -> int:
    """Tell how many people live in a city."""
    return len(city)


results = {}
model = llm.get_model("ollama/llama3.2")
response = model.prompt("Why is the sky blue?", system="Be short.", stream=False)
results["chat"] = [response.text(), response.usage().input, response.usage().output]
results["stream"] = list(model.prompt("Why is the sky blue?"))
asked = model.prompt("How many people live in Oslo?", tools=[population], stream=False)
results["tools"] = [[call.name, call.arguments] for call in asked.tool_calls()]
chain = model.chain("How many people live in Oslo?", tools=[population], stream=False)
results["tool result"] = chain.text()
results["embeddings"] = [list(llm.get_embedding_model("ollama/all-minilm").embed("one"))]


async def main() -> None:
    response = llm.get_async_model("ollama/llama3.2").prompt("Why is the sky blue?")
    results["async stream"] = [piece async for piece in response]


asyncio.run(main())
print(json.dumps(results))
