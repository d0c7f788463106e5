"""The values of DoneReason that the API description knows; a newer server may send others."""

from typing import Literal

DoneReason = Literal[
    "length",
    "load",
    "stop",
    "unload",
]
