"""The model EmbeddingRequest, compiled from the API description."""

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
class EmbeddingRequest(_Model):
    """One text to turn into a vector, in the older form.

    Attributes:
        model: Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that
            ends in :cloud or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty
            name is a 400.
        prompt: The text. Empty or unset loads the model and answers an empty vector.
        keep_alive: How long the model stays loaded after this call; unset takes the server's default. A number
            counts seconds and may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of
            text without a unit only 0 is understood, anything else is a 400. Zero unloads at once, a negative value
            means for ever.
        options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the
            server. Null means none.
    """

    model: str
    """Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that ends in :cloud
    or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty name is a 400."""
    prompt: str | None = None
    """The text. Empty or unset loads the model and answers an empty vector."""
    keep_alive: float | str | None = None
    """How long the model stays loaded after this call; unset takes the server's default. A number counts seconds and
    may have a fraction; text is a Go duration with units, such as 300ms, 10m or 1h30m. Of text without a unit only
    0 is understood, anything else is a 400. Zero unloads at once, a negative value means for ever."""
    options: None | Options = _field(default=None, metadata={"kind": "model", "model": "Options"})
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""


class EmbeddingRequestFields(TypedDict, total=False):
    """The fields of EmbeddingRequest that are keyword arguments of their own; None means not given."""

    keep_alive: float | str | datetime.timedelta | None
    """How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or "1h30m". Zero unloads
    at once, a negative value means for ever; unset takes the server's default."""
    options: Options | Mapping[str, Any] | None
    """Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server. Null means
    none."""
