"""The model SystemOneRequest, compiled from the API description."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .system_one_object import SystemOneObject
    from .system_one_questions import SystemOneQuestions


@_model
class SystemOneRequest(_Model):
    """A state, and the questions by which a model judges it.

    Attributes:
        model: Name of a local System One model, such as nimble.
        state: What is judged.
        questions: The questions by name, answered in this order.
        keep_alive: How long the model stays loaded after this call; unset takes the server's default. A number
            counts seconds and may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of
            text without a unit only 0 is understood, anything else is a 400. Zero unloads at once, a negative value
            means for ever.
    """

    model: str
    """Name of a local System One model, such as nimble."""
    state: list[Any] | str | SystemOneObject
    """What is judged."""
    questions: SystemOneQuestions = _field(metadata={"kind": "model_map", "model": "SystemOneQuestion"})
    """The questions by name, answered in this order."""
    keep_alive: float | str | None = None
    """How long the model stays loaded after this call; unset takes the server's default. A number counts seconds and
    may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of text without a unit only
    0 is understood, anything else is a 400. Zero unloads at once, a negative value means for ever."""


class SystemOneRequestFields(TypedDict, total=False):
    """The fields of SystemOneRequest that are keyword arguments of their own; None means not given."""

    keep_alive: float | str | datetime.timedelta | None
    """How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or "1h30m". Zero unloads
    at once, a negative value means for ever; unset takes the server's default."""
