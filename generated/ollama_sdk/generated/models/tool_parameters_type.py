"""The values of ToolParametersType that the API description knows; a newer server may send others."""

from typing import Literal

ToolParametersType = Literal["object",]
"""JSON type of the arguments as a whole."""
