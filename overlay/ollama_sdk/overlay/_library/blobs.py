"""Blobs: digests, and request bodies that stream a file in chunks."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import httpx
from attrs import frozen

from ollama_sdk.overlay._errors import RequestError

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
            f"{where} must be 'sha256:' and 64 lower-case hexadecimal digits, not {_shortened(digest)}; "
            "create_blob(path) returns the digest of a file"
        )
    return digest


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 90 else f"{text[:87]}..."


class Upload(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request body that reads its source in chunks of `CHUNK_SIZE` bytes, from the beginning at each try.

    It is sent with a Content-Length of `size`. A source that has changed since the upload was made is an error when it
    is read, because the digest would be wrong.

    Args:
        source: The path of a file, bytes, or an open binary file, which is read from its position and stays open.
        on_progress: Called with the bytes passed to the connection in this try, starting with 0.

    Attributes:
        size: The size in bytes.
        name: The name of the source in messages.
        label: The name of the file without its folder.
        on_progress: As above.

    Raises:
        RequestError: The source cannot be read, here or while it is read.
    """

    def __init__(self, source: BlobSource, *, on_progress: OnProgress | None = None) -> None:
        self._source = _source_of(source)
        self._digest: str | None = None
        self.on_progress = on_progress
        self.size = self._source.size
        self.name = self._source.name
        self.label = self._source.label

    def __repr__(self) -> str:
        """Show the name and the size, without content."""
        return f"Upload({self.name}, {self.size} bytes)"

    def digest(self, on_read: OnProgress | None = None) -> str:
        """Return the digest, "sha256:" and 64 hexadecimal digits, computed by the first call.

        Args:
            on_read: Called with the bytes read so far; what it raises ends the reading.

        Raises:
            RequestError: The source cannot be read, or has changed.
        """
        if self._digest is None:
            hasher = hashlib.sha256()
            chunks = _Chunks(self._source, self.name)
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
        from anyio import to_thread

        cancelled = False

        def watch(count: int) -> None:
            if cancelled:
                raise InterruptedError
            if on_read is not None:
                on_read(count)

        try:
            return await to_thread.run_sync(self.digest, watch, abandon_on_cancel=True)
        except BaseException:
            cancelled = True
            raise

    def rewind(self) -> None:
        """Put an open file back to its first position, so that it can be used again; other sources need nothing."""
        self._source.rewind()

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the chunks, from the beginning."""
        chunks = _Chunks(self._source, self.name)
        try:
            self._report(0)
            while chunk := chunks.read():
                yield chunk
                self._report(chunks.count)
        finally:
            chunks.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Iterate over the chunks, from the beginning; they are read in a thread."""
        from anyio import to_thread

        # When the connection fails, the iterator is dropped before its end; the finalizer of _Chunks closes the file.
        chunks = await to_thread.run_sync(_Chunks, self._source, self.name)
        self._report(0)
        while chunk := await to_thread.run_sync(chunks.read):
            yield chunk
            self._report(chunks.count)

    def _report(self, count: int) -> None:
        if self.on_progress is not None:
            self.on_progress(count)


class _Reader(Protocol):
    """The reader of a source."""

    def read(self, size: int, /) -> bytes | None: ...
    def close(self) -> None: ...


class _Chunks:
    """Reads a source once, and closes its reader at the end, or when it is collected."""

    def __init__(self, source: _Source, name: str) -> None:
        self.count = 0
        self._source = source
        self._name = name
        self._reader: _Reader | None = source.open()

    def read(self) -> bytes:
        """Return the next chunk, empty at the end."""
        if self._reader is None:
            return b""
        left = self._source.size - self.count
        chunk = _read(self._reader, self._name, min(left, CHUNK_SIZE)) if left else b""
        self.count += len(chunk)
        if self.count == self._source.size or not chunk:
            # Checked before the last chunk is sent, as the server does not store a body that is not complete.
            if self.count < self._source.size or _read(self._reader, self._name, 1):
                raise _changed(self._name)
            self._source.check(self._reader)
            self.close()
        return chunk

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def __del__(self) -> None:
        if getattr(self, "_reader", None) is not None:
            self.close()


def _read(reader: _Reader, name: str, size: int) -> bytes:
    try:
        return reader.read(size) or b""
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error


def unreadable(name: str, error: Exception) -> RequestError:
    """Return the error for a source that cannot be read."""
    if isinstance(error, RequestError):
        return error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return RequestError(f"{name} cannot be read: {reason}")


def _changed(name: str) -> RequestError:
    return RequestError(f"{name} has changed while it was uploaded; upload it again when nobody writes to it")


def _source_of(source: object) -> _Source:
    if isinstance(source, str | os.PathLike):
        return _path_source(Path(source))
    if isinstance(source, bytes | bytearray | memoryview):
        # BytesIO shares the memory of bytes, and copies what may be changed.
        return _FileSource(io.BytesIO(source), 0, memoryview(source).nbytes, "the bytes", "bytes")
    if callable(getattr(source, "read", None)) and callable(getattr(source, "seek", None)):
        return _file_source(cast("BinaryIO", source))
    raise RequestError(f"a blob is made from a path, bytes or an open binary file, not {type(source).__name__}")


@frozen
class _PathSource:
    path: Path
    size: int
    identity: tuple[int, ...]

    name: str
    label: str

    def open(self) -> _Reader:
        try:
            reader = self.path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error) from error
        try:
            self.check(reader)
        except RequestError:
            reader.close()
            raise
        return reader

    def check(self, reader: _Reader) -> None:
        if _identity(os.fstat(cast("io.FileIO", reader).fileno())) != self.identity:
            raise _changed(self.name)

    def rewind(self) -> None:
        """Do nothing: the path is opened anew each time."""


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _path_source(path: Path) -> _PathSource:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(f"the file {path}", error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise RequestError(f"{path} is {kind}; a blob is made from one file")
    return _PathSource(path, status.st_size, _identity(status), f"the file {path}", path.name)


@frozen
class _FileSource:
    file: BinaryIO
    start: int
    size: int
    name: str
    label: str

    def open(self) -> _Reader:
        try:
            self.file.seek(self.start)
        except (OSError, ValueError) as error:
            raise unreadable(self.name, error) from error
        return _BorrowedReader(self.file, self.name)

    def check(self, reader: _Reader) -> None:
        """Do nothing: `_Chunks` notices a file that grows or shrinks, and other changes cannot be noticed."""

    def rewind(self) -> None:
        with suppress(OSError, ValueError):  # the next reading reports a file that is broken or closed
            self.file.seek(self.start)


class _BorrowedReader:
    """Reads an open file, and leaves it open."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        if not isinstance(data, bytes):
            raise RequestError(f"{self._name} does not give bytes; open it in binary mode, 'rb'")
        return data

    def close(self) -> None:
        """Do nothing: the caller closes the file."""


_Source = _PathSource | _FileSource
"""A source that can be read several times: `open` starts at its beginning, `check` raises when it has changed."""


def _file_source(file: BinaryIO) -> _FileSource:
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
        raise RequestError(f"{shown} does not give bytes; open it in binary mode, 'rb'")
    return _FileSource(file, start, max(end - start, 0), shown, label)
