"""The model Message, compiled from the API description."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, ClassVar

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .role import Role
    from .tool_call import ToolCall


@_model
class Message(_Model):
    """One message of a conversation, or, in a stream, one piece of it.

    Attributes:
        role: Who speaks: system, user, assistant or tool. The server writes it in lower case and does not check
            it.
        content: The text; a piece of it in a stream, and often empty beside tool calls or reasoning.
        thinking: Reasoning that came before the text; absent when there is none.
        images: Pictures that belong to the message; the model needs the vision capability.
        tool_calls: Functions the model wants to have called; absent when there are none.
        tool_name: In a message of the role tool, the name of the function that gave the result.
        tool_call_id: In a message of the role tool, the id of the call that is answered.
    """

    role: Role | str
    """Who speaks: system, user, assistant or tool. The server writes it in lower case and does not check it."""
    content: str
    """The text; a piece of it in a stream, and often empty beside tool calls or reasoning."""
    thinking: str | None = None
    """Reasoning that came before the text; absent when there is none."""
    images: list[str | bytes | PathLike[str]] | None = None
    """Pictures that belong to the message; the model needs the vision capability."""
    tool_calls: list[ToolCall] | None = _field(default=None, metadata={"kind": "models", "model": "ToolCall"})
    """Functions the model wants to have called; absent when there are none."""
    tool_name: str | None = None
    """In a message of the role tool, the name of the function that gave the result."""
    tool_call_id: str | None = None
    """In a message of the role tool, the id of the call that is answered."""
    _stream_join: ClassVar[frozenset[str]] = frozenset(["content", "thinking"])
