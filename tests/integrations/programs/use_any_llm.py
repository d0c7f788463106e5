"""any-llm: chat, streams, tools and embeddings."""

import asyncio
import json

from any_llm import acompletion, aembedding, completion, embedding

question = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why is the sky blue?"}]


def population(city: str) -> int:
    """Tell how many people live in a city."""
    return len(city)


chosen = {"model": "llama3.2", "provider": "ollama"}
results = {}
response = completion(messages=question, **chosen)
results["chat"] = [response.choices[0].message.content, response.usage.model_dump(), response.created]
results["stream"] = [piece.choices[0].delta.content for piece in completion(messages=question, stream=True, **chosen)]
asked = completion(messages=question, tools=[population], **chosen).choices[0].message
results["tools"] = [[call.function.name, call.function.arguments] for call in asked.tool_calls]
call = {"id": "1", "type": "function", "function": {"name": "population", "arguments": '{"city": "Oslo"}'}}
again = [*question, {"role": "assistant", "content": "", "tool_calls": [call]}]
again.append({"role": "tool", "content": "4", "tool_call_id": "1"})
results["tool result"] = completion(messages=again, tools=[population], **chosen).choices[0].message.content
vectors = embedding(inputs=["one", "two"], model="all-minilm", provider="ollama")
results["embeddings"] = [each.embedding for each in vectors.data]


async def main() -> None:
    stream = await acompletion(messages=question, stream=True, **chosen)
    results["async stream"] = [piece.choices[0].delta.content async for piece in stream]
    vectors = await aembedding(inputs="one", model="all-minilm", provider="ollama")
    results["async embeddings"] = vectors.data[0].embedding


asyncio.run(main())
print(json.dumps(results))
