"""This SDK."""

from __future__ import annotations

from benchmarks.contenders import CONVERSATION, Calls, attributes
from ollama_sdk.overlay import AsyncOllama, Message, Ollama


def calls(url: str) -> Calls:
    client, other = Ollama(url), AsyncOllama(url)

    async def version_async() -> int:
        return len((await other.version()).version)

    return attributes.calls(
        client,
        other,
        [Message.from_dict(dict(message)) for message in CONVERSATION],
        version=lambda: len(client.version().version),
        version_async=version_async,
        embed_numpy=lambda: attributes.vectors(client.embed("m", "text").as_numpy()),
        show_verbose=lambda: attributes.verbose(client.show("m", verbose=True)),
    )
