"""The model SystemOneProbabilities, compiled from the API description."""

from __future__ import annotations

from typing import TypeAlias

SystemOneProbabilities: TypeAlias = "dict[str, float]"
"""Probabilities, 0 to 1, by option or place."""
