"""The model ShowResponse, compiled from the API description."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .capability import Capability
    from .message import Message
    from .model_details import ModelDetails
    from .model_info import ModelInfo
    from .tensor import Tensor


@_model
class ShowResponse(_Model):
    """Everything the server knows about one model.

    Attributes:
        details: Family, format and size of the model.
        model_info: Metadata of the model file by key; arrays are null unless verbose was set.
        modified_at: When the model was last changed on this server, in its local time zone, with up to nine
            fractional digits.
        license_: License texts, joined by line breaks.
        modelfile: A Modelfile from which the model could be made again.
        parameters: Stored settings as text, one a line: the name, spaces, the value.
        template: Prompt template, in Go template syntax, or in Jinja as the model file has it.
        system: Stored system prompt.
        renderer: Name of the server's built-in prompt renderer, when one is used.
        parser: Name of the server's built-in output parser, when one is used.
        messages: Stored messages, with role and content only; absent when there are none.
        remote_model: Name of the model on the remote server; only for remote and cloud models.
        remote_host: Address of the remote server; only for remote and cloud models.
        projector_info: Metadata of the file that lets the model see; only for vision models.
        tensors: The tensors of a local GGUF model; absent for remote models.
        capabilities: What the model can do; absent when unknown.
        requires: Lowest server version that can run the model.
    """

    details: ModelDetails = _field(metadata={"kind": "model", "model": "ModelDetails"})
    """Family, format and size of the model."""
    model_info: ModelInfo | None
    """Metadata of the model file by key; arrays are null unless verbose was set."""
    modified_at: datetime.datetime = _field(metadata={"kind": "datetime"})
    """When the model was last changed on this server, in its local time zone, with up to nine fractional digits."""
    license_: str | None = _field(default=None, metadata={"wire": "license"})
    """License texts, joined by line breaks."""
    modelfile: str | None = None
    """A Modelfile from which the model could be made again."""
    parameters: str | None = None
    """Stored settings as text, one a line: the name, spaces, the value."""
    template: str | None = None
    """Prompt template, in Go template syntax, or in Jinja as the model file has it."""
    system: str | None = None
    """Stored system prompt."""
    renderer: str | None = None
    """Name of the server's built-in prompt renderer, when one is used."""
    parser: str | None = None
    """Name of the server's built-in output parser, when one is used."""
    messages: list[Message] | None = _field(default=None, metadata={"kind": "models", "model": "Message"})
    """Stored messages, with role and content only; absent when there are none."""
    remote_model: str | None = None
    """Name of the model on the remote server; only for remote and cloud models."""
    remote_host: str | None = None
    """Address of the remote server; only for remote and cloud models."""
    projector_info: ModelInfo | None = None
    """Metadata of the file that lets the model see; only for vision models."""
    tensors: list[Tensor] | None = _field(default=None, metadata={"kind": "models", "model": "Tensor"})
    """The tensors of a local GGUF model; absent for remote models."""
    capabilities: list[Capability | str] = _field(default=None, metadata={"never_none": True})
    """What the model can do; absent when unknown."""
    requires: str | None = None
    """Lowest server version that can run the model."""
