"""What is done with answers that are plain dicts: of httpx and aiohttp by hand, and of the floor."""

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

    def embeddings() -> Any:
        return post("/api/embed", input=TEXTS)["embeddings"]

    found: Calls = {
        "chat": lambda: sum(map(said, lines("/api/chat", CHAT))),
        "generate": lambda: sum(map(written, lines("/api/generate", GENERATE))),
        "tools": lambda: sum(map(called, lines("/api/chat", CHAT))),
        "version": lambda: len(get("/api/version")["version"]),
        "chat_whole": lambda: said(post("/api/chat", messages=MESSAGES)),
        "embed": lambda: vectors(embeddings()),
        "embed_numpy": lambda: vectors(np.array(embeddings(), dtype=np.float32)),
        "conversation": lambda: said(post("/api/chat", messages=CONVERSATION)),
        "list_1000": lambda: sum(map(model, get("/api/tags")["models"])),
        "show_verbose": lambda: verbose(post("/api/show", verbose=True)),
    }
    found |= {f"{name}_async": found[name] for name in ("chat", "generate", "version", "chat_whole")}
    return {**found, "paced": found["chat"], "streams_32": lambda: sum(found["chat"]() for _ in range(32))}


def said(answer: Any) -> int:
    return len(answer["message"]["content"]) + answer["done"]


def written(chunk: Any) -> int:
    return len(chunk["response"]) + chunk["done"]


def called(chunk: Any) -> int:
    functions = [call["function"] for call in chunk["message"].get("tool_calls", ())]
    return sum(len(function["name"]) + len(function["arguments"]["city"]) for function in functions) + chunk["done"]


def model(one: Any) -> int:
    return len(one["model"]) + one["size"] + datetime.fromisoformat(one["modified_at"]).year


def verbose(answer: Any) -> int:
    return len(answer["model_info"]["tokenizer.ggml.tokens"]) + len(answer["details"]["family"])
