"""The values of ThinkLevel that the API description knows; a newer server may send others."""

from typing import Literal

ThinkLevel = Literal[
    "high",
    "low",
    "max",
    "medium",
]
"""How hard the model reasons; some models treat max as high."""
