"""The model SystemOneResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .system_one_answers import SystemOneAnswers
    from .system_one_usage import SystemOneUsage


@_model
class SystemOneResponse(_Model):
    """What a model answers to questions about a state.

    Attributes:
        model: Name of the model that answered.
        answers: The answers by the names of the questions.
        usage: What the call took.
    """

    model: str
    """Name of the model that answered."""
    answers: SystemOneAnswers = _field(metadata={"kind": "model_map", "model": "SystemOneAnswer"})
    """The answers by the names of the questions."""
    usage: SystemOneUsage = _field(metadata={"kind": "model", "model": "SystemOneUsage"})
    """What the call took."""
