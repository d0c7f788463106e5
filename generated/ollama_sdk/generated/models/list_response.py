"""The model ListResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .list_model_response import ListModelResponse


@_model
class ListResponse(_Model):
    """The models on this server.

    Attributes:
        models: The models, latest change first; an empty list when there are none.
    """

    models: list[ListModelResponse] = _field(
        metadata={"kind": "models", "model": "ListModelResponse", "never_none": True}
    )
    """The models, latest change first; an empty list when there are none."""
