"""The API of the official Ollama client over this SDK, for programs that are written for that client.

Everything that `import ollama` gives, with the behaviour of its version 0.6.3, and nothing of it is needed.

    from ollama_sdk.overlay import compat as ollama   # in one place
    compat.install()                                  # or `import ollama` everywhere, the packages of others included
    python -m ollama_sdk.overlay.compat app.py        # or an unchanged program

docs/compat.md says what a program gains at once, what differs, and how it leaves the bridge step by step.

Comes in: the arguments of the official client. Goes out: calls of `Ollama` and `AsyncOllama`, by their public methods.
Must not import: the rooms below it, but for how they read host strings and hide keys.
"""

from typing import TYPE_CHECKING

from ollama_sdk.overlay.compat import _types as _types
from ollama_sdk.overlay.compat import _utils as _utils
from ollama_sdk.overlay.compat._async.client import AsyncClient
from ollama_sdk.overlay.compat._default import abort, default_client, function, install
from ollama_sdk.overlay.compat._sync.client import Client
from ollama_sdk.overlay.compat._types import (
    ChatResponse,
    EmbeddingsResponse,
    EmbedResponse,
    GenerateResponse,
    Image,
    ListResponse,
    Message,
    Options,
    ProcessResponse,
    ProgressResponse,
    RequestError,
    ResponseError,
    ShowResponse,
    StatusResponse,
    SystemOneAnswer,
    SystemOneChoiceAnswer,
    SystemOneChoiceQuestion,
    SystemOneContent,
    SystemOneNoulAnswer,
    SystemOneNoulQuestion,
    SystemOneQuestion,
    SystemOneRequest,
    SystemOneResponse,
    SystemOneScoreAnswer,
    SystemOneScoreQuestion,
    SystemOneUsage,
    Tool,
    WebFetchResponse,
    WebSearchResponse,
)

__all__ = [
    "AsyncClient",
    "ChatResponse",
    "Client",
    "EmbedResponse",
    "EmbeddingsResponse",
    "GenerateResponse",
    "Image",
    "ListResponse",
    "Message",
    "Options",
    "ProcessResponse",
    "ProgressResponse",
    "RequestError",
    "ResponseError",
    "ShowResponse",
    "StatusResponse",
    "SystemOneAnswer",
    "SystemOneChoiceAnswer",
    "SystemOneChoiceQuestion",
    "SystemOneContent",
    "SystemOneNoulAnswer",
    "SystemOneNoulQuestion",
    "SystemOneQuestion",
    "SystemOneRequest",
    "SystemOneResponse",
    "SystemOneScoreAnswer",
    "SystemOneScoreQuestion",
    "SystemOneUsage",
    "Tool",
    "WebFetchResponse",
    "WebSearchResponse",
    "abort",
    "install",
]

if TYPE_CHECKING:
    _client = Client()
    chat = _client.chat
    copy = _client.copy
    create = _client.create
    delete = _client.delete
    embed = _client.embed
    embeddings = _client.embeddings
    generate = _client.generate
    list = _client.list
    ps = _client.ps
    pull = _client.pull
    push = _client.push
    show = _client.show
    systemone = _client.systemone
    web_fetch = _client.web_fetch
    web_search = _client.web_search
else:
    _FUNCTIONS = (
        *("chat", "copy", "create", "delete", "embed", "embeddings", "generate", "list", "ps", "pull", "push", "show"),
        *("systemone", "web_fetch", "web_search"),
    )
    globals().update({name: function(name) for name in _FUNCTIONS})

    def __getattr__(name: str) -> object:
        """Make `_client`, the default client of the functions, when it is first read."""
        if name == "_client":
            return default_client()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
