"""The model ToolProperties, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .tool_property import ToolProperty


ToolProperties: TypeAlias = "dict[str, ToolProperty]"
"""Schemas of arguments by name; their order is kept."""
