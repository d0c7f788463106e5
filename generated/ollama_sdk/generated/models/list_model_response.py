"""The model ListModelResponse, compiled from the API description."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .capability import Capability
    from .model_details import ModelDetails


@_model
class ListModelResponse(_Model):
    """One model on this server.

    Attributes:
        name: Full name with tag; the same as model.
        model: Full name with tag.
        modified_at: When the model was last changed on this server, in its local time zone, with up to nine
            fractional digits.
        size: Size on disk, in bytes.
        digest: SHA-256 digest of the model's manifest, 64 hexadecimal digits without a prefix.
        details: Family, format and size of the model.
        remote_model: Name of the model on the remote server; only for remote and cloud models.
        remote_host: Address of the remote server; only for remote and cloud models.
        capabilities: What the model can do; absent when unknown.
    """

    name: str
    """Full name with tag; the same as model."""
    model: str
    """Full name with tag."""
    modified_at: datetime.datetime = _field(metadata={"kind": "datetime"})
    """When the model was last changed on this server, in its local time zone, with up to nine fractional digits."""
    size: int
    """Size on disk, in bytes."""
    digest: str
    """SHA-256 digest of the model's manifest, 64 hexadecimal digits without a prefix."""
    details: ModelDetails = _field(metadata={"kind": "model", "model": "ModelDetails"})
    """Family, format and size of the model."""
    remote_model: str | None = None
    """Name of the model on the remote server; only for remote and cloud models."""
    remote_host: str | None = None
    """Address of the remote server; only for remote and cloud models."""
    capabilities: list[Capability | str] = _field(default=None, metadata={"never_none": True})
    """What the model can do; absent when unknown."""
