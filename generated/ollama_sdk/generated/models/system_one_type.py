"""The values of SystemOneType that the API description knows; a newer server may send others."""

from typing import Literal

SystemOneType = Literal[
    "choice",
    "noul",
    "score",
]
"""Kinds of question that a System One model answers."""
