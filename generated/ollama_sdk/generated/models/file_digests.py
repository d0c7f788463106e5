"""The model FileDigests, compiled from the API description."""

from __future__ import annotations

from typing import TypeAlias

FileDigests: TypeAlias = "dict[str, str]"
"""Digests of uploaded blobs by file name; a digest is sha256: and 64 hexadecimal digits, a file name must be
relative."""
