# Compiled from overlay/ollama_sdk/overlay/_library/_async/uploads.py; change that, then run `make generate`.
"""Send files to a server: several at a time, each once, until one fails."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.overlay._calls.side_by_side import run_in_threads
from ollama_sdk.overlay._errors import NotFoundError

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Calls
    from ollama_sdk.overlay._library.blobs import Upload
    from ollama_sdk.overlay._library.uploads import Uploads
    from ollama_sdk.overlay._sending.request import Request

_AT_ONCE = 4  # files that are hashed and sent at the same time


def send_uploads(uploads: Uploads, calls: Calls, send: Callable[[Request[Any], Calls], object]) -> None:
    """Send files, several at a time.

    The first failure ends the others; its message names the file. `send` sends one request as a call of the group
    that it gets. An abort of `calls` ends all of them, whatever they wait for.
    """
    with calls.group(uploads.deadline) as group:

        def send_one(upload: Upload) -> None:
            uploads.report_hashing(upload)
            digest = upload.digest(lambda _: group.check())
            if uploads.claim(upload, digest):
                if uploads.only_missing and has(upload, digest):
                    uploads.report_bytes(upload, digest, upload.size)
                else:
                    send(uploads.upload_request(upload, digest), group)

        def has(upload: Upload, digest: str) -> bool:
            try:
                send(uploads.check_request(upload, digest), group)
            except NotFoundError:
                return False
            return True

        sending = [partial(send_one, upload) for upload in uploads.files]
        try:
            run_in_threads(sending, _AT_ONCE, group, "ollama-sdk upload")
        except BaseException as error:
            raise uploads.failed(error)  # noqa: B904  # the same error, or one of the caller's, which needs no context
