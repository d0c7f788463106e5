"""The types of arguments that programs name in their own annotations; imported when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import httpx

from ollama_sdk.generated.models.message import Message
from ollama_sdk.generated.models.tool import Tool

MessageLike: TypeAlias = Message | Mapping[str, Any]
"""A message of a conversation: a Message, or a dict with role and content."""
ToolLike: TypeAlias = Tool | Mapping[str, Any] | Callable[..., Any]
"""A tool that a model may call: a Python function with type hints and a docstring, a dict, or a Tool."""
Timeout: TypeAlias = float | httpx.Timeout
"""Limits for the phases of a call: seconds for each of them, or an httpx.Timeout."""
KeepAlive: TypeAlias = float | str
"""How long a model stays loaded: seconds, or text with a unit such as "10m"; negative for ever."""
