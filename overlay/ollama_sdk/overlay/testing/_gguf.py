"""The metadata at the beginning of a GGUF file: names, sizes and the chat template of a model."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, Final

_SCALARS: Final = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING: Final = 8
_ARRAY: Final = 9

MetadataValue = str | int | float | bool | list["MetadataValue"]


def read_metadata(path: str | os.PathLike[str]) -> dict[str, MetadataValue]:
    """Return the key-value pairs of a GGUF file (version 2 or 3), without reading its tensors.

    Raises:
        ValueError: The file is not a GGUF file.
    """
    with open(path, "rb") as file:
        try:
            magic, version, _, count = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version not in (2, 3):
                raise ValueError("no GGUF header")
            metadata: dict[str, MetadataValue] = {}
            for _ in range(count):
                key = _string(file)
                metadata[key] = _value(file, _unpack(file, "<I"))
        except (ValueError, KeyError, struct.error) as error:
            raise ValueError(f"{os.fspath(path)} is not a GGUF file that can be read: {error!r}") from error
    return metadata


def _unpack(file: BinaryIO, form: str) -> int:
    value: int = struct.unpack(form, file.read(struct.calcsize(form)))[0]
    return value


def _string(file: BinaryIO) -> str:
    return file.read(_unpack(file, "<Q")).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> MetadataValue:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        item = _unpack(file, "<I")
        return [_value(file, item) for _ in range(_unpack(file, "<Q"))]
    return _unpack(file, _SCALARS[kind])
