"""The values of CloudSwitchSource that the API description knows; a newer server may send others."""

from typing import Literal

CloudSwitchSource = Literal[
    "both",
    "config",
    "env",
    "none",
]
"""Where a switch was set: nowhere, in the environment, in the configuration file, or in both."""
