"""The model WebSearchRequest, compiled from the API description."""

from __future__ import annotations

from typing import TypedDict

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebSearchRequest(_Model):
    """A question for the web search.

    Attributes:
        query: What to search for.
        max_results: Largest number of results wanted, at most 10. The default is 5.
    """

    query: str
    """What to search for."""
    max_results: int | None = None
    """Largest number of results wanted, at most 10. The default is 5."""


class WebSearchRequestFields(TypedDict, total=False):
    """The fields of WebSearchRequest that are keyword arguments of their own; None means not given."""
