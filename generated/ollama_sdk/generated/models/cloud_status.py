"""The model CloudStatus, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .cloud_switch_source import CloudSwitchSource


@_model
class CloudStatus(_Model):
    """Whether cloud features are switched off, and by what.

    Attributes:
        disabled: Whether cloud features are switched off.
        source: Where that was decided: none, env, config or both.
    """

    disabled: bool
    """Whether cloud features are switched off."""
    source: CloudSwitchSource | str
    """Where that was decided: none, env, config or both."""
