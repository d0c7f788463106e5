"""A server that answers each request with what it was asked."""

from __future__ import annotations

from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

ROWS = ("/api/generate", "/api/chat", "/api/embed")
ECHO = {"model": "m", "prompt": "{item}"}
"""A request whose answer is the item, as text."""


def asked(received: Received) -> str:
    """The text that a request is about."""
    request = received.json
    if "messages" in request:
        return str(request["messages"][-1]["content"])
    return str(request.get("prompt", request.get("input")))


def echo(received: Received) -> Reply:
    """Answer with the text that was asked."""
    if received.path == "/api/embed":
        texts = received.json["input"]
        vectors = [[float(len(text)), 0.5] for text in ([texts] if isinstance(texts, str) else texts)]
        return Reply(Json({"model": "m", "embeddings": vectors, "prompt_eval_count": 3}))
    return answer(received.path, [asked(received)], stream=False)


def answering(server: OllamaServer) -> OllamaServer:
    """Script a server, so that it has every model and answers each row with itself."""
    for path in ROWS:
        server.reply("POST", path, echo)
    # Rows are not sent on the connection of this answer: when that breaks, a client sends again by itself.
    server.reply("POST", "/api/show", Json({"capabilities": ["completion"]}), headers={"Connection": "close"})
    server.reply("GET", "/api/version", Json({"version": "0.12.6"}))
    server.reply("GET", "/api/ps", Json({"models": []}))
    return server


def refusal(status: int, error: str = "no", **headers: str) -> Reply:
    """An answer with an error."""
    return Reply(Json({"error": error}), status=status, headers={"retry-after": "0", **headers})


def rows_of(server: OllamaServer) -> list[str]:
    """What the rows asked that came to a server, in order."""
    return [asked(request) for request in server.requests if request.path in ROWS]
