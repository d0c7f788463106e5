"""Send files to a server: several at a time, each once, until one fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.overlay._calls.side_by_side import run_in_tasks
from ollama_sdk.overlay._errors import NotFoundError

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls
    from ollama_sdk.overlay._library.blobs import Upload
    from ollama_sdk.overlay._library.uploads import Batch
    from ollama_sdk.overlay._sending.request import Request

_AT_ONCE = 4  # files that are hashed and sent at the same time


async def send_batch(batch: Batch, calls: Calls, send: Callable[[Request[Any], Calls], Awaitable[object]]) -> None:
    """Send the files of a batch, several at a time.

    The first failure ends the others; its message names the file. `send` sends one request as a call of the group
    that it gets. An abort of `calls` ends all of them, whatever they wait for.
    """
    with calls.group(batch.deadline) as group:

        async def send_one(upload: Upload) -> None:
            batch.report_hashing(upload)
            digest = await upload.digest_async(lambda _: group.check())
            if batch.claim(upload, digest):
                if batch.only_missing and await has(upload, digest):
                    batch.report_bytes(upload, digest, upload.size)
                else:
                    await send(batch.upload_request(upload, digest), group)

        async def has(upload: Upload, digest: str) -> bool:
            try:
                await send(batch.check_request(upload, digest), group)
            except NotFoundError:
                return False
            return True

        sending = [partial(send_one, upload) for upload in batch.uploads]
        try:
            await run_in_tasks(sending, _AT_ONCE, group, "ollama-sdk upload")
        except BaseException as error:
            raise batch.failed(error)  # noqa: B904  # the same error, or one of the caller's, which needs no context
