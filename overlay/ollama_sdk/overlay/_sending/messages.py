"""Messages in the form that the API takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ollama_sdk.generated import models
from ollama_sdk.generated.types import Model
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._checks import as_list, check_kind, closest
from ollama_sdk.overlay._errors import RequestError

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending.images import EncodedImages

_TEXT_FIELDS = frozenset({"role", "content", "thinking", "tool_name", "tool_call_id"})
"""Fields that are sent as they are: nothing else has to be looked at."""


def encode_messages(messages: object) -> list[object] | None:
    """Return messages with their images encoded, None for None; raise RequestError for what cannot be sent."""
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
            can_be_sent = is_text and fields.keys() <= _TEXT_FIELDS
            result.append(message if can_be_sent else _message(message, f"messages[{index}]", encoded))
    return _json.PlainList(result) if are_plain else result


def _message(message: object, where: str, encoded: EncodedImages) -> object:
    if not isinstance(message, models.Message if isinstance(message, Model) else Mapping):
        hint = "; give its .message" if isinstance(message, models.ChatResponse) else ""
        raise RequestError(
            f"{where} must be a dict with role and content, a Message, or the .message of a response, "
            f"not {type(message).__name__}{hint}"
        )
    known = models.Message._wire_keys
    for name in (name for name in message if name not in known and isinstance(name, str)):
        if meant := closest(name, known):
            raise RequestError(f"{where} has {name!r}, which is no field of a message; did you mean {meant!r}?")
    if message.get("role") is None:
        raise RequestError(f"{where} has no role; give 'system', 'user', 'assistant' or 'tool'")
    check_kind(f"{where}.role", message.get("role"), str)
    check_kind(f"{where}.content", message.get("content"), str)
    changed: dict[str, Any] = {}
    if (images := message.get("images")) is not None:  # an array has no truth value
        from ollama_sdk.overlay._sending.images import encode_images  # which most messages do not need

        changed["images"] = encode_images(images, f"{where}.images", encoded)
    if isinstance(calls := message.get("tool_calls"), list | tuple):
        changed["tool_calls"] = [_with_object(call) for call in calls]
    return {**_shallow(message), **changed} if changed else message


def _shallow(value: Mapping[str, Any] | Model) -> dict[str, Any]:
    return Model._shallow_dict(value) if isinstance(value, Model) else dict(value)


def _with_object(call: Any) -> object:
    """Return the call of a tool with its arguments as an object, which Ollama wants; OpenAI has them as JSON text."""
    function = call.get("function") if isinstance(call, Mapping | Model) else None
    if not isinstance(function, Mapping | Model):
        return call
    arguments = function.get("arguments")
    if isinstance(arguments, Mapping | Model):
        return call
    value = read_arguments(arguments)
    value = value if isinstance(value, dict) else {"arguments": arguments}  # what a model wrote is not lost
    return {**_shallow(call), "function": {**_shallow(function), "arguments": value}}


def read_arguments(arguments: Any) -> Any:
    """Return the arguments of a call, which may be JSON text; {} for none, null or an empty list.

    What is not JSON, or has a number that JSON does not have, is returned as it is.
    """
    value = arguments
    while isinstance(value, str):
        try:
            value = _json.loads(value.encode("utf-8", "surrogatepass")) if value.strip() else {}
            _json.dumps(value)
        except ValueError:
            return arguments
    return {} if value is None or value == [] else value
