"""The model VersionResponse, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class VersionResponse(_Model):
    """The version of the server.

    Attributes:
        version: Version number, such as 0.31.0; 0.0.0 for a development build.
    """

    version: str
    """Version number, such as 0.31.0; 0.0.0 for a development build."""
