"""The model ModelDetails, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class ModelDetails(_Model):
    """Family, format and size of a model.

    Attributes:
        parent_model: Model it was made from; often empty.
        format_: File format, such as gguf or safetensors.
        family: Family of the architecture, such as llama or bert.
        families: All families the model belongs to; null for many remote and safetensors models.
        parameter_size: Number of parameters as text, such as 134.52M.
        quantization_level: Number format of the weights, such as Q4_K_M.
        context_length: Longest context of the model, in tokens; only in the list of models, absent when zero.
        embedding_length: Length of the embedding vectors, in dimensions; only in the list of models, absent when
            zero.
    """

    parent_model: str
    """Model it was made from; often empty."""
    format_: str = _field(metadata={"wire": "format"})
    """File format, such as gguf or safetensors."""
    family: str
    """Family of the architecture, such as llama or bert."""
    families: list[str] = _field(metadata={"never_none": True})
    """All families the model belongs to; null for many remote and safetensors models."""
    parameter_size: str
    """Number of parameters as text, such as 134.52M."""
    quantization_level: str
    """Number format of the weights, such as Q4_K_M."""
    context_length: int | None = None
    """Longest context of the model, in tokens; only in the list of models, absent when zero."""
    embedding_length: int | None = None
    """Length of the embedding vectors, in dimensions; only in the list of models, absent when zero."""
