"""The model ToolFunctionParameters, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_parameters_type import ToolParametersType
    from .tool_properties import ToolProperties


@_model
class ToolFunctionParameters(_Model):
    """The arguments of a function as a JSON schema of an object. The server keeps only the keywords listed here.

    Attributes:
        type_: Normally object.
        defs: Any JSON; definitions which other parts of the schema refer to.
        items: Any JSON; kept by the server and not interpreted.
        required: Names of the arguments that must be given.
        properties: The arguments by name, in the order they are written. Null is the same as none.
    """

    type_: str | ToolParametersType | None = _field(default=None, metadata={"wire": "type"})
    """Normally object."""
    defs: Any | None = _field(default=None, metadata={"wire": "$defs"})
    """Any JSON; definitions which other parts of the schema refer to."""
    items: Any | None = None  # type: ignore[assignment]  # it hides the method
    """Any JSON; kept by the server and not interpreted."""
    required: list[str] | None = None
    """Names of the arguments that must be given."""
    properties: None | ToolProperties = _field(default=None, metadata={"kind": "model_map", "model": "ToolProperty"})
    """The arguments by name, in the order they are written. Null is the same as none."""
