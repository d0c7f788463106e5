"""The model ModelRecommendation, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class ModelRecommendation(_Model):
    """One recommended model.

    Attributes:
        model: Name of the model.
        description: What the model is good at.
        context_length: Longest context, in tokens; left out when zero.
        max_output_tokens: Longest answer, in tokens; left out when zero.
        vram_bytes: Video memory the model needs, in bytes; left out when zero.
        required_plan: Plan an account needs to use it; absent when none is needed.
    """

    model: str
    """Name of the model."""
    description: str
    """What the model is good at."""
    context_length: int | None = None
    """Longest context, in tokens; left out when zero."""
    max_output_tokens: int | None = None
    """Longest answer, in tokens; left out when zero."""
    vram_bytes: int | None = None
    """Video memory the model needs, in bytes; left out when zero."""
    required_plan: str | None = None
    """Plan an account needs to use it; absent when none is needed."""
