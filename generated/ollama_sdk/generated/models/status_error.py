"""The model StatusError, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class StatusError(_Model):
    """An error of the remote server behind a remote model, passed on with its status.

    Attributes:
        status_code: HTTP status of the remote server; the capital letters are on the wire.
        status: Status line of the remote server; it may be empty.
        error: What went wrong, in words.
    """

    status_code: int = _field(metadata={"wire": "StatusCode"})
    """HTTP status of the remote server; the capital letters are on the wire."""
    status: str = _field(metadata={"wire": "Status"})
    """Status line of the remote server; it may be empty."""
    error: str
    """What went wrong, in words."""
