"""The model SystemOneQuestion, compiled from the API description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .system_one_object import SystemOneObject
    from .system_one_type import SystemOneType


@_model
class SystemOneQuestion(_Model):
    """One question about a state.

    Attributes:
        type_: Kind of question: choice picks one of several options, noul tells how likely something is true,
            score places the state on a scale.
        instructions: What is asked.
        criteria: For choice, 2 to 26 options mapped to what each means, where null takes the name of the option.
            For score, 2 to 26 descriptions from the lowest to the highest. For noul, optionally what the keys false
            and true mean.
    """

    type_: str | SystemOneType = _field(metadata={"wire": "type"})
    """Kind of question: choice picks one of several options, noul tells how likely something is true, score places the
    state on a scale."""
    instructions: list[Any] | str | SystemOneObject
    """What is asked."""
    criteria: Any | None = None
    """For choice, 2 to 26 options mapped to what each means, where null takes the name of the option. For score, 2 to
    26 descriptions from the lowest to the highest. For noul, optionally what the keys false and true mean."""
