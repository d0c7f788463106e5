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
from ollama_sdk.generated import API_VERSION, SERVER_COMMIT, SERVER_VERSION
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._clients._sync.client import Ollama
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
    from ollama_sdk.overlay._tools.loop import ToolsResponse

    _client = Ollama()
    abort = _client.abort
    chat = _client.chat
    copy = _client.copy
    create = _client.create
    create_blob = _client.create_blob
    delete = _client.delete
    embed = _client.embed
    embeddings = _client.embeddings
    generate = _client.generate
    has_blob = _client.has_blob
    is_running = _client.is_running
    list = _client.list
    load = _client.load
    model_recommendations = _client.model_recommendations
    ps = _client.ps
    pull = _client.pull
    push = _client.push
    run_tools = _client.run_tools
    show = _client.show
    signout = _client.signout
    status = _client.status
    systemone = _client.systemone
    unload = _client.unload
    version = _client.version
    web_fetch = _client.web_fetch
    web_search = _client.web_search
    whoami = _client.whoami

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
    "IncompleteStreamError",
    "Layer",
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
    "ToolRoundsError",
    "ToolsResponse",
    "ToolsStream",
    "VectorsResponse",
    "abort",
    "chat",
    "copy",
    "create",
    "create_blob",
    "delete",
    "embed",
    "embeddings",
    "generate",
    "has_blob",
    "is_running",
    "list",
    "load",
    "model_recommendations",
    "ps",
    "pull",
    "push",
    "run_tools",
    "show",
    "signout",
    "status",
    "systemone",
    "unload",
    "version",
    "web_fetch",
    "web_search",
    "whoami",
]
__all__ += _models.__all__

_LAZY = {  # where the names are that only some programs need
    "AsyncOllama": "_clients._async.client",
    "AsyncParsedChatStream": "_formats._async.streams",
    "AsyncParsedGenerateStream": "_formats._async.streams",
    "AsyncProgressStream": "_library._async.streams",
    "AsyncStream": "_answers._async.streams",
    "AsyncToolsStream": "_tools._async.streams",
    "Layer": "_library.progress",
    "ParsedChatResponse": "_formats.formats",
    "ParsedChatStream": "_formats._sync.streams",
    "ParsedGenerateResponse": "_formats.formats",
    "ParsedGenerateStream": "_formats._sync.streams",
    "Progress": "_library.progress",
    "ProgressStream": "_library._sync.streams",
    "RawResponse": "_clients.raw",
    "ToolsResponse": "_tools.loop",
    "ToolsStream": "_tools._sync.streams",
    "VectorsResponse": "_embeddings.vectors",
}


def __getattr__(name: str) -> object:
    """The models of the API, and the functions on a default client, each made when it is first asked for."""
    if name in _models.__all__:
        return getattr(_models, name)
    if name in _LAZY:
        value: object = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
        globals()[name] = value
        return value
    if name in __all__:
        from ollama_sdk.overlay._clients.default import function

        return function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> Sequence[str]:
    return sorted(__all__)
