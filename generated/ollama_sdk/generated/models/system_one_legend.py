"""The model SystemOneLegend, compiled from the API description."""

from __future__ import annotations

from typing import TypeAlias

SystemOneLegend: TypeAlias = "dict[str, str]"
"""Descriptions of the places on a scale, by the place as text."""
