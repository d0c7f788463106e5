"""The model EmbedRequest, compiled from the API description."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .options import Options


@_model
class EmbedRequest(_Model):
    """One or more texts to turn into vectors.

    Attributes:
        model: Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that
            ends in :cloud or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty
            name is a 404.
        input_: One text, or a list of texts. An empty text, an empty list or null only loads the model; numbers
            and token lists are a 400.
        keep_alive: How long the model stays loaded after this call; unset takes the server's default. A number
            counts seconds and may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of
            text without a unit only 0 is understood, anything else is a 400. Zero unloads at once, a negative value
            means for ever.
        truncate: Whether a text longer than the context is shortened. The default is true; false makes such a
            text a 400.
        dimensions: Number of dimensions to cut the vectors down to; they are normalised again afterwards. Zero,
            or more than the model has, leaves them as they are.
        options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the
            server. Null means none.
    """

    model: str
    """Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that ends in :cloud
    or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty name is a 404."""
    input_: list[str] | None | str = _field(default=None, metadata={"wire": "input"})
    """One text, or a list of texts. An empty text, an empty list or null only loads the model; numbers and token lists
    are a 400."""
    keep_alive: float | str | None = None
    """How long the model stays loaded after this call; unset takes the server's default. A number counts seconds and
    may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of text without a unit only
    0 is understood, anything else is a 400. Zero unloads at once, a negative value means for ever."""
    truncate: bool | None = None
    """Whether a text longer than the context is shortened. The default is true; false makes such a text a 400."""
    dimensions: int | None = None
    """Number of dimensions to cut the vectors down to; they are normalised again afterwards. Zero, or more than the
    model has, leaves them as they are."""
    options: None | Options = _field(default=None, metadata={"kind": "model", "model": "Options"})
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""


class EmbedRequestFields(TypedDict, total=False):
    """The fields of EmbedRequest that are keyword arguments of their own; None means not given."""

    keep_alive: float | str | datetime.timedelta | None
    """How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or "1h30m". Zero unloads
    at once, a negative value means for ever; unset takes the server's default."""
    truncate: bool | None
    """Whether a text longer than the context is shortened. The default is true; false makes such a text a 400."""
    dimensions: int | None
    """Number of dimensions to cut the vectors down to; they are normalised again afterwards. Zero, or more than the
    model has, leaves them as they are."""
    options: Options | Mapping[str, Any] | None
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""
