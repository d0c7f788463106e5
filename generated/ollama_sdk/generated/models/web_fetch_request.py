"""The model WebFetchRequest, compiled from the API description."""

from __future__ import annotations

from typing import TypedDict

from ..types import Model as _Model
from ..types import model as _model


@_model
class WebFetchRequest(_Model):
    """Names the web page to read.

    Attributes:
        url: Address of the page; the scheme may be left out.
    """

    url: str
    """Address of the page; the scheme may be left out."""


class WebFetchRequestFields(TypedDict, total=False):
    """The fields of WebFetchRequest that are keyword arguments of their own; None means not given."""
