"""The values of Role that the API description knows; a newer server may send others."""

from typing import Literal

Role = Literal[
    "assistant",
    "system",
    "tool",
    "user",
]
"""Who speaks in a message."""
