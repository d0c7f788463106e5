"""The model SystemOneObject, compiled from the API description."""

from __future__ import annotations

from typing import Any, TypeAlias

SystemOneObject: TypeAlias = "dict[str, Any]"
"""A JSON object which the server turns into text."""
