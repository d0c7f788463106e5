"""The model CreateRequest, compiled from the API description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from attrs import field as _field

from ..types import Model as _Model
from ..types import model as _model

if TYPE_CHECKING:
    from .create_info import CreateInfo
    from .file_digests import FileDigests
    from .message import Message
    from .options import Options
    from .quantization_type import QuantizationType


@_model
class CreateRequest(_Model):
    """Describes a new model, made from an existing one or from uploaded files; one of from and files is needed.

    Attributes:
        model: Name under which the new model is stored.
        stream: Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true;
            false gives one JSON object at the end.
        from_: Model to start from, which is pulled when it is missing; a cloud or remote model can be named too.
        files: Model files, by relative file name, each an uploaded blob.
        draft_files: Files of a smaller draft model for speculative decoding, by relative file name, each an
            uploaded blob.
        adapters: LoRA adapter files, by relative file name, each an uploaded blob; only one adapter is supported.
        messages: Messages to store with the model, which start every conversation.
        name: Older name of the model field; read only when model is empty. Deprecated.
        quantization: Older name of quantize. The server reads it without regard to case. Deprecated.
        quantize: Number format to convert the weights to. The server reads it without regard to case.
        draft_quantize: Number format for the weights of the draft model; a 400 without draft_files.
        remote_host: URL or host of the server on which the model named by from runs; the default port is 11434.
        template: Prompt template to store, in Go template syntax.
        license_: License text to store, or a list of license texts.
        system: System prompt to store.
        parameters: Settings to store as the model's defaults.
        renderer: Name of the server's built-in prompt renderer to use instead of a template.
        parser: Name of the server's built-in parser for the model's output.
        requires: Lowest server version that can run the model.
        info: Facts about the model that the server cannot find out by itself, as for remote models.
    """

    model: str
    """Name under which the new model is stored."""
    stream: bool | None = None
    """Whether the answer arrives piece by piece, one JSON object a line. Left out or null means true; false gives one
    JSON object at the end."""
    from_: str | None = _field(default=None, metadata={"wire": "from"})
    """Model to start from, which is pulled when it is missing; a cloud or remote model can be named too."""
    files: FileDigests | None = None
    """Model files, by relative file name, each an uploaded blob."""
    draft_files: FileDigests | None = None
    """Files of a smaller draft model for speculative decoding, by relative file name, each an uploaded blob."""
    adapters: FileDigests | None = None
    """LoRA adapter files, by relative file name, each an uploaded blob; only one adapter is supported."""
    messages: list[Message] | None = _field(default=None, metadata={"kind": "models", "model": "Message"})
    """Messages to store with the model, which start every conversation."""
    name: str | None = None
    """Older name of the model field; read only when model is empty. Deprecated."""
    quantization: QuantizationType | str | None = None
    """Older name of quantize. The server reads it without regard to case. Deprecated."""
    quantize: QuantizationType | str | None = None
    """Number format to convert the weights to. The server reads it without regard to case."""
    draft_quantize: QuantizationType | str | None = None
    """Number format for the weights of the draft model; a 400 without draft_files."""
    remote_host: str | None = None
    """URL or host of the server on which the model named by from runs; the default port is 11434."""
    template: str | None = None
    """Prompt template to store, in Go template syntax."""
    license_: list[str] | str | None = _field(default=None, metadata={"wire": "license"})
    """License text to store, or a list of license texts."""
    system: str | None = None
    """System prompt to store."""
    parameters: Options | None = _field(default=None, metadata={"kind": "model", "model": "Options"})
    """Settings to store as the model's defaults."""
    renderer: str | None = None
    """Name of the server's built-in prompt renderer to use instead of a template."""
    parser: str | None = None
    """Name of the server's built-in parser for the model's output."""
    requires: str | None = None
    """Lowest server version that can run the model."""
    info: CreateInfo | None = _field(default=None, metadata={"kind": "model", "model": "CreateInfo"})
    """Facts about the model that the server cannot find out by itself, as for remote models."""


class CreateRequestFields(TypedDict, total=False):
    """The fields of CreateRequest that are keyword arguments of their own; None means not given."""

    quantize: QuantizationType | str | None
    """Number format to convert the weights to. The server reads it without regard to case."""
    draft_quantize: QuantizationType | str | None
    """Number format for the weights of the draft model; a 400 without draft_files."""
    remote_host: str | None
    """URL or host of the server on which the model named by from runs; the default port is 11434."""
    template: str | None
    """Prompt template to store, in Go template syntax."""
    license: str | Sequence[str] | None
    """License text to store, or a list of license texts."""
    system: str | None
    """System prompt to store."""
    parameters: Options | Mapping[str, Any] | None
    """Settings to store as the model's defaults."""
    renderer: str | None
    """Name of the server's built-in prompt renderer to use instead of a template."""
    parser: str | None
    """Name of the server's built-in parser for the model's output."""
    requires: str | None
    """Lowest server version that can run the model."""
    info: CreateInfo | Mapping[str, Any] | None
    """Facts about the model that the server cannot find out by itself, as for remote models."""
