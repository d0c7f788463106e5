"""The model WebSearchResponse, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .web_search_result import WebSearchResult


@_model
class WebSearchResponse(_Model):
    """What the web search found.

    Attributes:
        results: The pages found, best first.
    """

    results: list[WebSearchResult] = _field(metadata={"kind": "models", "model": "WebSearchResult", "never_none": True})
    """The pages found, best first."""
