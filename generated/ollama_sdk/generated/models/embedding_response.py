"""The model EmbeddingResponse, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class EmbeddingResponse(_Model):
    """The vector of one text, in the older form.

    Attributes:
        embedding: The vector as the model gives it, not normalised; empty for an empty prompt.
    """

    embedding: list[float] = _field(metadata={"never_none": True})
    """The vector as the model gives it, not normalised; empty for an empty prompt."""
