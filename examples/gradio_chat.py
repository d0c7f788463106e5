"""A chat in the browser, with Gradio: `python examples/gradio_chat.py`. It needs `pip install gradio`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import gradio as gr

from ollama_sdk.overlay import AsyncOllama, OllamaError

MODEL = "llama3.2"
client = AsyncOllama()


async def answer(question: str, history: list[dict[str, Any]]) -> AsyncIterator[str]:
    """Yield the answer as far as it has been written."""
    messages = [{"role": said["role"], "content": text_of(said["content"])} for said in history]
    messages.append({"role": "user", "content": question})
    written = ""
    try:
        async with await client.chat(MODEL, messages, stream=True) as stream:
            async for text in stream.text:
                written += text
                yield written
    except OllamaError as error:
        raise gr.Error(str(error)) from error


def text_of(content: Any) -> str:
    """The text of a message, which Gradio keeps as text or in parts."""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


page = gr.ChatInterface(
    answer,
    title=f"Chat with {MODEL}",
    api_name="chat",
    concurrency_limit=4,  # answers at a time, as many as OLLAMA_NUM_PARALLEL of the server
    analytics_enabled=False,  # otherwise Gradio reports to its makers
)

if __name__ == "__main__":
    page.launch()
