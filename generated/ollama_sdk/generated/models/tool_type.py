"""The values of ToolType that the API description knows; a newer server may send others."""

from typing import Literal

ToolType = Literal["function",]
"""Kind of tool."""
