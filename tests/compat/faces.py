"""The same call on the official client and on ours: what each sends to a server, and what it gives to the program."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ollama_sdk.overlay import compat
from ollama_sdk.overlay.testing import Json, Line, OllamaServer, Reply

DETAILS = {
    "parent_model": "",
    "format": "gguf",
    "family": "llama",
    "families": ["llama"],
    "parameter_size": "3.2B",
    "quantization_level": "Q4_K_M",
}
MODEL = {
    "model": "llama3.2:latest",
    "modified_at": "2026-11-01T10:00:00.123456789+02:00",
    "size": 2019393189,
    "digest": "a80c4f17acd5",
    "details": DETAILS,
}
CALL = {"function": {"name": "population", "arguments": {"city": "Oslo", "year": None}}}
CHAT = {
    "model": "llama3.2",
    "created_at": "2026-11-01T10:00:00.123456789Z",
    "message": {"role": "assistant", "content": "Hello", "thinking": "Hm.", "tool_calls": [CALL]},
    "done": True,
    "done_reason": "stop",
    "total_duration": 5,
    "eval_count": 3,
    "logprobs": [{"token": "Hello", "logprob": -0.5, "top_logprobs": [{"token": "Hi", "logprob": -1.5}]}],
}
GENERATE = {"model": "llama3.2", "created_at": "2026-11-01T10:00:00Z", "response": "Hello", "done": True}
ANSWERS = {
    "chat": ("POST", "/api/chat", CHAT),
    "generate": ("POST", "/api/generate", {**GENERATE, "context": [1, 2], "thinking": "Hm."}),
    "embed": ("POST", "/api/embed", {"model": "m", "embeddings": [[0.5, 1.0], [0.25, 2]], "total_duration": 3}),
    "embeddings": ("POST", "/api/embeddings", {"embedding": [0.5, 1.0]}),
    "list": ("GET", "/api/tags", {"models": [MODEL]}),
    "ps": (
        "GET",
        "/api/ps",
        {"models": [{**MODEL, "name": "llama3.2:latest", "size_vram": 5, "expires_at": "2026-11-01T10:05:00Z"}]},
    ),
    "show": (
        "POST",
        "/api/show",
        {"modelfile": "FROM x", "details": DETAILS, "model_info": {"a.b": 1}, "capabilities": ["tools"]},
    ),
    "pull": ("POST", "/api/pull", {"status": "success"}),
    "push": ("POST", "/api/push", {"status": "success"}),
    "create": ("POST", "/api/create", {"status": "success"}),
    "systemone": (
        "POST",
        "/v1/systemone",
        {
            "model": "nimble",
            "answers": {
                "down": {"type": "noul", "noul": 0.5},
                "kind": {"type": "choice", "choice": "a", "probabilities": {"a": 1.0}, "confidence": 1.0},
                "bad": {"type": "score", "score": 1.5, "legend": {"0": "x"}, "probabilities": {}, "confidence": 0.5},
            },
            "usage": {"input_tokens": 3, "output_tokens": 0},
        },
    ),
}
STREAMS = {
    "/api/chat": [
        {
            **CHAT,
            "message": {"role": "assistant", "content": piece},
            "done": done,
            "done_reason": None,
            "logprobs": None,
        }
        for piece, done in (("Hel", False), ("lo", False), ("", True))
    ],
    "/api/generate": [{**GENERATE, "response": "Hel", "done": False}, {**GENERATE, "response": "lo"}],
    "/api/pull": [{"status": "pulling", "digest": "sha256:1", "total": 5, "completed": 2}, {"status": "success"}],
    "/api/push": [{"status": "pushing"}, {"status": "success"}],
    "/api/create": [{"status": "using layer"}, {"status": "success"}],
}


def answer(server: OllamaServer) -> None:
    """Let the server answer every operation, streamed where that is asked for."""
    for method, path, whole in ANSWERS.values():
        server.reply(method, path, lambda received, whole=whole: _reply(received, whole))
    server.reply("POST", "/api/copy", Reply())
    server.reply("DELETE", "/api/delete", Reply())
    server.reply("POST", "/api/blobs/*", Reply(status=201))


def _reply(received: Any, whole: Any) -> Reply:
    if received.method == "POST" and received.json.get("stream"):
        return Reply(*(Line(line) for line in STREAMS[received.path]))
    return Reply(Json(whole))


@dataclass
class Outcome:
    """What a call did.

    Attributes:
        requests: Method, path and body of what was sent.
        result: What the program got, a stream as a list; or the error.
    """

    requests: list[tuple[str, str, Any]]
    result: Any


Call = Callable[[Any, ModuleType], Any]
"""A call: of a client, and of the module that it is of."""


def blocking(module: ModuleType, server: OllamaServer, call: Call, **settings: Any) -> Outcome:
    """Make a call on the blocking client."""
    server.requests.clear()
    with module.Client(server.url, **settings) as client:
        try:
            result = call(client, module)
            if inspect.isgenerator(result):
                result = list(result)
        except Exception as error:
            result = error
    return Outcome(_sent(server), result)


def asynchronous(module: ModuleType, server: OllamaServer, call: Call, **settings: Any) -> Outcome:
    """Make a call on the asynchronous client."""
    server.requests.clear()

    async def run() -> Any:
        async with module.AsyncClient(server.url, **settings) as client:
            try:
                result = await call(client, module)
                return [piece async for piece in result] if inspect.isasyncgen(result) else result
            except Exception as error:
                return error

    result = asyncio.run(run())
    return Outcome(_sent(server), result)


def list_models(client: Any, module: ModuleType) -> Any:
    """A call that needs no arguments."""
    return client.list()


def headers(server: OllamaServer, **settings: Any) -> list[Any]:
    """The headers of a request of each client of compat with these settings."""
    found = []
    for run in (blocking, asynchronous):
        run(compat, server, list_models, **settings)
        found.append(server.requests[0].headers)
    return found


def _sent(server: OllamaServer) -> list[tuple[str, str, Any]]:
    return [(each.method, each.path, each.json if each.body[:1] == b"{" else each.body) for each in server.requests]


def shown(value: Any) -> Any:
    """A value in a form in which those of both clients can be compared: all that a program sees of it."""
    if hasattr(value, "model_dump"):
        pairs = {name: shown(item) for name, item in dict(value).items()}
        return type(value).__name__, value.model_dump(), pairs, value.model_dump_json()
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [shown(item) for item in value]
    if isinstance(value, Exception):
        return type(value).__name__, str(value)
    return value
