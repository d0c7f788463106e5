"""The model ProcessResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .process_model_response import ProcessModelResponse


@_model
class ProcessResponse(_Model):
    """The models that are loaded at the moment.

    Attributes:
        models: The loaded models, the one that stays longest first; an empty list when there are none.
    """

    models: list[ProcessModelResponse] = _field(
        metadata={"kind": "models", "model": "ProcessModelResponse", "never_none": True}
    )
    """The loaded models, the one that stays longest first; an empty list when there are none."""
