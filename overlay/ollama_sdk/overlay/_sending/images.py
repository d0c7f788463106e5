"""Images in the form that the API takes: base64 text of an image file."""

from __future__ import annotations

import binascii
import os
from collections.abc import Iterable
from io import BytesIO, TextIOBase
from pathlib import Path
from struct import pack
from typing import Any, Final
from zlib import compress, crc32

from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._files import open_regular

EncodedImages = dict[int, tuple[object, str]]
"""The images that were encoded for a request, by identity: the image, so that it lives as long, and its text."""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"
_ONE_IMAGE = (str, bytes, bytearray, memoryview, os.PathLike)
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""The kinds of Pillow's images that can be written as PNG."""
_PNG_COLOURS: Final = {(): 0, (1,): 0, (2,): 4, (3,): 2, (4,): 6}
"""The numbers of PNG for grey, grey with alpha, colour, and colour with alpha, by the last axis of an array."""


def encode_images(images: object, where: str, encoded: EncodedImages | None = None) -> list[str]:
    """Return the images of a request as base64 text; raise RequestError for one that cannot be read or sent.

    Args:
        images: Bytes of an image file, the `Path` of one, a file opened for binary reading, base64 text (a str is
            never opened as a file), an image of Pillow, or an array of numpy.
        where: The name of the argument, for messages.
        encoded: The images of the request so far, so that an image in many messages is encoded once.
    """
    if isinstance(images, _ONE_IMAGE) or hasattr(images, "read") or hasattr(type(images), "__array_interface__"):
        raise RequestError(f"{where} must be a list of images, not one ({type(images).__name__})")
    if not isinstance(images, Iterable):
        raise RequestError(f"{where} must be a list of images, not {type(images).__name__}")
    encoded = {} if encoded is None else encoded
    texts = []
    for index, image in enumerate(images):
        if id(image) not in encoded:
            encoded[id(image)] = image, _encode_image(image, f"{where}[{index}]")
        texts.append(encoded[id(image)][1])
    return texts


def _encode_image(image: object, where: str) -> str:
    if isinstance(image, str):
        return _checked_base64(image, where)
    data = _content(image, where)
    if not len(data):
        raise RequestError(f"{where} is empty")
    encoded = binascii.b2a_base64(data, newline=False)
    del data  # the content of a file goes before the text is made, which takes as much again
    return encoded.decode("ascii")


def _content(image: Any, where: str) -> bytes | bytearray | memoryview:
    """Return the bytes of an image file."""
    if isinstance(image, bytes | bytearray | memoryview):
        return image
    try:
        if isinstance(image, os.PathLike):
            with open_regular(Path(image)) as file:
                return file.read()
        if hasattr(image, "read"):
            return _read(image)
        if hasattr(image, "save") and hasattr(image, "mode"):
            return _of_pillow(image)
        if hasattr(type(image), "__array_interface__"):
            return _of_array(image)
    except Exception as error:
        reason = getattr(error, "strerror", None) or error
        shown = image if isinstance(image, os.PathLike) else f"({type(image).__name__})"
        raise RequestError(f"{where}: the image {shown} cannot be read: {reason}") from error
    raise RequestError(
        f"{where} must be bytes, a Path, an open binary file, an image of Pillow, an array of numpy, or base64 text, "
        f"not {type(image).__name__}"
    )


def _read(file: Any) -> bytes:
    """Return all of a file, which then stands where it stood: at its end, if it was just written."""
    if isinstance(file, TextIOBase):
        raise TypeError("it is open as text; open it with mode 'rb'")
    position = file.tell() if hasattr(file, "seekable") and file.seekable() else None
    if position:
        file.seek(0)
    data = file.read()
    if position is not None:
        file.seek(position)
    if not isinstance(data, bytes):
        raise TypeError(f"it gives {type(data).__name__}, not bytes")
    return data


def _of_pillow(image: Any) -> bytes:
    buffer = BytesIO()
    (image if image.mode in _PNG_MODES else image.convert("RGB")).save(buffer, format="PNG")
    return buffer.getvalue()


def _of_array(array: Any) -> bytes:
    interface = array.__array_interface__
    if interface["typestr"] != "|u1":
        raise TypeError(f"its numbers are {interface['typestr']}; give an array of uint8, 0 to 255")
    data, shape = array.tobytes(), interface["shape"]
    if len(shape) == 1:
        return bytes(data)  # an image file, such as OpenCV encodes it
    if shape[2:] not in _PNG_COLOURS or not data:
        raise TypeError(f"its shape is {shape}; give (height, width), or (height, width, 3) for red, green and blue")
    row = len(data) // shape[0]
    rows = b"".join(b"\0" + data[start : start + row] for start in range(0, len(data), row))
    head = pack(">IIBBBBB", shape[1], shape[0], 8, _PNG_COLOURS[shape[2:]], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _png(b"IHDR", head) + _png(b"IDAT", compress(rows)) + _png(b"IEND", b"")


def _png(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))


def _checked_base64(text: str, where: str) -> str:
    """Return the text if it is base64. It is not decoded, which would take as much memory again."""
    if text.startswith(("http://", "https://", "data:")):
        what = "what follows the comma" if text.startswith("data:") else "the bytes that are there"
        raise RequestError(f"{where} is a URL, which Ollama does not read: {text[:40]}; give {what}")
    data = text.encode("ascii", "replace")
    others = data.translate(None, _ALPHABET)  # all but the padding, if it is base64
    size = len(data) - data.count(b"\n") - data.count(b"\r")
    if others not in (b"", b"=", b"==") or not data.rstrip(b"\r\n").endswith(others) or size % 4:
        shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
        raise RequestError(
            f"{where} is not base64 text: {shown}; to send a file give Path(...), to send an image give its bytes"
        )
    if not size:
        raise RequestError(f"{where} is empty")
    return text
