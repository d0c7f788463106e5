"""Questions to System One models, and their answers."""

# pyright: reportIncompatibleVariableOverride=false
# Fields are narrowed to the classes of this room, which is what they read as.

from __future__ import annotations

from typing import Any, TypeAlias

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._models.base import SubscriptableBaseModel

SystemOneContent: TypeAlias = str | dict[str, Any] | list[Any]
"""Text, or JSON that the server turns into text."""


class SystemOneChoiceQuestion(
    SubscriptableBaseModel,
    models.SystemOneQuestion,
    fields="type instructions criteria",
    required="instructions criteria",
    when="choice",
):
    """Which of several it is; `criteria` maps the choices to descriptions."""

    type: str = "choice"


class SystemOneNoulQuestion(
    SubscriptableBaseModel,
    models.SystemOneQuestion,
    fields="type instructions criteria",
    required="instructions",
    when="noul",
):
    """How probable it is; `criteria` may say what the keys false and true mean."""

    type: str = "noul"


class SystemOneScoreQuestion(
    SubscriptableBaseModel,
    models.SystemOneQuestion,
    fields="type instructions criteria",
    required="instructions criteria",
    when="score",
):
    """Where on a scale it is; `criteria` describes the scores from the lowest on."""

    type: str = "score"


class SystemOneChoiceAnswer(
    SubscriptableBaseModel,
    models.SystemOneAnswer,
    fields="type choice probabilities confidence",
    required="type",
    when="choice",
):
    """Which of several it is."""

    type: str


class SystemOneNoulAnswer(
    SubscriptableBaseModel, models.SystemOneAnswer, fields="type noul", required="type", when="noul"
):
    """How probable it is."""

    type: str


class SystemOneScoreAnswer(
    SubscriptableBaseModel,
    models.SystemOneAnswer,
    fields="type score legend probabilities confidence",
    required="type",
    when="score",
):
    """Where on a scale it is."""

    type: str


SystemOneQuestion: TypeAlias = SystemOneChoiceQuestion | SystemOneNoulQuestion | SystemOneScoreQuestion
"""A question of one of the three kinds."""
SystemOneAnswer: TypeAlias = SystemOneNoulAnswer | SystemOneChoiceAnswer | SystemOneScoreAnswer
"""The answer to a question, of its kind."""


class SystemOneUsage(
    SubscriptableBaseModel,
    models.SystemOneUsage,
    fields="input_tokens output_tokens",
    required="input_tokens output_tokens",
):
    """The numbers of tokens."""


class SystemOneRequest(
    SubscriptableBaseModel,
    models.SystemOneRequest,
    fields="model state questions keep_alive",
    required="model state questions",
):
    """The body of a call of systemone."""

    questions: dict[str, SystemOneQuestion]  # type: ignore[assignment]  # of the classes that are here


class SystemOneResponse(
    SubscriptableBaseModel,
    models.SystemOneResponse,
    fields="model answers usage",
    required="model answers usage",
):
    """The answers to the questions."""

    answers: dict[str, SystemOneAnswer]  # type: ignore[assignment]  # of the classes that are here
    usage: SystemOneUsage
