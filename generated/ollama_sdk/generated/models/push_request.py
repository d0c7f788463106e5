"""The model PushRequest, compiled from the API description."""

from __future__ import annotations

from typing import TypedDict

from ..types import Model as _Model
from ..types import model as _model


@_model
class PushRequest(_Model):
    """Names the model to push.

    Attributes:
        model: Name of the model, with the host of another model registry in front where needed.
        stream: Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true;
            false gives one JSON object at the end.
        name: Older name of the model field; read only when model is empty. Deprecated.
        insecure: Whether plain HTTP and unverified certificates are accepted for the model registry. The default
            is false.
        username: Ignored by the server. Deprecated.
        password: Ignored by the server. Deprecated.
    """

    model: str
    """Name of the model, with the host of another model registry in front where needed."""
    stream: bool | None = None
    """Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true; false gives one
    JSON object at the end."""
    name: str | None = None
    """Older name of the model field; read only when model is empty. Deprecated."""
    insecure: bool | None = None
    """Whether plain HTTP and unverified certificates are accepted for the model registry. The default is false."""
    username: str | None = None
    """Ignored by the server. Deprecated."""
    password: str | None = None
    """Ignored by the server. Deprecated."""


class PushRequestFields(TypedDict, total=False):
    """The fields of PushRequest that are keyword arguments of their own; None means not given."""

    insecure: bool | None
    """Whether plain HTTP and unverified certificates are accepted for the model registry. The default is false."""
    username: str | None
    """Ignored by the server. Deprecated."""
    password: str | None
    """Ignored by the server. Deprecated."""
