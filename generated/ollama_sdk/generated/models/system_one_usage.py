"""The model SystemOneUsage, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class SystemOneUsage(_Model):
    """Tokens that a call took.

    Attributes:
        input_tokens: Tokens that were read.
        output_tokens: Tokens that were written; not necessarily none.
    """

    input_tokens: int
    """Tokens that were read."""
    output_tokens: int
    """Tokens that were written; not necessarily none."""
