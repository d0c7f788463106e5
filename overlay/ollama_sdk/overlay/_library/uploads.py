"""The files that a call sends to a server: their requests and their progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.generated import api
from ollama_sdk.overlay._library import requests
from ollama_sdk.overlay._library.blobs import Upload

if TYPE_CHECKING:
    from ollama_sdk.overlay._library.progress import Progress
    from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder
    from ollama_sdk.overlay._sending.request import Request


class Uploads:
    """The files that a call sends to the server.

    Args:
        arguments: The arguments of the call that the requests share.
        progress: Adds up the bytes of each file; None when it is not wanted.
        only_missing: Whether to ask the server for each file first (HEAD), and send only those that it does not have.
    """

    def __init__(
        self,
        builder: RequestBuilder,
        files: Sequence[Upload],
        arguments: Arguments,
        progress: Progress | None,
        *,
        only_missing: bool = False,
    ) -> None:
        self.files = files
        self.only_missing = only_missing
        self.deadline = arguments.get("deadline")
        self._builder = builder
        self._arguments = arguments
        self._progress = progress
        self._claimed: dict[str, Upload] = {}  # by digest
        self._raised: BaseException | None = None  # by the caller's function for the progress

    def failed(self, error: BaseException) -> BaseException:
        """Put open files back to their first position, close the progress, and return the error for the caller."""
        for upload in self.files:
            upload.rewind()
        if self._progress is not None:
            self._progress.close()
        return error if self._raised is None else self._raised

    def claim(self, upload: Upload, digest: str) -> bool:
        """Claim a digest for a file, in one step; False if another file has it."""
        return self._claimed.setdefault(digest, upload) is upload

    def check_request(self, upload: Upload, digest: str) -> Request[Any]:
        """Return the request that asks whether the server has a file."""
        return requests.blob(self._builder, api.HAS_BLOB, digest, None, self._arguments, about=upload.name)

    def upload_request(self, upload: Upload, digest: str) -> Request[Any]:
        """Return the request that sends a file."""
        if self._progress is not None:
            upload.on_progress = partial(self.report_bytes, upload, digest)
        return requests.blob(self._builder, api.CREATE_BLOB, digest, upload, self._arguments, about=upload.name)

    def report_hashing(self, upload: Upload) -> None:
        """Report that a file is read for its digest."""
        self._report(lambda progress: progress.announce(f"hashing {upload.label}"))

    def report_bytes(self, upload: Upload, digest: str, completed: int) -> None:
        """Report how many bytes of a file the server has."""
        status = f"uploading {upload.label}"
        self._report(lambda progress: progress.report(digest, completed=completed, total=upload.size, status=status))

    def _report(self, report: Callable[[Progress], object]) -> None:
        if self._progress is not None:
            try:
                report(self._progress)
            except BaseException as error:  # a transport, through which it passes, may replace it
                self._raised = error
                raise
