"""The model Tensor, compiled from the API description."""

from __future__ import annotations

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model


@_model
class Tensor(_Model):
    """One tensor of a model file.

    Attributes:
        name: Name of the tensor.
        type_: GGML number format, such as Q8_0 or F32.
        shape: Number of elements along each dimension.
    """

    name: str
    """Name of the tensor."""
    type_: str = _field(metadata={"wire": "type"})
    """GGML number format, such as Q8_0 or F32."""
    shape: list[int] = _field(metadata={"never_none": True})
    """Number of elements along each dimension."""
