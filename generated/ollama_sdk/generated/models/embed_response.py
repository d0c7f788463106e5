"""The model EmbedResponse, compiled from the API description."""

from __future__ import annotations

import datetime

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model
from ..types import timedelta as _timedelta


@_model
class EmbedResponse(_Model):
    """Vectors of the texts, in the order of the texts.

    Attributes:
        model: Name of the model, as it was asked for.
        embeddings: One vector of length 1 for each text; an empty list when the call only loaded the model.
        total_duration: Nanoseconds the call took on the server; left out when zero.
        load_duration: Nanoseconds of the total that went into loading the model; left out when zero.
        prompt_eval_count: Number of tokens of all texts together; left out when zero.
    """

    model: str
    """Name of the model, as it was asked for."""
    embeddings: list[list[float]] = _field(metadata={"never_none": True})
    """One vector of length 1 for each text; an empty list when the call only loaded the model."""
    total_duration: int | None = None
    """Nanoseconds the call took on the server; left out when zero."""
    load_duration: int | None = None
    """Nanoseconds of the total that went into loading the model; left out when zero."""
    prompt_eval_count: int | None = None
    """Number of tokens of all texts together; left out when zero."""

    @property
    def total_time(self) -> datetime.timedelta | None:
        """`total_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.total_duration)

    @property
    def load_time(self) -> datetime.timedelta | None:
        """`load_duration` as a timedelta, which counts microseconds; None when not set."""
        return _timedelta(self.load_duration)
