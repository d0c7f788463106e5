"""The values of Capability that the API description knows; a newer server may send others."""

from typing import Literal

Capability = Literal[
    "audio",
    "completion",
    "embedding",
    "image",
    "insert",
    "thinking",
    "tools",
    "vision",
]
"""One thing a model can do."""
