"""The files that a call sends to a server: their requests, and what is told of their progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.generated import api
from ollama_sdk.overlay._library import requests
from ollama_sdk.overlay._library.blobs import Upload
from ollama_sdk.overlay._sending.requests import Arguments, Outgoing

if TYPE_CHECKING:
    from ollama_sdk.overlay._library.progress import Progress


class Batch:
    """Files that the server is to have.

    Args:
        uploads: The files.
        arguments: The arguments of the call that the requests share.
        progress: Is told the bytes of each file, when somebody wants to know.
        only_missing: Whether the server is asked first (HEAD), and sent only what it does not have.
    """

    def __init__(
        self,
        uploads: Sequence[Upload],
        arguments: Arguments,
        progress: Progress | None,
        *,
        only_missing: bool = False,
    ) -> None:
        """Keep what is needed; see the class for the arguments."""
        self.uploads = uploads
        self.only_missing = only_missing
        self._arguments = arguments
        self._progress = progress
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._raised: BaseException | None = None  # by the function that the progress is told to

    def failed(self, error: BaseException) -> BaseException:
        """The batch was not sent, and its files can be given again.

        Args:
            error: What ended it.

        Returns:
            What the caller is told.
        """
        for upload in self.uploads:
            upload.rewind()
        if self._progress is not None:
            self._progress.close()
        return error if self._raised is None else self._raised

    def is_first(self, digest: str) -> bool:
        """Whether nobody has taken it upon himself to send that content, which the caller now does."""
        with self._lock:
            is_first = digest not in self._taken
            self._taken.add(digest)
        return is_first

    def question(self, upload: Upload, digest: str) -> Outgoing[Any]:
        """The request that asks whether the server has a file."""
        return requests.blob(api.HAS_BLOB, digest, None, self._arguments, about=upload.name)

    def request(self, upload: Upload, digest: str) -> Outgoing[Any]:
        """The request that sends a file."""
        if self._progress is not None:
            upload.on_progress = partial(self._report, upload, digest)
        return requests.blob(api.CREATE_BLOB, digest, upload, self._arguments, about=upload.name)

    def begin(self, upload: Upload) -> None:
        """A file is being read for its digest."""
        self._tell(lambda progress: progress.announce(f"hashing {upload.label}"))

    def skip(self, upload: Upload, digest: str) -> None:
        """The server has a file."""
        self._report(upload, digest, upload.size)

    def _report(self, upload: Upload, digest: str, completed: int) -> None:
        status = f"uploading {upload.label}"
        self._tell(lambda progress: progress.report(digest, completed=completed, total=upload.size, status=status))

    def _tell(self, tell: Callable[[Progress], object]) -> None:
        if self._progress is not None:
            try:
                tell(self._progress)
            except BaseException as error:  # it may pass through a transport, to which it would mean something else
                self._raised = error
                raise
