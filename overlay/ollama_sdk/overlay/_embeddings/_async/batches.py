"""Send the requests of one call of `embed`, several at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from ollama_sdk.overlay._calls.side_by_side import run_in_tasks
from ollama_sdk.overlay._embeddings.batches import EmbedBatches, join
from ollama_sdk.overlay._errors import OllamaError

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._sending.request import Request


async def send_batches(
    batches: EmbedBatches, calls: Calls, send: Callable[[Request[VectorsResponse], Calls], Awaitable[VectorsResponse]]
) -> VectorsResponse:
    """Send the requests, several at a time, and return one response for all.

    The first failure ends the others; its message names the texts of the request, and its `partial` has what was
    answered before. `send` sends one request as a call of the group that it gets. An abort of `calls` ends all of them,
    whatever they wait for.
    """

    async def send_one(index: int, group: Calls) -> VectorsResponse:
        return batches.add(index, await send(batches.requests[index], group))

    with calls.group() as group:
        sending = [partial(send_one, index, group) for index in range(len(batches.requests))]
        try:
            return join(await run_in_tasks(sending, batches.at_once, group, "ollama-sdk embed"))
        except OllamaError as error:
            batches.leave(error)
            raise
