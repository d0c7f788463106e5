"""The model ToolFunction, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_function_parameters import ToolFunctionParameters


@_model
class ToolFunction(_Model):
    """What the model is told about a function.

    Attributes:
        name: Name by which the model calls the function.
        description: What the function does, written for the model.
        parameters: The arguments the function takes.
    """

    name: str
    """Name by which the model calls the function."""
    description: str | None = None
    """What the function does, written for the model."""
    parameters: ToolFunctionParameters | None = _field(
        default=None, metadata={"kind": "model", "model": "ToolFunctionParameters"}
    )
    """The arguments the function takes."""
