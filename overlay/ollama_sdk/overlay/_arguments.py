"""The keyword arguments of the clients' methods, for type checkers and editors: never imported when a program runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, TypedDict

from ollama_sdk.generated.models.chat_request import ChatRequestFields
from ollama_sdk.generated.models.embed_request import EmbedRequestFields
from ollama_sdk.generated.models.embedding_request import EmbeddingRequestFields
from ollama_sdk.generated.models.generate_request import GenerateRequestFields
from ollama_sdk.generated.models.pull_request import PullRequestFields
from ollama_sdk.generated.models.push_request import PushRequestFields
from ollama_sdk.generated.models.show_request import ShowRequestFields
from ollama_sdk.generated.models.tool import Tool
from ollama_sdk.generated.models.web_search_request import WebSearchRequestFields
from ollama_sdk.overlay._prepare import Timeout


class CallArguments(TypedDict, total=False):
    """Arguments of every call."""

    timeout: Timeout | None
    """Limits for this call: seconds per phase, or an httpx.Timeout."""
    extra_headers: Mapping[str, str] | None
    """Headers for this call, on top of the client's."""


class BodyArguments(CallArguments, total=False):
    """Arguments of every call that sends a JSON body."""

    extra_body: Mapping[str, Any] | None
    """Fields of the body that this SDK does not know, or that are to be null."""


class ChatArguments(BodyArguments, ChatRequestFields, total=False):
    """Arguments of `chat`."""

    tools: Sequence[Tool | Mapping[str, Any]] | None
    """The tools that the model may call."""
    format: str | Mapping[str, Any] | None
    """The form of the answer: "json", or a JSON schema that it is to follow."""


class GenerateArguments(BodyArguments, GenerateRequestFields, total=False):
    """Arguments of `generate`."""

    images: Sequence[bytes | str | PathLike[str]] | None
    """For a model that sees: the bytes of image files, their `Path`, or base64 text."""
    format: str | Mapping[str, Any] | None
    """The form of the answer: "json", or a JSON schema that it is to follow."""


class EmbedArguments(BodyArguments, EmbedRequestFields, total=False):
    """Arguments of `embed`."""


class ShowArguments(BodyArguments, ShowRequestFields, total=False):
    """Arguments of `show`."""


class EmbeddingsArguments(BodyArguments, EmbeddingRequestFields, total=False):
    """Arguments of `embeddings`."""


class PullArguments(BodyArguments, PullRequestFields, total=False):
    """Arguments of `pull`."""


class PushArguments(BodyArguments, PushRequestFields, total=False):
    """Arguments of `push`."""


class WebSearchArguments(BodyArguments, WebSearchRequestFields, total=False):
    """Arguments of `web_search`."""
