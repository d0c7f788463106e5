"""The values of JsonFormat that the API description knows; a newer server may send others."""

from typing import Literal

JsonFormat = Literal["json",]
"""Asks for any valid JSON."""
