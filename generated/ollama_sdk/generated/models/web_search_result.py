"""The model WebSearchResult, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebSearchResult(_Model):
    """One page that was found.

    Attributes:
        title: Title of the page.
        url: Address of the page.
        content: The part of the text that fits the question.
    """

    title: str
    """Title of the page."""
    url: str
    """Address of the page."""
    content: str
    """The part of the text that fits the question."""
