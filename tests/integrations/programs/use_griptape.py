"""griptape: chat, streams, tools and embeddings; it has no asynchronous driver."""

import json
import logging

from griptape.artifacts import TextArtifact
from griptape.common import PromptStack
from griptape.drivers.embedding.ollama import OllamaEmbeddingDriver
from griptape.drivers.prompt.ollama import OllamaPromptDriver
from griptape.tools import CalculatorTool

logging.disable()
driver = OllamaPromptDriver(model="llama3.2")
question = PromptStack.from_artifact(TextArtifact("Why is the sky blue?"))
results = {"chat": driver.try_run(question).to_text()}
results["stream"] = [piece.content.to_dict() if piece.content else None for piece in driver.try_stream(question)]
with_tools = PromptStack.from_artifact(TextArtifact("How much is 2 + 2?"))
with_tools.tools = [CalculatorTool()]
results["tools"] = [content.artifact.value.to_dict() for content in driver.try_run(with_tools).content]
results["embeddings"] = OllamaEmbeddingDriver(model="all-minilm").embed("one")
print(json.dumps(results, default=str))
