"""The model ProgressResponse, compiled from the API description."""

from __future__ import annotations

from typing import ClassVar

from ..types import Model as _Model
from ..types import model as _model


@_model
class ProgressResponse(_Model):
    """One step of a long job, or its outcome without streaming. The line whose status is success is the last of a good
    run.

    Attributes:
        status: What is being done, in words, such as pulling manifest, verifying sha256 digest, writing manifest,
            parsing GGUF or quantizing; success at the end. New texts can appear at any time.
        digest: Digest of the layer in work, sha256: and 64 hexadecimal digits; a row of zeros while files are
            checked or converted.
        total: Size of the layer, in bytes.
        completed: Bytes done so far; absent while zero, and a layer may move on without ever reporting its total.
    """

    status: str
    """What is being done, in words, such as pulling manifest, verifying sha256 digest, writing manifest, parsing GGUF
    or quantizing; success at the end. New texts can appear at any time."""
    digest: str | None = None
    """Digest of the layer in work, sha256: and 64 hexadecimal digits; a row of zeros while files are checked or
    converted."""
    total: int | None = None
    """Size of the layer, in bytes."""
    completed: int | None = None
    """Bytes done so far; absent while zero, and a layer may move on without ever reporting its total."""
    _stream_end: ClassVar[tuple[str, object] | None] = ("status", "success")
