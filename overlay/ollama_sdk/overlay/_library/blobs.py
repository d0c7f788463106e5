"""Blobs: digests, and request bodies that stream a file in chunks."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import httpx
from attrs import frozen

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
        shown = repr(digest)
        shown = shown if len(shown) <= 90 else f"{shown[:87]}..."
        raise RequestError(
            f"{where} must be 'sha256:' and 64 lower-case hexadecimal digits, not {shown}; "
            "create_blob(path) returns the digest of a file"
        )
    return digest


class Upload(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request body that reads its source in chunks of `CHUNK_SIZE` bytes, from the beginning at each try.

    It is sent with a Content-Length of `size`. A source that has changed since the upload was made is an error when it
    is read, because the digest would be wrong.

    Args:
        source: The path of a file, bytes, or an open binary file, which is read from its position and stays open.
        on_progress: Called with the bytes passed to the connection in this try, starting with 0.
        boundary: The folder that the file of a path, whose links were resolved, must still be in; see `open_regular`.

    Attributes:
        size: The size in bytes.
        name: The name of the source in messages.
        label: The name of the file without its folder.
        on_progress: As above.

    Raises:
        RequestError: The source cannot be read, here or while it is read.
    """

    size = 0
    name = label = "nothing"  # of one that a traceback shows, whose source could not be used

    def __init__(
        self, source: BlobSource, *, on_progress: OnProgress | None = None, boundary: Path | None = None
    ) -> None:
        self._source = _source_of(source, boundary)
        self._digest: str | None = None
        self.on_progress = on_progress
        self.size = self._source.size
        self.name = self._source.name
        self.label = self._source.label

    def __repr__(self) -> str:
        """Show the name and the size, without content."""
        return f"Upload({self.name}, {self.size} bytes)"

    def digest(self, on_read: OnProgress | None = None) -> str:
        """Return the digest, "sha256:" and 64 hexadecimal digits; the first call reads the source for it.

        `on_read` is called with the bytes read so far; an exception of it ends the reading.
        """
        if self._digest is None:
            hasher = hashlib.sha256()
            chunks = _Chunks(self._source)
            try:
                while chunk := chunks.read():
                    hasher.update(chunk)
                    if on_read is not None:
                        on_read(chunks.count)
            except BaseException:
                self.rewind()
                raise
            finally:
                chunks.close()
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
        self._source.rewind()

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the chunks, from the beginning."""
        chunks = _Chunks(self._source)
        try:
            self._report(0)
            while chunk := chunks.read():
                yield chunk
                self._report(chunks.count)
        finally:
            chunks.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the chunks, from the beginning; they are read in a thread."""
        # When the connection fails, the iterator is dropped before its end; the finalizer of _Chunks closes the file.
        chunks = await run_in_thread(_Chunks, self._source)
        self._report(0)
        while chunk := await run_in_thread(chunks.read):
            yield chunk
            self._report(chunks.count)

    def _report(self, count: int) -> None:
        if self.on_progress is not None:
            self.on_progress(count)


class _Chunks:
    """Reads a source once, and closes what it has opened at the end, or when it is collected."""

    def __init__(self, source: _Source) -> None:
        self.count = 0
        self._source = source
        self._file: BinaryIO | None = None
        self._file = source.open()

    def read(self) -> bytes:
        """Return the next chunk, empty at the end."""
        source, file = self._source, self._file
        if file is None:
            return b""
        left = source.size - self.count
        chunk = source.read(file, min(left, CHUNK_SIZE)) if left else b""
        self.count += len(chunk)
        if self.count == source.size or not chunk:
            # Checked before the last chunk is sent, as the server does not store a body that is not complete.
            if self.count < source.size or source.read(file, 1):
                raise _changed(source.name)
            source.check(file)
            self.close()
        return chunk

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None and file is not self._source.file:
            file.close()

    def __del__(self) -> None:
        self.close()


@frozen
class _Source:
    """A source that can be read several times: a path, which is opened each time, or an open file, which stays open."""

    file: Path | BinaryIO
    size: int
    name: str
    label: str
    start: int = 0  # the position of an open file
    identity: tuple[int, ...] = ()  # of the file of a path, as `_identity` returns it
    boundary: Path | None = None  # of a path

    def open(self) -> BinaryIO:
        """Return the file, to be read from its start."""
        try:
            if not isinstance(self.file, Path):
                self.file.seek(self.start)
                return self.file
            file = open_regular(self.file, self.boundary)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error, self.file) from error
        try:
            self.check(file)
        except RequestError:
            file.close()
            raise
        return file

    def read(self, file: BinaryIO, size: int) -> bytes:
        try:
            data: object = file.read(size)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error, self.file) from error
        if not isinstance(data, bytes):
            raise _not_binary(self.name)
        return data

    def check(self, file: BinaryIO) -> None:
        """Raise RequestError if the file of a path has changed; of an open file, only the size can be checked."""
        if self.identity and _identity(os.fstat(file.fileno())) != self.identity:
            raise _changed(self.name)

    def rewind(self) -> None:
        """Put an open file back to its first position."""
        with suppress(OSError, ValueError):  # the next reading reports a file that is broken or closed
            if not isinstance(self.file, Path):
                self.file.seek(self.start)


def _source_of(source: object, boundary: Path | None) -> _Source:
    if isinstance(source, str | os.PathLike):
        return _path_source(Path(source), boundary)
    if isinstance(source, bytes | bytearray | memoryview):
        # BytesIO shares the memory of bytes, and copies what may be changed.
        return _Source(io.BytesIO(source), memoryview(source).nbytes, "the bytes", "bytes")
    if callable(getattr(source, "read", None)) and callable(getattr(source, "seek", None)):
        return _file_source(cast("BinaryIO", source))
    raise RequestError(f"a blob is made from a path, bytes or an open binary file, not {type(source).__name__}")


def _path_source(path: Path, boundary: Path | None) -> _Source:
    name = f"the file {path}"
    try:
        if path.is_dir():
            raise RequestError(f"{path} is a folder; a blob is made from one file")
        with open_regular(path, boundary) as file:
            status = os.fstat(file.fileno())
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error
    return _Source(path, status.st_size, name, path.name, identity=_identity(status), boundary=boundary)


def _file_source(file: BinaryIO) -> _Source:
    name = getattr(file, "name", None)
    label = Path(name).name if isinstance(name, str) else "open file"
    shown = f"the open file {name}" if isinstance(name, str) else "the open file"
    try:
        start = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(start)
    except (OSError, ValueError, AttributeError) as error:
        raise RequestError(f"{shown} must be one that can seek, since its digest is sent before it: {error}") from error
    if isinstance(file, io.TextIOBase):
        raise _not_binary(shown)
    return _Source(file, max(end - start, 0), shown, label, start)


def _identity(status: os.stat_result) -> tuple[int, ...]:
    """Return figures of a file that change when its content does."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def unreadable(name: str, error: Exception, file: object = None) -> RequestError:
    """Return the error for a source that cannot be read; raise what a signal handler has raised meanwhile.

    What a `file` of the caller's own class raises is told as an error of the file.
    """
    is_of_python = file is None or type(file).__module__.partition(".")[0] in sys.stdlib_module_names
    if is_of_python and isinstance(error, OSError) and foreign(error) is not None:
        raise error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RequestError(f"{name} cannot be read: {reason}")


def _changed(name: str) -> RequestError:
    return RequestError(f"{name} has changed while it was uploaded; upload it again when nobody writes to it")


def _not_binary(name: str) -> RequestError:
    return RequestError(f"{name} does not give bytes; open it in binary mode, 'rb'")
