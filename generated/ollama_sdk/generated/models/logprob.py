"""The model Logprob, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .token_logprob import TokenLogprob


@_model
class Logprob(_Model):
    """One generated token, how likely it was, and the alternatives.

    Attributes:
        token: Text of the token.
        logprob: Natural logarithm of its probability.
        bytes_: The UTF-8 bytes of the token, each 0 to 255; a token can end in the middle of a character. Absent
            for an empty token.
        top_logprobs: The likeliest tokens at this place, likeliest first; absent unless top_logprobs was above 0.
    """

    token: str
    """Text of the token."""
    logprob: float
    """Natural logarithm of its probability."""
    bytes_: list[int] | None = _field(default=None, metadata={"wire": "bytes"})
    """The UTF-8 bytes of the token, each 0 to 255; a token can end in the middle of a character. Absent for an empty
    token."""
    top_logprobs: list[TokenLogprob] | None = _field(default=None, metadata={"kind": "models", "model": "TokenLogprob"})
    """The likeliest tokens at this place, likeliest first; absent unless top_logprobs was above 0."""
