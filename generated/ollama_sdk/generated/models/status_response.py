"""The model StatusResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .cloud_status import CloudStatus


@_model
class StatusResponse(_Model):
    """The state of the server's switches.

    Attributes:
        cloud: Whether cloud features are switched off.
    """

    cloud: CloudStatus = _field(metadata={"kind": "model", "model": "CloudStatus"})
    """Whether cloud features are switched off."""
