"""The model DeleteRequest, compiled from the API description."""

from __future__ import annotations

from typing import TypedDict

from ..types import Model as _Model
from ..types import model as _model


@_model
class DeleteRequest(_Model):
    """Names the model to delete.

    Attributes:
        model: Name of the model. An empty name is a 400.
        name: Older name of the model field; read only when model is empty. Deprecated.
    """

    model: str
    """Name of the model. An empty name is a 400."""
    name: str | None = None
    """Older name of the model field; read only when model is empty. Deprecated."""


class DeleteRequestFields(TypedDict, total=False):
    """The fields of DeleteRequest that are keyword arguments of their own; None means not given."""
