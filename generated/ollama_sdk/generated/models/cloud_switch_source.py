"""The values of CloudSwitchSource that the API description knows; a newer server may send others."""

from typing import Literal

CloudSwitchSource = Literal[
    "both",
    "config",
    "env",
    "none",
]
