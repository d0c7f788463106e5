"""The model ProcessModelResponse, compiled from the API description."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .model_details import ModelDetails


@_model
class ProcessModelResponse(_Model):
    """One model that is loaded.

    Attributes:
        name: Full name with tag; the same as model.
        model: Full name with tag.
        size: Memory the model takes in all, in bytes.
        digest: SHA-256 digest of the model's manifest, 64 hexadecimal digits without a prefix.
        details: Family, format and size of the model.
        expires_at: When the model will be unloaded if it stays idle, with up to nine fractional digits; far in
            the future when it is kept for ever.
        size_vram: Memory the model takes on the GPU, in bytes.
        context_length: Length of the context it was loaded with, in tokens.
    """

    name: str
    """Full name with tag; the same as model."""
    model: str
    """Full name with tag."""
    size: int
    """Memory the model takes in all, in bytes."""
    digest: str
    """SHA-256 digest of the model's manifest, 64 hexadecimal digits without a prefix."""
    details: ModelDetails = _field(metadata={"kind": "model", "model": "ModelDetails"})
    """Family, format and size of the model."""
    expires_at: datetime.datetime = _field(metadata={"kind": "datetime"})
    """When the model will be unloaded if it stays idle, with up to nine fractional digits; far in the future when it
    is kept for ever."""
    size_vram: int
    """Memory the model takes on the GPU, in bytes."""
    context_length: int
    """Length of the context it was loaded with, in tokens."""
