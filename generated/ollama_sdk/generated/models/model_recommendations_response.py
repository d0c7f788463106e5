"""The model ModelRecommendationsResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .model_recommendation import ModelRecommendation


@_model
class ModelRecommendationsResponse(_Model):
    """Models the makers of the server recommend.

    Attributes:
        recommendations: The models, most recommended first.
    """

    recommendations: list[ModelRecommendation] = _field(
        metadata={"kind": "models", "model": "ModelRecommendation", "never_none": True}
    )
    """The models, most recommended first."""
