"""The model ShowRequest, compiled from the API description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .options import Options


@_model
class ShowRequest(_Model):
    """Asks for everything the server knows about one model.

    Attributes:
        model: Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that
            ends in :cloud or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty
            name is a 400.
        name: Older name of the model field; read only when model is empty. Deprecated.
        system: System prompt to show in place of the stored one; nothing is saved.
        template: Ignored by the server. Deprecated.
        verbose: Whether the long array values of model_info are filled in, which can make the answer many
            megabytes. The default is false.
        options: Settings to show in place of the stored ones; nothing is saved. Null means none.
    """

    model: str
    """Name of the model, such as llama3.2 or smollm2:135m; without a tag, latest is meant. A name that ends in :cloud
    or -cloud runs on the hosted service, the suffix :local forces the local copy. An empty name is a 400."""
    name: str | None = None
    """Older name of the model field; read only when model is empty. Deprecated."""
    system: str | None = None
    """System prompt to show in place of the stored one; nothing is saved."""
    template: str | None = None
    """Ignored by the server. Deprecated."""
    verbose: bool | None = None
    """Whether the long array values of model_info are filled in, which can make the answer many megabytes. The default
    is false."""
    options: None | Options = _field(default=None, metadata={"kind": "model", "model": "Options"})
    """Settings to show in place of the stored ones; nothing is saved. Null means none."""


class ShowRequestFields(TypedDict, total=False):
    """The fields of ShowRequest that are keyword arguments of their own; None means not given."""

    system: str | None
    """System prompt to show in place of the stored one; nothing is saved."""
    template: str | None
    """Ignored by the server. Deprecated."""
    verbose: bool | None
    """Whether the long array values of model_info are filled in, which can make the answer many megabytes. The default
    is false."""
    options: Options | Mapping[str, Any] | None
    """Settings to show in place of the stored ones; nothing is saved. Null means none."""
