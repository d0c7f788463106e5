"""The keyword arguments of the clients' methods, for type checkers and editors: never imported when a program runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, TypedDict

from ollama_sdk.generated.models.chat_request import ChatRequestFields
from ollama_sdk.generated.models.copy_request import CopyRequestFields
from ollama_sdk.generated.models.create_request import CreateRequestFields
from ollama_sdk.generated.models.delete_request import DeleteRequestFields
from ollama_sdk.generated.models.embed_request import EmbedRequestFields
from ollama_sdk.generated.models.embedding_request import EmbeddingRequestFields
from ollama_sdk.generated.models.generate_request import GenerateRequestFields
from ollama_sdk.generated.models.pull_request import PullRequestFields
from ollama_sdk.generated.models.push_request import PushRequestFields
from ollama_sdk.generated.models.show_request import ShowRequestFields
from ollama_sdk.generated.models.system_one_request import SystemOneRequestFields
from ollama_sdk.generated.models.web_fetch_request import WebFetchRequestFields
from ollama_sdk.generated.models.web_search_request import WebSearchRequestFields
from ollama_sdk.overlay._annotations import ImageLike, MessageLike, Timeout, ToolLike
from ollama_sdk.overlay._library.blobs import BlobSource
from ollama_sdk.overlay._library.progress import Progress

Files = PathLike[str] | Mapping[str, BlobSource]  # a str among the values is a digest


class NoArguments(TypedDict):
    """The arguments that a method takes beside those that its signature names. Any that is given is a mistake."""


class CallArguments(TypedDict, total=False):
    """Arguments of every call."""

    timeout: Timeout | None
    """Limits for this call: seconds per phase, or an httpx.Timeout."""
    deadline: float | None
    """Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was read; `math.inf`
    lifts the client's."""
    max_response_bytes: int | None
    """The largest answer that is not streamed, in bytes after decompression."""
    extra_headers: Mapping[str, str] | None
    """Headers for this call, on top of the client's."""
    extra_body: Mapping[str, Any] | None
    """Fields of the body that this SDK does not know, or that are to be null."""


class StreamArguments(CallArguments, total=False):
    """Arguments of every call that may stream."""

    stall_timeout: float | None
    """Seconds without a new line of a stream after which the call fails; for pull, push and create, a changed line."""


class ChatFields(StreamArguments, ChatRequestFields, total=False):
    """Arguments of `chat` and `run_tools`."""


class ChatArguments(ChatFields, total=False):
    """Arguments of `chat`."""

    tools: Sequence[ToolLike] | None
    """The tools that the model may call: dicts, Tool objects, or Python functions with type hints and a docstring."""


class GenerateArguments(StreamArguments, GenerateRequestFields, total=False):
    """Arguments of `generate`."""

    images: Sequence[ImageLike] | None
    """For a model that sees: the bytes of image files, their `Path`, open binary files, base64 text, images of Pillow
    or arrays of numpy."""


class LoadArguments(CallArguments, GenerateRequestFields, total=False):
    """Arguments of `load` and `unload`."""


class ProgressArguments(TypedDict, total=False):
    """Arguments of calls that take long and report their progress."""

    progress: bool | Callable[[Progress], object] | None
    """True to draw a bar, which needs the extra `progress`; or a function that is called with the `Progress` after each
    report. What it raises ends the call. Of `embed` it counts texts, of all others bytes."""


class EmbedArguments(CallArguments, ProgressArguments, EmbedRequestFields, total=False):
    """Arguments of `embed`."""

    batch_size: int | None
    """Maximum texts per request; longer inputs are split. By default one request has all of them."""
    max_concurrency: int | None
    """Maximum requests at the same time, by default 4."""


class ShowArguments(CallArguments, ShowRequestFields, total=False):
    """Arguments of `show`."""


class EmbeddingsArguments(CallArguments, EmbeddingRequestFields, total=False):
    """Arguments of `embeddings`."""


class SystemOneArguments(CallArguments, SystemOneRequestFields, total=False):
    """Arguments of `systemone`."""


class BlobArguments(CallArguments, ProgressArguments, total=False):
    """Arguments of `create_blob`."""


class PullArguments(StreamArguments, ProgressArguments, PullRequestFields, total=False):
    """Arguments of `pull`."""

    if_missing: bool
    """True asks the server first whether it has the model (POST /api/show), and then does nothing."""


class PushArguments(StreamArguments, ProgressArguments, PushRequestFields, total=False):
    """Arguments of `push`."""


class CopyArguments(CallArguments, CopyRequestFields, total=False):
    """Arguments of `copy`."""


class DeleteArguments(CallArguments, DeleteRequestFields, total=False):
    """Arguments of `delete`."""


class WebFetchArguments(CallArguments, WebFetchRequestFields, total=False):
    """Arguments of `web_fetch`."""


class WebSearchArguments(CallArguments, WebSearchRequestFields, total=False):
    """Arguments of `web_search`."""


class CreateArguments(StreamArguments, ProgressArguments, CreateRequestFields, total=False):
    """Arguments of `create`."""

    from_: str | None
    """The name of the model that it is made from."""
    files: Files | None
    """The files of a model (GGUF, safetensors): the `Path` of a file or folder, or names mapped to
    digests, `Path`s, bytes or open files."""
    draft_files: Files | None
    """The files of a smaller model for speculative decoding, in the same forms."""
    adapters: Files | None
    """The files of a LoRA adapter, in the same forms."""
    messages: Sequence[MessageLike] | None
    """Messages that every conversation begins with."""
    modelfile: str | PathLike[str] | None
    """The text of a Modelfile, or the `Path` of one; other arguments take precedence over what it says."""
    base_dir: str | PathLike[str] | None
    """The folder for the paths of `modelfile`; by default that of its `Path`. A text without it names no files."""
    allow_outside: bool
    """Whether paths and links may lead out of that folder."""
