"""The model WebFetchResponse, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebFetchResponse(_Model):
    """One web page as text.

    Attributes:
        title: Title of the page.
        content: Text of the page.
        links: Addresses the page links to; it may be absent.
    """

    title: str
    """Title of the page."""
    content: str
    """Text of the page."""
    links: list[str] = _field(default=None, metadata={"never_none": True})
    """Addresses the page links to; it may be absent."""
