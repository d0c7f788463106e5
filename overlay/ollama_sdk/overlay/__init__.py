"""The Ollama SDK: `Ollama` and `AsyncOllama`, streams, errors, and the models of the API.

Example:
    >>> from ollama_sdk.overlay import Ollama
    >>> client = Ollama()
    >>> client.chat("llama3.2", [{"role": "user", "content": "Hi!"}]).message.content  # doctest: +SKIP
    'Hello! How can I help you today?'
"""

from typing import TYPE_CHECKING

# Not `from … import models`: pyright 1.1.414 then loses the `__all__ +=` below, and calls the models private.
import ollama_sdk.generated.models as _models
from ollama_sdk.overlay._async_client import AsyncOllama
from ollama_sdk.overlay._client import Ollama
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
from ollama_sdk.overlay._streaming import AsyncStream, Stream

if TYPE_CHECKING:
    from ollama_sdk.generated.models import *  # noqa: F403  # the type checker's view of what __getattr__ gives

__all__ = [
    "AbortError",
    "AsyncOllama",
    "AsyncStream",
    "AuthenticationError",
    "ConnectError",
    "DecodeError",
    "IncompleteStreamError",
    "NotFoundError",
    "Ollama",
    "OllamaError",
    "OllamaTimeoutError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestError",
    "ResponseError",
    "ServerBusyError",
    "Stream",
    "ToolRoundsError",
]
__all__ += _models.__all__


def __getattr__(name: str) -> object:
    """The models of the API, each imported when it is first asked for."""
    if name in _models.__all__:
        return getattr(_models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
