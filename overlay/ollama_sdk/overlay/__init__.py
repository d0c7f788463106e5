"""The Ollama SDK: `Ollama` and `AsyncOllama`, streams, errors, and the models of the API.

Example:
    >>> from ollama_sdk.overlay import Ollama
    >>> client = Ollama()
    >>> client.chat("llama3.2", [{"role": "user", "content": "Hi!"}]).message.content  # doctest: +SKIP
    'Hello! How can I help you today?'
"""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

# Not `from … import models`: pyright 1.1.414 then loses the `__all__ +=` below, and calls the models private.
import ollama_sdk.generated.models as _models
import ollama_sdk.overlay._clients.functions as _functions
from ollama_sdk.generated import API_VERSION, SERVER_COMMIT, SERVER_VERSION
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._clients._sync.client import Ollama
from ollama_sdk.overlay._clients.functions import *  # noqa: F403  # the operations, on a default client
from ollama_sdk.overlay._errors import (
    AbortError,
    AuthenticationError,
    ConnectError,
    DecodeError,
    IncompleteStreamError,
    NotFoundError,
    OllamaError,
    OllamaTimeoutError,
    PermissionDeniedError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerBusyError,
    ToolRoundsError,
)
from ollama_sdk.overlay._version import __version__ as __version__

if TYPE_CHECKING:
    # What __getattr__ gives, as type checkers see it.
    from ollama_sdk.generated.models import *  # noqa: F403  # all that generated.models exports
    from ollama_sdk.overlay._annotations import ImageLike, KeepAlive, MessageLike, Timeout, ToolLike
    from ollama_sdk.overlay._answers._async.streams import AsyncStream
    from ollama_sdk.overlay._clients._async.client import AsyncOllama
    from ollama_sdk.overlay._clients.raw import RawResponse
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._formats._async.streams import AsyncParsedChatStream, AsyncParsedGenerateStream
    from ollama_sdk.overlay._formats._sync.streams import ParsedChatStream, ParsedGenerateStream
    from ollama_sdk.overlay._formats.formats import ParsedChatResponse, ParsedGenerateResponse
    from ollama_sdk.overlay._library._async.streams import AsyncProgressStream
    from ollama_sdk.overlay._library._sync.streams import ProgressStream
    from ollama_sdk.overlay._library.progress import Layer, Progress
    from ollama_sdk.overlay._tools._async.streams import AsyncToolsStream
    from ollama_sdk.overlay._tools._sync.streams import ToolsStream
    from ollama_sdk.overlay._tools.definitions import FunctionTool
    from ollama_sdk.overlay._tools.functions import tool
    from ollama_sdk.overlay._tools.loop import ToolsResponse

__all__ = [
    "API_VERSION",
    "SERVER_COMMIT",
    "SERVER_VERSION",
    "AbortError",
    "AsyncOllama",
    "AsyncParsedChatStream",
    "AsyncParsedGenerateStream",
    "AsyncProgressStream",
    "AsyncStream",
    "AsyncToolsStream",
    "AuthenticationError",
    "ConnectError",
    "DecodeError",
    "FunctionTool",
    "ImageLike",
    "IncompleteStreamError",
    "KeepAlive",
    "Layer",
    "MessageLike",
    "NotFoundError",
    "Ollama",
    "OllamaError",
    "OllamaTimeoutError",
    "ParsedChatResponse",
    "ParsedChatStream",
    "ParsedGenerateResponse",
    "ParsedGenerateStream",
    "PermissionDeniedError",
    "Progress",
    "ProgressStream",
    "RateLimitError",
    "RawResponse",
    "RequestError",
    "ResponseError",
    "ServerBusyError",
    "Stream",
    "Timeout",
    "ToolLike",
    "ToolRoundsError",
    "ToolsResponse",
    "ToolsStream",
    "VectorsResponse",
    "tool",
]
__all__ += _functions.__all__
__all__ += _models.__all__

_LAZY = {  # the modules of the names that only some programs need
    "AsyncOllama": "_clients._async.client",
    "AsyncParsedChatStream": "_formats._async.streams",
    "AsyncParsedGenerateStream": "_formats._async.streams",
    "AsyncProgressStream": "_library._async.streams",
    "AsyncStream": "_answers._async.streams",
    "AsyncToolsStream": "_tools._async.streams",
    "FunctionTool": "_tools.definitions",
    "ImageLike": "_annotations",
    "KeepAlive": "_annotations",
    "Layer": "_library.progress",
    "MessageLike": "_annotations",
    "ParsedChatResponse": "_formats.formats",
    "ParsedChatStream": "_formats._sync.streams",
    "ParsedGenerateResponse": "_formats.formats",
    "ParsedGenerateStream": "_formats._sync.streams",
    "Progress": "_library.progress",
    "ProgressStream": "_library._sync.streams",
    "RawResponse": "_clients.raw",
    "Timeout": "_annotations",
    "ToolLike": "_annotations",
    "ToolsResponse": "_tools.loop",
    "ToolsStream": "_tools._sync.streams",
    "VectorsResponse": "_embeddings.vectors",
    "tool": "_tools.functions",
}


def __getattr__(name: str) -> object:
    """Return a model of the API, or another name that only some programs need, imported when it is first used."""
    if name in _models.__all__:
        return getattr(_models, name)
    if name in _LAZY:
        value: object = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> Sequence[str]:
    return sorted(__all__)
