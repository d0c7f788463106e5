"""The model of the demo: one of the Ollama at OLLAMA_HOST, or else a small one that runs in the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ollama_sdk.overlay import Ollama


@contextmanager
def a_model(wanted: str | None = None) -> Iterator[tuple[Ollama, str]]:
    """Yield a client, and the name of a model that its server has.

    Args:
        wanted: The model; None takes one that can chat, with tools if there is one.
    """
    with Ollama() as client:
        if model := wanted or _one_that_chats(client):
            print(f"Model: {model}, on the Ollama at {client.base_url}")
            yield client, model
            return

    from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

    # One thread: two wait for each other, which takes longer where other programs run.
    with EmbeddedModel(threads=1) as embedded, OllamaServer(responder=ModelApi(embedded)) as server:
        print(f"Model: {embedded.name}, which runs in this program (no Ollama with a model at {client.base_url}).")
        print("It is tiny: it writes well, and knows little.")
        with Ollama(server.url) as client:
            yield client, embedded.name


def _one_that_chats(client: Ollama) -> str | None:
    """The name of a model that can chat, or None when there is no server or no such model."""
    if not client.is_running():
        return None
    # Servers before 0.12 do not tell in the list what a model can do.
    chatting = [model for model in client.list().models if "completion" in (model.capabilities or ["completion"])]
    with_tools = [model for model in chatting if "tools" in (model.capabilities or [])]
    return next((model.model for model in with_tools + chatting), None)
