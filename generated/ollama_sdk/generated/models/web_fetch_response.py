"""The model WebFetchResponse, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebFetchResponse(_Model):
    """One web page as text."""

    title: str
    """Title of the page."""
    content: str
    """Text of the page."""
    links: list[str] | None = None
    """Addresses the page links to; it may be absent."""
