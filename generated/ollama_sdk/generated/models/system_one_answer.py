"""The model SystemOneAnswer, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .system_one_legend import SystemOneLegend
    from .system_one_probabilities import SystemOneProbabilities
    from .system_one_type import SystemOneType


@_model
class SystemOneAnswer(_Model):
    """The answer to one question; which fields it has depends on the kind of question.

    Attributes:
        type_: Kind of the question.
        choice: The option that was chosen; only for choice.
        noul: Probability that it is true, 0 to 1; only for noul.
        score: Expected place on the scale, counted from 0, which may lie between two; only for score.
        legend: What each place on the scale means; only for score.
        probabilities: Probability of each option or place; for choice and score.
        confidence: How much of the probability is gathered in one place, 0 to 1, which is no measure of being
            right; for choice and score.
    """

    type_: str | SystemOneType = _field(metadata={"wire": "type"})
    """Kind of the question."""
    choice: str | None = None
    """The option that was chosen; only for choice."""
    noul: float | None = None
    """Probability that it is true, 0 to 1; only for noul."""
    score: float | None = None
    """Expected place on the scale, counted from 0, which may lie between two; only for score."""
    legend: SystemOneLegend | None = None
    """What each place on the scale means; only for score."""
    probabilities: SystemOneProbabilities | None = None
    """Probability of each option or place; for choice and score."""
    confidence: float | None = None
    """How much of the probability is gathered in one place, 0 to 1, which is no measure of being right; for choice and
    score."""
