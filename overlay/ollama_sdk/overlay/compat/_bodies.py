"""Convert arguments of the official client to request bodies, and our answers to answers of the official client."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from ollama_sdk.generated.types import Model
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel
from ollama_sdk.overlay.compat._models.chat import Message
from ollama_sdk.overlay.compat._models.dump import FOR_THE_WIRE
from ollama_sdk.overlay.compat._models.fields import received_images
from ollama_sdk.overlay.compat._models.image import Image
from ollama_sdk.overlay.compat._models.requests import ChatRequest, GenerateRequest, Tool
from ollama_sdk.overlay.compat._utils import convert_function_to_tool

T = TypeVar("T")
_TEXTS: Final = frozenset({"role", "content", "thinking", "tool_name", "tool_call_id"})


def body(request: SubscriptableBaseModel) -> dict[str, Any]:
    """Return the body of a request: the fields that are set, including those that only the API knows."""
    sent: dict[str, Any] = request.dumped(FOR_THE_WIRE)
    return sent


def chat(*, messages: Iterable[Any] | None, tools: Iterable[Any] | None, **fields: Any) -> dict[str, Any]:
    plain = [_texts(message) or next(copy_messages([message])) for message in messages or ()]
    return body(ChatRequest(messages=plain, tools=list(copy_tools(tools)), **fields))


def _texts(message: object) -> dict[str, str] | None:
    """Fast path: return a message that consists of texts only, unchanged; None for any other."""
    fields: Any = message.__dict__ if type(message) is Message else message
    if type(fields) is not dict or "role" not in fields or not _TEXTS.issuperset(fields):
        return None
    return fields if all(type(text) is str and text for text in fields.values()) else None


def generate(*, images: Iterable[Any] | None, **fields: Any) -> dict[str, Any]:
    return body(GenerateRequest(images=list(copy_images(images)) or None, **fields))


def copy_images(images: Iterable[Any] | None) -> Iterator[Image]:
    """Each image as an `Image`."""
    for image in images or ():
        yield image if isinstance(image, Image) else Image(value=image)


def copy_messages(messages: Iterable[Any] | None) -> Iterator[Message]:
    """Each message as a `Message`, without its empty fields."""
    for message in messages or ():
        # What only the API knows of a model, such as the id of a tool call, is not among its pairs.
        fields = message.__dict__ if isinstance(message, Model) else dict(message)
        given = {name: value for name, value in fields.items() if value}
        if "images" in given:
            if isinstance(message, Model) and not isinstance(message, Message):  # of `Ollama`, where no text is a path
                given["images"] = received_images(given["images"])
            given["images"] = list(copy_images(given["images"]))
        yield Message(**given)


def copy_tools(tools: Iterable[Any] | None = None) -> Iterator[Tool]:
    """Each tool as a `Tool`."""
    for tool in tools or ():
        yield convert_function_to_tool(tool) if callable(tool) else Tool.model_validate(tool)


def reader(cls: type[T]) -> Callable[[Model], T]:
    """Return the function that turns our answer into an answer of the official client."""
    if issubclass(cls, SubscriptableBaseModel):
        from_dict = cls.from_dict
        return lambda model: from_dict(model.__dict__)
    return lambda model: cls(**model.to_dict())
