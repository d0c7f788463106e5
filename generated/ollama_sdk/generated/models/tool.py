"""The model Tool, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_function import ToolFunction
    from .tool_type import ToolType


@_model
class Tool(_Model):
    """A function which the model may ask to have called.

    Attributes:
        function: What the function is called, does and takes.
        type_: Kind of tool, normally function; the server does not check it.
        items: Any JSON; kept by the server and not interpreted.
    """

    function: ToolFunction = _field(metadata={"kind": "model", "model": "ToolFunction"})
    """What the function is called, does and takes."""
    type_: str | ToolType | None = _field(default=None, metadata={"wire": "type"})
    """Kind of tool, normally function; the server does not check it."""
    items: Any | None = None  # type: ignore[assignment]  # it hides the method
    """Any JSON; kept by the server and not interpreted."""
