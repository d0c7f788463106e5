"""The official client for Python."""

from __future__ import annotations

import numpy as np
import ollama
from ollama._types import SubscriptableBaseModel

from benchmarks.contenders import CONVERSATION, TEXTS, Calls, attributes


class _Version(SubscriptableBaseModel):
    """It has no `version()`: this is what it would return, on the path that all its operations take."""

    version: str


def calls(url: str) -> Calls:
    client, other = ollama.Client(url), ollama.AsyncClient(url)

    async def version_async() -> int:
        return len((await other._request(_Version, "GET", "/api/version")).version)

    def show_verbose() -> int:
        answer = client.show("m")
        return len(answer.modelinfo["tokenizer.ggml.tokens"]) + len(answer.details.family)

    found = attributes.calls(
        client,
        other,
        [ollama.Message(**message) for message in CONVERSATION],
        version=lambda: len(client._request(_Version, "GET", "/api/version").version),
        version_async=version_async,
        embed_numpy=lambda: attributes.vectors(np.array(client.embed("m", TEXTS).embeddings, dtype=np.float32)),
        show_verbose=show_verbose,
    )
    del found["live_1000"]  # it has a hundred connections at most
    return found
