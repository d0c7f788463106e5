"""Tools for the embedded model: a grammar makes it call one, and its text is read as the call."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable, Mapping
from typing import Any

from ollama_sdk.overlay.testing._model import ModelError

_ALPHABET = string.ascii_lowercase + string.digits


def must_call(body: Mapping[str, Any]) -> bool:
    """Whether the next message must be a tool call.

    The model is too small to decide that well: it calls a tool when the request has some, and answers in words when
    the last message is a result.
    """
    messages = body.get("messages")
    if not body.get("tools") or body.get("format") or not isinstance(messages, list) or not messages:
        return False  # on a model that does not think, the format wins
    return isinstance(messages[-1], dict) and messages[-1].get("role") != "tool"


def call_schema(tools: Iterable[Any]) -> dict[str, object]:
    """Return the JSON schema of a call of any of the tools.

    Raises:
        ModelError: One has no name.
    """
    return {"anyOf": [_one_call(*_described(tool)) for tool in tools]}


def conversation(body: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Return the messages for the model: with the tools described, without calls, and with results in words.

    Its template does not support tools, and it answers well to these messages.
    """
    shown: list[dict[str, object]] = []
    if must_call(body):
        listed = "\n".join(json.dumps(tool.get("function")) for tool in body["tools"])
        text = f'You call a function, as JSON with "name" and "arguments". The functions are:\n{listed}'
        shown.append({"role": "system", "content": text})
    elif body.get("tools"):
        shown.append({"role": "system", "content": "Answer in words, with the results of the functions."})
    for message in messages:
        content = message.get("content") or ""
        if message.get("role") == "tool":
            shown.append({"role": "user", "content": f"{message.get('tool_name') or 'The function'} gives: {content}"})
        elif content or not message.get("tool_calls"):
            shown.append({"role": message.get("role", ""), "content": content})
    return shown


def read_call(text: str) -> dict[str, object] | None:
    """Return the tool call of a text, or None when the text was cut off."""
    try:
        call = json.loads(text)
    except json.JSONDecodeError:
        return None
    identifier = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    return {"id": f"call_{identifier}", "function": {"index": 0, **call}}


def _described(tool: Any) -> tuple[str, dict[str, Any]]:
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or not function.get("name"):
        raise ModelError(400, "a tool has no function with a name")
    return function["name"], function.get("parameters") or {}


def _one_call(name: str, parameters: dict[str, Any]) -> dict[str, object]:
    arguments = {"type": "object", "properties": {}, **parameters, "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }
