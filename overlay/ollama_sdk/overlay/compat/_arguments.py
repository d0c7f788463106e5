"""The arguments of the official client, for type checkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

from ollama_sdk.generated import models
from ollama_sdk.overlay.compat._models.chat import Message
from ollama_sdk.overlay.compat._models.image import Image
from ollama_sdk.overlay.compat._models.requests import Options, Tool

AnyMessage: TypeAlias = Mapping[str, Any] | Message | models.Message
AnyTool: TypeAlias = Mapping[str, Any] | Tool | Callable[..., Any]
AnyImage: TypeAlias = str | bytes | Image
AnyFormat: TypeAlias = str | dict[str, Any]
AnyOptions: TypeAlias = Mapping[str, Any] | Options
KeepAlive: TypeAlias = float | str


class ModelArguments(TypedDict, total=False):
    """Arguments of both chat and generate."""

    think: bool | str | None
    logprobs: bool | None
    top_logprobs: int | None
    format: AnyFormat | None
    options: AnyOptions | None
    keep_alive: KeepAlive | None


class ChatArguments(ModelArguments, total=False):
    """Arguments of chat, without model, messages and stream."""

    tools: Sequence[AnyTool] | None


class GenerateArguments(ModelArguments, total=False):
    """Arguments of generate, without model, prompt, suffix and stream."""

    system: str | None
    template: str | None
    context: Sequence[int] | None
    raw: bool | None
    images: Sequence[AnyImage] | None
    width: int | None
    height: int | None
    steps: int | None


class CreateArguments(TypedDict, total=False):
    """Arguments of create, without model and stream."""

    quantize: str | None
    from_: str | None
    files: dict[str, str] | None
    adapters: dict[str, str] | None
    template: str | None
    license: str | list[str] | None
    system: str | None
    parameters: AnyOptions | None
    messages: Sequence[AnyMessage] | None
