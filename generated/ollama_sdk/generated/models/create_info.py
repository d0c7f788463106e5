"""The model CreateInfo, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .capability import Capability


@_model
class CreateInfo(_Model):
    """Facts about a model given by hand when it is created; unknown keys are allowed.

    Attributes:
        capabilities: What the model can do.
        model_family: Family of the architecture, such as llama.
        base_name: Name of the model this one is derived from.
        quantization_level: Number format of the weights, such as Q4_K_M.
        parameter_size: Number of parameters as text, such as 134.52M.
        context_length: Longest context, in tokens; not negative.
        embedding_length: Length of the embedding vectors, in dimensions; not negative.
    """

    capabilities: list[Capability | str] | None = None
    """What the model can do."""
    model_family: str | None = None
    """Family of the architecture, such as llama."""
    base_name: str | None = None
    """Name of the model this one is derived from."""
    quantization_level: str | None = None
    """Number format of the weights, such as Q4_K_M."""
    parameter_size: str | None = None
    """Number of parameters as text, such as 134.52M."""
    context_length: int | None = None
    """Longest context, in tokens; not negative."""
    embedding_length: int | None = None
    """Length of the embedding vectors, in dimensions; not negative."""
