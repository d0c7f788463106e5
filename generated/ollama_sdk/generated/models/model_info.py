"""The model ModelInfo, compiled from the API description."""

from __future__ import annotations

from typing import Any, TypeAlias

ModelInfo: TypeAlias = "dict[str, Any]"
"""GGUF metadata by key, such as general.architecture or llama.context_length, with any JSON values."""
