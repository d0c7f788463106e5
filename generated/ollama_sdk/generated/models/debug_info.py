"""The model DebugInfo, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class DebugInfo(_Model):
    """What the server would have given to the model.

    Attributes:
        rendered_template: The prompt after the template was applied.
        image_count: Number of pictures beside the prompt; absent when zero.
    """

    rendered_template: str
    """The prompt after the template was applied."""
    image_count: int | None = None
    """Number of pictures beside the prompt; absent when zero."""
