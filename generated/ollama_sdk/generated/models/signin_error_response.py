"""The model SigninErrorResponse, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class SigninErrorResponse(_Model):
    """The call needs an account, and the server is not signed in.

    Attributes:
        error: Normally the word unauthorized.
        signin_url: Web page on which the user can sign this server in; absent when the server's key cannot be
            read.
    """

    error: str
    """Normally the word unauthorized."""
    signin_url: str | None = None
    """Web page on which the user can sign this server in; absent when the server's key cannot be read."""
