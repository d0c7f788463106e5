"""Images as the API takes them: base64 text, from bytes, files or such text."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable
from pathlib import Path

from ollama_sdk.overlay._errors import RequestError


def encode_images(images: object, where: str) -> list[str]:
    """The images of a request as base64 text.

    Args:
        images: Bytes of an image file, the `Path` of one, or base64 text; a str is never opened as a file.
        where: The name of the argument, for messages.

    Raises:
        RequestError: A file cannot be read, an image is empty, or a text is not base64.
    """
    if isinstance(images, str | bytes | os.PathLike) or not isinstance(images, Iterable):
        raise RequestError(f"{where} must be a list of images, not {type(images).__name__}")
    return [_encode_image(image, f"{where}[{index}]") for index, image in enumerate(images)]


def _encode_image(image: object, where: str) -> str:
    if isinstance(image, str):
        return _checked_base64(image, where)
    if isinstance(image, os.PathLike):
        path = Path(image)
        try:
            data: bytes | bytearray | memoryview = path.read_bytes()
        except OSError as error:
            raise RequestError(f"{where}: the image {path} cannot be read: {error.strerror or error}") from error
    elif isinstance(image, bytes | bytearray | memoryview):
        data = image
    else:
        raise RequestError(f"{where} must be bytes, a Path, or base64 text, not {type(image).__name__}")
    if not len(data):
        raise RequestError(f"{where} is empty")
    return base64.b64encode(data).decode("ascii")


def _checked_base64(text: str, where: str) -> str:
    try:
        size = len(binascii.a2b_base64(text.replace("\n", "").replace("\r", "").encode("ascii"), strict_mode=True))
    except ValueError as error:
        raise RequestError(
            f"{where} is not base64 text ({error}); to send a file give Path(...), to send an image give its bytes"
        ) from error
    if not size:
        raise RequestError(f"{where} is empty")
    return text
