# Compiled from overlay/ollama_sdk/overlay/_embeddings/_async/batches.py; change that, then run `make generate`.
"""Sending the requests of one call of `embed`, side by side."""

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
    """Send the requests, side by side when there are several. The first failure ends the others.

    Args:
        batches: The requests.
        calls: The calls in flight of the client, whose abort ends all requests in any phase.
        send: Makes one request, as one of the calls given.

    Returns:
        One response for all.

    Raises:
        OllamaError: A request failed; the message tells which texts it had.
    """
    with calls.group() as group:
        sending = [partial(send, request, group) for request in batches.requests]
        return join(run_in_threads(sending, batches.at_once, group, "ollama-sdk embed"))
