# Compiled from overlay/ollama_sdk/overlay/_embeddings/_async/batches.py; change that, then run `make generate`.
"""Send the requests of one call of `embed`, several at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ollama_sdk.overlay._calls.side_by_side import run_in_threads
from ollama_sdk.overlay._embeddings.batches import EmbedBatches, join

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._sending.request import Request


def send_batches(
    batches: EmbedBatches, calls: Calls, send: Callable[[Request[VectorsResponse], Calls], VectorsResponse]
) -> VectorsResponse:
    """Send the requests, several at a time, and return one response for all.

    The first failure ends the others; its message names the texts of the request. `send` sends one request as a call
    of the group that it gets. An abort of `calls` ends all of them, whatever they wait for.
    """
    with calls.group() as group:
        sending = [partial(send, request, group) for request in batches.requests]
        return join(run_in_threads(sending, batches.at_once, group, "ollama-sdk embed"))
