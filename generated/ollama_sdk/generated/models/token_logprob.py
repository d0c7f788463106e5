"""The model TokenLogprob, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class TokenLogprob(_Model):
    """A token that could have stood at one place, and how likely it was.

    Attributes:
        token: Text of the token.
        logprob: Natural logarithm of its probability.
        bytes_: The UTF-8 bytes of the token, each 0 to 255; absent for an empty token.
    """

    token: str
    """Text of the token."""
    logprob: float
    """Natural logarithm of its probability."""
    bytes_: list[int] | None = _field(default=None, metadata={"wire": "bytes"})
    """The UTF-8 bytes of the token, each 0 to 255; absent for an empty token."""
