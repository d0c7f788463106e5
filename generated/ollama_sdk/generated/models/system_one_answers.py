"""The model SystemOneAnswers, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .system_one_answer import SystemOneAnswer


SystemOneAnswers: TypeAlias = "dict[str, SystemOneAnswer]"
"""Answers by the names of their questions."""
