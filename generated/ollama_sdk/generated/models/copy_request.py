"""The model CopyRequest, compiled from the API description."""

from __future__ import annotations

from typing import TypedDict

from ..types import Model as _Model
from ..types import model as _model


@_model
class CopyRequest(_Model):
    """Names a model and what its copy is to be called.

    Attributes:
        source: Name of the existing model.
        destination: Name of the copy.
    """

    source: str
    """Name of the existing model."""
    destination: str
    """Name of the copy."""


class CopyRequestFields(TypedDict, total=False):
    """The fields of CopyRequest that are keyword arguments of their own; None means not given."""
