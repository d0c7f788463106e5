"""The values of QuantizationType that the API description knows; a newer server may send others."""

from typing import Literal

QuantizationType = Literal[
    "BF16",
    "F16",
    "F32",
    "Q4_K",
    "Q4_K_M",
    "Q4_K_S",
    "Q8_0",
]
"""Number format of weights."""
