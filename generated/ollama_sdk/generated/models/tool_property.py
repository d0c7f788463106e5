"""The model ToolProperty, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_properties import ToolProperties


@_model
class ToolProperty(_Model):
    """Schema of one argument. The server drops keywords that are not listed here, such as oneOf, format, default or
    minimum.

    Attributes:
        any_of: Alternatives, one of which the value must match.
        type_: Name of the JSON type, or a list of names when several are allowed.
        items: Any JSON; the schema of the elements of an array.
        description: What the argument means, written for the model.
        enum: The allowed values.
        properties: Fields of an object, by name.
        required: Names of the fields of an object that must be given.
    """

    any_of: list[ToolProperty] | None = _field(
        default=None, metadata={"wire": "anyOf", "kind": "models", "model": "ToolProperty"}
    )
    """Alternatives, one of which the value must match."""
    type_: list[str] | str | None = _field(default=None, metadata={"wire": "type"})
    """Name of the JSON type, or a list of names when several are allowed."""
    items: Any | None = None  # type: ignore[assignment]  # it hides the method
    """Any JSON; the schema of the elements of an array."""
    description: str | None = None
    """What the argument means, written for the model."""
    enum: list[Any] | None = None
    """The allowed values."""
    properties: ToolProperties | None = _field(default=None, metadata={"kind": "model_map", "model": "ToolProperty"})
    """Fields of an object, by name."""
    required: list[str] | None = None
    """Names of the fields of an object that must be given."""
