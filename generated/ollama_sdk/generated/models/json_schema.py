"""The model JsonSchema, compiled from the API description."""

from __future__ import annotations

from typing import Any, TypeAlias

JsonSchema: TypeAlias = "dict[str, Any]"
"""A JSON schema which the generated text will follow."""
