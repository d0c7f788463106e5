"""The model ToolCallFunction, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .tool_arguments import ToolArguments


@_model
class ToolCallFunction(_Model):
    """The function that is to be called, and its arguments.

    Attributes:
        name: Name of the function.
        arguments: Arguments by name.
        index: Position of this call among the calls of the answer, from 0; the server always sends it.
    """

    name: str
    """Name of the function."""
    arguments: ToolArguments
    """Arguments by name."""
    index: int | None = None
    """Position of this call among the calls of the answer, from 0; the server always sends it."""
