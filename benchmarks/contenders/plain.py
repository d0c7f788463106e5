"""What is done with answers that are plain dicts: of httpx by hand and of the floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np

from benchmarks.contenders import CONVERSATION, MESSAGES, TEXTS, Calls
from benchmarks.contenders.attributes import vectors

CHAT = {"model": "m", "messages": MESSAGES, "stream": True}
GENERATE = {"model": "m", "prompt": "Write.", "stream": True}


def calls(lines: Callable[[str, object], Iterator[Any]], get: Callable[[str], Any], send: Callable[..., Any]) -> Calls:
    """The functions for all scenarios; the asynchronous ones do the same without an event loop.

    Args:
        lines: Gives the objects of a stream, by path and body.
        get: Gives the object at a path.
        send: Gives the object that is the answer to a path and a body.
    """

    def post(path: str, **body: object) -> Any:
        return send(path, {"model": "m", "stream": False, **body})

    def chat() -> int:
        total = 0
        for chunk in lines("/api/chat", CHAT):
            total += len(chunk["message"]["content"]) + chunk["done"]
        return total

    def generate() -> int:
        total = 0
        for chunk in lines("/api/generate", GENERATE):
            total += len(chunk["response"]) + chunk["done"]
        return total

    def tools() -> int:
        total = 0
        for chunk in lines("/api/chat", CHAT):
            for call in chunk["message"].get("tool_calls", ()):
                total += len(call["function"]["name"]) + len(call["function"]["arguments"]["city"])
            total += chunk["done"]
        return total

    def version() -> int:
        return len(get("/api/version")["version"])

    def chat_whole() -> int:
        return whole(post("/api/chat", messages=MESSAGES))

    def embeddings() -> Any:
        return post("/api/embed", input=TEXTS)["embeddings"]

    return {
        "chat": chat,
        "chat_async": chat,
        "generate": generate,
        "generate_async": generate,
        "tools": tools,
        "streams_32": lambda: sum(chat() for _ in range(32)),
        "paced": chat,
        "version": version,
        "version_async": version,
        "chat_whole": chat_whole,
        "chat_whole_async": chat_whole,
        "embed": lambda: vectors(embeddings()),
        "embed_numpy": lambda: vectors(np.array(embeddings(), dtype=np.float32)),
        "conversation": lambda: whole(post("/api/chat", messages=CONVERSATION)),
        "list_1000": lambda: models(get("/api/tags")),
        "show_verbose": lambda: verbose(post("/api/show", verbose=True)),
    }


def whole(answer: Any) -> int:
    return len(answer["message"]["content"]) + answer["done"]


def models(answer: Any) -> int:
    return sum(
        len(model["model"]) + model["size"] + datetime.fromisoformat(model["modified_at"]).year
        for model in answer["models"]
    )


def verbose(answer: Any) -> int:
    return len(answer["model_info"]["tokenizer.ggml.tokens"]) + len(answer["details"]["family"])
