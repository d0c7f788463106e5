"""The values of DoneReason that the API description knows; a newer server may send others."""

from typing import Literal

DoneReason = Literal[
    "length",
    "load",
    "stop",
    "unload",
]
"""Why an answer ended: the model was done or met a stop text, the length limit was reached, or the call only
loaded or unloaded the model."""
