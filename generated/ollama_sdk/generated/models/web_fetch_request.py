"""The model WebFetchRequest, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebFetchRequest(_Model):
    """Names the web page to read."""

    url: str
    """Address of the page; the scheme may be left out."""
