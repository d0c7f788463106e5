"""The model ErrorResponse, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class ErrorResponse(_Model):
    """What went wrong. It is the body of an error status, and also a line inside a stream that fails after it has
    begun.

    Attributes:
        error: What went wrong, in words; do not match on the text, it differs between routes.
    """

    error: str
    """What went wrong, in words; do not match on the text, it differs between routes."""
