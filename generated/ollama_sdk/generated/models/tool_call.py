"""The model ToolCall, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_call_function import ToolCallFunction


@_model
class ToolCall(_Model):
    """The model's wish to have one function called. In a stream it arrives whole, in one piece.

    Attributes:
        function: Which function, and with what arguments.
        id: Identifier made by the server, to be sent back as tool_call_id; it may be absent.
    """

    function: ToolCallFunction = _field(metadata={"kind": "model", "model": "ToolCallFunction"})
    """Which function, and with what arguments."""
    id: str | None = None
    """Identifier made by the server, to be sent back as tool_call_id; it may be absent."""
