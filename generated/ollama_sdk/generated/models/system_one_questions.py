"""The model SystemOneQuestions, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .system_one_question import SystemOneQuestion


SystemOneQuestions: TypeAlias = "dict[str, SystemOneQuestion]"
"""Questions by name; their order is kept."""
