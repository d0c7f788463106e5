"""Blobs: digests, and request bodies that stream a file in chunks."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

import httpx

from ollama_sdk.overlay._checks import shown
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._files import open_regular
from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._runtime import run_in_thread

CHUNK_SIZE = 1024 * 1024
"""Bytes that are read and sent at a time; an upload keeps no more in memory."""

BlobSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""The sources of a blob: the path of a file, bytes, or a file opened for binary reading that can seek."""

OnProgress = Callable[[int], object]
"""Called with the number of bytes done so far."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def check_digest(digest: object, where: str = "digest") -> str:
    """Return a digest; raise RequestError unless it is "sha256:" and 64 lower-case hexadecimal digits."""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise RequestError(
            f"{where} must be 'sha256:' and 64 lower-case hexadecimal digits, not {shown(digest):.90}; "
            "create_blob(path) returns the digest of a file"
        )
    return digest


class Upload(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request body that reads its source in chunks of `CHUNK_SIZE` bytes, from the beginning at each try.

    It is sent with a Content-Length of `size`. A source that has changed since the upload was made is an error when it
    is read, because the digest would be wrong.

    Args:
        source: The path of a file, bytes, or an open binary file, which is read from its position and stays open.
        boundary: The folder that the file of a path, whose links were resolved, must still be in; see `open_regular`.

    Attributes:
        size: The size in bytes.
        name: The name of the source in messages.
        label: The name of the file without its folder.
        on_progress: Called with the bytes that were passed to the connection in this try, starting with 0; None at
            first.

    Raises:
        RequestError: The source cannot be read, here or while it is read.
    """

    size = 0
    name = label = "nothing"  # of one that a traceback shows, whose source could not be used

    def __init__(self, source: BlobSource, *, boundary: Path | None = None) -> None:
        self.on_progress: OnProgress | None = None
        self._boundary = boundary
        self._digest: str | None = None
        self._start = 0  # the position of an open file
        self._identity: tuple[int, ...] = ()  # of the file of a path, as `_identity` returns it
        self._file: Path | BinaryIO
        if isinstance(source, str | os.PathLike):
            self._file = Path(source)
            self._measure_path(self._file)
        elif isinstance(source, bytes | bytearray | memoryview):
            self._file = io.BytesIO(bytes(source))  # shares the memory of bytes; what may be changed is copied
            self.size, self.name, self.label = memoryview(source).nbytes, "the bytes", "bytes"
        elif callable(getattr(source, "read", None)) and callable(getattr(source, "seek", None)):
            self._file = source
            self._measure_file(source)
        else:
            raise RequestError(f"a blob is made from a path, bytes or an open binary file, not {type(source).__name__}")

    def _measure_path(self, path: Path) -> None:
        self.name, self.label = f"the file {path}", path.name
        try:
            with open_regular(path, self._boundary) as file:
                status = os.fstat(file.fileno())
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error) from error
        self.size, self._identity = status.st_size, _identity(status)

    def _measure_file(self, file: BinaryIO) -> None:
        name = getattr(file, "name", None)
        self.name, self.label = "the open file", "open file"
        if isinstance(name, str):
            self.name, self.label = f"the open file {name}", Path(name).name
        try:
            self._start = file.tell()
            end = file.seek(0, os.SEEK_END)
            file.seek(self._start)
        except (OSError, ValueError, AttributeError) as error:
            raise RequestError(
                f"{self.name} must be one that can seek, since its digest is sent before it: {error}"
            ) from error
        if isinstance(file, io.TextIOBase):
            raise self._not_binary()
        self.size = max(end - self._start, 0)

    def __repr__(self) -> str:
        return f"Upload({self.name}, {self.size} bytes)"

    def digest(self, on_read: OnProgress | None = None) -> str:
        """Return the digest, "sha256:" and 64 hexadecimal digits; the first call reads the source for it.

        `on_read` is called with the bytes read so far; an exception of it ends the reading.
        """
        if self._digest is None:
            hasher, count = hashlib.sha256(), 0
            try:
                with closing(self._chunks()) as chunks:
                    for chunk in chunks:
                        hasher.update(chunk)
                        count += len(chunk)
                        if on_read is not None:
                            on_read(count)
            except BaseException:
                self.rewind()
                raise
            self._digest = f"sha256:{hasher.hexdigest()}"
        return self._digest

    async def digest_async(self, on_read: OnProgress | None = None) -> str:
        """Return the digest as `digest` does, read in a thread that ends soon after the task is cancelled."""
        cancelled = False

        def watch(count: int) -> None:
            if cancelled:
                raise InterruptedError
            if on_read is not None:
                on_read(count)

        try:
            return await run_in_thread(self.digest, watch, abandon=True)
        except BaseException:
            cancelled = True
            raise

    def rewind(self) -> None:
        """Put an open file back to its first position, so that it can be used again; other sources need nothing."""
        with suppress(OSError, ValueError):  # the next reading reports a file that is broken or closed
            if not isinstance(self._file, Path):
                self._file.seek(self._start)

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the chunks, from the beginning."""
        count = 0
        with closing(self._chunks()) as chunks:
            self._report(0)
            for chunk in chunks:
                yield chunk
                count += len(chunk)
                self._report(count)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the chunks, from the beginning; they are read in a thread."""
        # When the connection fails, this is dropped before its end, and with it `chunks`, which closes the file.
        count, chunks = 0, self._chunks()
        self._report(0)
        while chunk := await run_in_thread(lambda: next(chunks, b"")):
            yield chunk
            count += len(chunk)
            self._report(count)

    def _report(self, count: int) -> None:
        if self.on_progress is not None:
            self.on_progress(count)

    def _chunks(self) -> Generator[bytes, None, None]:
        """Read the source once, from its start; the file of a path is open until the end."""
        file, left = self._open(), self.size
        try:
            self._check_unchanged(file)
            while True:
                chunk = self._read(file, min(left, CHUNK_SIZE)) if left else b""
                left -= len(chunk)
                if not left or not chunk:
                    # Checked before the last chunk is sent, as the server does not store a body that is not complete.
                    if left or self._read(file, 1):
                        raise self._changed()
                    self._check_unchanged(file)
                if chunk:
                    yield chunk
                if not left:
                    return
        finally:
            if file is not self._file:
                file.close()

    def _open(self) -> BinaryIO:
        try:
            if isinstance(self._file, Path):
                return open_regular(self._file, self._boundary)
            self._file.seek(self._start)
            return self._file
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error, self._file) from error

    def _read(self, file: BinaryIO, size: int) -> bytes:
        try:
            data: object = file.read(size)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error, self._file) from error
        if not isinstance(data, bytes):
            raise self._not_binary()
        return data

    def _check_unchanged(self, file: BinaryIO) -> None:
        """Raise RequestError if the file of a path has changed; of an open file, only the size can be checked."""
        if self._identity and _identity(os.fstat(file.fileno())) != self._identity:
            raise self._changed()

    def _changed(self) -> RequestError:
        return RequestError(f"{self.name} has changed while it was uploaded; upload it again when nobody writes to it")

    def _not_binary(self) -> RequestError:
        return RequestError(f"{self.name} does not give bytes; open it in binary mode, 'rb'")


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """Return figures of a file that change when its content does."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def unreadable(name: str, error: Exception, file: object = None) -> RequestError:
    """Return the error for a source that cannot be read; raise what a signal handler has raised meanwhile.

    What a `file` of the caller's own class raises counts as an error of that file.
    """
    is_of_python = file is None or type(file).__module__.partition(".")[0] in sys.stdlib_module_names
    if is_of_python and isinstance(error, OSError) and foreign(error) is not None:
        raise error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RequestError(f"{name} cannot be read: {reason}")
