"""What the server answers to the programs: texts, calls of tools, vectors, and what it has."""

from __future__ import annotations

from typing import Any

from ollama_sdk.overlay.testing import Json, Line, OllamaServer, Received, Reply

TIME = "2026-11-01T10:00:00.123456789Z"
PIECES = ("Light is ", "scattered", ".")
COUNTS = {"total_duration": 50, "load_duration": 1, "prompt_eval_count": 9, "prompt_eval_duration": 20}
END = {"done": True, "done_reason": "stop", **COUNTS, "eval_count": 3, "eval_duration": 29}
DETAILS = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "3.2B"}
EXAMPLES = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}


def answer(server: OllamaServer) -> None:
    """Let a server answer what the programs ask."""
    server.reply("POST", "/api/chat", _chat)
    server.reply("POST", "/api/generate", _generate)
    server.reply("POST", "/api/embed", _embed)
    server.reply("POST", "/api/embeddings", Json({"embedding": [0.5, 0.25]}))
    server.reply("POST", "/api/show", _show)
    models = [_model("llama3.2:latest", "1"), _model("all-minilm:latest", "2")]
    server.reply("GET", "/api/tags", Json({"models": models}))


def _model(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "model": name, "modified_at": TIME, "size": 5, "digest": digest * 64, "details": DETAILS}


def _chat(received: Received) -> Reply:
    request: Any = received.json
    base = {"model": request["model"], "created_at": TIME}
    if request.get("tools") and request["messages"][-1]["role"] != "tool":
        call = {"id": "call_1", "function": {"name": "", "arguments": {}}}
        function = request["tools"][0]["function"]
        call["function"] = {"name": function["name"], "arguments": _arguments(function["parameters"])}
        asking = {"role": "assistant", "content": "", "tool_calls": [call]}
        if request.get("stream"):
            return Reply(Line({**base, "message": asking, "done": False}), Line({**base, "message": EMPTY, **END}))
        return Reply(Json({**base, "message": asking, **END}))
    if request.get("stream"):
        lines = [{**base, "message": {"role": "assistant", "content": piece}, "done": False} for piece in PIECES]
        return Reply(*map(Line, lines), Line({**base, "message": EMPTY, **END}))
    return Reply(Json({**base, "message": {"role": "assistant", "content": "".join(PIECES)}, **END}))


EMPTY = {"role": "assistant", "content": ""}


def _arguments(schema: dict[str, Any]) -> dict[str, Any]:
    """A value for each parameter."""
    return {name: EXAMPLES.get(str(each.get("type")), "Oslo") for name, each in schema.get("properties", {}).items()}


def _generate(received: Received) -> Reply:
    request: Any = received.json
    base = {"model": request["model"], "created_at": TIME}
    if request.get("stream"):
        lines = [{**base, "response": piece, "done": False} for piece in PIECES]
        return Reply(*map(Line, lines), Line({**base, "response": "", "context": [1, 2], **END}))
    return Reply(Json({**base, "response": "".join(PIECES), "context": [1, 2], **END}))


def _embed(received: Received) -> Reply:
    request: Any = received.json
    texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
    vectors = [[0.5, 0.25, float(len(text))] for text in texts]
    return Reply(Json({"model": request["model"], "embeddings": vectors, "total_duration": 5, "prompt_eval_count": 2}))


def _show(received: Received) -> Reply:
    request: Any = received.json
    embeds = "minilm" in str(request.get("model"))
    capabilities = ["embedding"] if embeds else ["completion", "tools"]
    return Reply(Json({"details": DETAILS, "model_info": {"llama.context_length": 4096}, "capabilities": capabilities}))
