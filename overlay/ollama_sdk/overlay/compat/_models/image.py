"""Images as the official client takes them: bytes, paths, and text that is a path or base64."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Final

from ollama_sdk.overlay.compat._errors import RequestError
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.dump import How, Selection
from ollama_sdk.overlay.compat._models.fields import FACES

_NO_IMAGE: Final = "Invalid image data, expected base64 string or path to image file"
_SUFFIXES: Final = ("png", "jpg", "jpeg", "webp")


class Image(SubscriptableBaseModel, fields="value", required="value"):
    """An image; `model_dump` gives its base64 text.

    Text that names an existing file is the path of it, as in the official client. In an answer such text is an error,
    since a server could have the file sent to it in the next request. `Ollama` never opens text as a file.

    Attributes:
        value: The bytes of the image, the path of its file, or base64 text.
    """

    value: str | bytes | Path

    def dumped(self, how: How, include: Selection = None, exclude: Selection = None) -> str:
        """Return the image as base64 text.

        Raises:
            RequestError: The file does not exist, the text is no base64, or an answer has the path of a file.
        """
        value = self.value
        is_received = "received" in self.__dict__
        if isinstance(value, str):
            path = _existing(value)
            if path is None:
                return value if is_received else _checked(value)
            if is_received:
                raise RequestError(f"an answer has the path of a file in place of an image: {value}")
            value = path
        try:
            return base64.b64encode(value.read_bytes() if isinstance(value, Path) else value).decode()
        except TypeError as error:
            raise RequestError(_NO_IMAGE) from error


FACES["Image"] = Image


def _existing(text: str) -> Path | None:
    try:
        path = Path(text)
        return path if path.exists() else None
    except (OSError, ValueError):  # text that is too long for a path, or has a null
        return None


def _checked(text: str) -> str:
    if text.rpartition(".")[2].lower() in _SUFFIXES:
        raise RequestError(f"File {text} does not exist")
    try:
        base64.b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise RequestError(_NO_IMAGE) from error
    return text
