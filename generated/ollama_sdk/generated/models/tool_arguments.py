"""The model ToolArguments, compiled from the API description."""

from __future__ import annotations

from typing import Any, TypeAlias

ToolArguments: TypeAlias = "dict[str, Any]"
"""Arguments of a function call by name, with any JSON values. It must be an object, never JSON inside a string;
very large integers lose precision on the way through the server."""
