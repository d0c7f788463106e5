"""Messages and images in the form that the API takes."""

from __future__ import annotations

import binascii
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ollama_sdk.generated import models
from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._checks import as_list, check_kind
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._files import open_regular

EncodedImages = dict[int, tuple[object, str]]
"""The images that were encoded for a request, by identity: the image, so that it lives as long, and its text."""

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/\r\n"


def encode_images(images: object, where: str, encoded: EncodedImages | None = None) -> list[str]:
    """Return the images of a request as base64 text.

    Args:
        images: Bytes of an image file, the `Path` of one, or base64 text; a str is never opened as a file.
        where: The name of the argument, for messages.
        encoded: The images of the request so far, so that an image in many messages is encoded once.

    Raises:
        RequestError: A file cannot be read, an image is empty, or a text is not base64.
    """
    if isinstance(images, str | bytes | os.PathLike) or not isinstance(images, Iterable):
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
    if isinstance(image, os.PathLike):
        image = _read(Path(image), where)
    elif not isinstance(image, bytes | bytearray | memoryview):
        raise RequestError(f"{where} must be bytes, a Path, or base64 text, not {type(image).__name__}")
    if not len(image):
        raise RequestError(f"{where} is empty")
    encoded = binascii.b2a_base64(image, newline=False)
    del image  # the content of a file goes before the text is made, which takes as much again
    return encoded.decode("ascii")


def _read(path: Path, where: str) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise RequestError(
            f"{where}: the image {path} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def _checked_base64(text: str, where: str) -> str:
    """Return the text if it is base64. It is not decoded, which would take as much memory again."""
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


def encode_messages(messages: object) -> list[object] | None:
    """Return the messages of a conversation with their images encoded; None when there are none to send.

    Raises:
        RequestError: It is no list, or something in it cannot be sent.
    """
    if messages is None:
        return None
    encoded: EncodedImages = {}
    result: list[object] = []
    are_plain = True
    for index, message in enumerate(as_list("messages", messages)):
        # Most messages are plain text, which needs neither checks nor encoding.
        fields: Any = message
        if type(message) is not dict:
            fields = message.__dict__ if isinstance(message, models.Message) else None
        try:
            is_text = type(fields["role"]) is type(fields["content"]) is str
        except (KeyError, TypeError):
            is_text = False
        if is_text and len(fields) == 2:
            result.append(fields)
        else:
            are_plain = False
            can_be_sent = is_text and not fields.get("images") and not fields.get("tool_calls")
            result.append(message if can_be_sent else _message(message, f"messages[{index}]", encoded))
    return _json.PlainList(result) if are_plain else result


def _message(message: object, where: str, encoded: EncodedImages) -> object:
    if not isinstance(message, models.Message if isinstance(message, Model) else Mapping):
        hint = "; give its .message" if isinstance(message, models.ChatResponse) else ""
        raise RequestError(
            f"{where} must be a dict with role and content, a Message, or the .message of a response, "
            f"not {type(message).__name__}{hint}"
        )
    if message.get("role") is None:
        raise RequestError(f"{where} has no role; give 'system', 'user', 'assistant' or 'tool'")
    check_kind(f"{where}.role", message.get("role"), str)
    check_kind(f"{where}.content", message.get("content"), str)
    changed: dict[str, Any] = {}
    if images := message.get("images"):
        changed["images"] = encode_images(images, f"{where}.images", encoded)
    if isinstance(calls := message.get("tool_calls"), list | tuple):
        changed["tool_calls"] = [_with_object(call) for call in calls]
    return {**_shallow(message), **changed} if changed else message


def _shallow(value: Mapping[str, Any] | Model) -> dict[str, Any]:
    return Model._shallow_dict(value) if isinstance(value, Model) else dict(value)


def _with_object(call: Any) -> object:
    """Return the call of a tool with its arguments as an object, which Ollama wants; OpenAI has them as JSON text."""
    function = call.get("function") if isinstance(call, Mapping | Model) else None
    if not isinstance(function, Mapping | Model) or not isinstance(function.get("arguments", ""), str | None):
        return call
    arguments = function.get("arguments") or ""
    value = read_arguments(arguments)
    value = value if isinstance(value, dict) else {"arguments": arguments}  # what a model wrote is not lost
    return {**_shallow(call), "function": {**_shallow(function), "arguments": value}}


def read_arguments(text: str) -> Any:
    """Return the arguments of a call that came as JSON text, {} for no text or null; the text if it is not JSON."""
    value: Any = text
    while isinstance(value, str):
        try:
            value = _json.loads(value.encode("utf-8", "surrogatepass")) if value.strip() else {}
        except ValueError:
            return text
    return {} if value is None else value
