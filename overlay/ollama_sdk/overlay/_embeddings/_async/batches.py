"""Sending the requests of one call of `embed`, side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from ollama_sdk.overlay._calls.side_by_side import run_in_tasks
from ollama_sdk.overlay._embeddings.batches import EmbedBatches, join

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._sending.request import Request


async def send_batches(
    batches: EmbedBatches, calls: Calls, send: Callable[[Request[VectorsResponse], Calls], Awaitable[VectorsResponse]]
) -> VectorsResponse:
    """Send the requests, side by side when there are several, and return one response for all.

    The first failure ends the others; its message tells which texts it had. `send` makes one request, as one of the
    calls that it is given, and an abort of `calls` ends all of them in any phase.
    """
    with calls.group() as group:
        sending = [partial(send, request, group) for request in batches.requests]
        return join(await run_in_tasks(sending, batches.at_once, group, "ollama-sdk embed"))
