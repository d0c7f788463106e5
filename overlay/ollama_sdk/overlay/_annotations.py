"""The types of arguments that programs name in their own annotations; imported when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import httpx

from ollama_sdk.generated.models.message import Message
from ollama_sdk.generated.models.tool import Tool


class HttpTimeout(Protocol):
    """The Timeout of httpx, or of httpx2, which need not be installed."""

    def as_dict(self) -> Any:
        """Return the seconds of each phase."""


class HttpClient(Protocol):
    """The Client of httpx, or of httpx2."""

    def build_request(self, *arguments: Any, **options: Any) -> Any:
        """Make a request."""

    def close(self) -> None:
        """Close the connections."""


class AsyncHttpClient(Protocol):
    """The AsyncClient of httpx, or of httpx2."""

    def build_request(self, *arguments: Any, **options: Any) -> Any:
        """Make a request."""

    async def aclose(self) -> None:
        """Close the connections."""


class HttpTransport(Protocol):
    """The BaseTransport of httpx, or of httpx2."""

    def handle_request(self, request: Any) -> Any:
        """Send a request."""


class AsyncHttpTransport(Protocol):
    """The AsyncBaseTransport of httpx, or of httpx2."""

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request."""


MessageLike: TypeAlias = Message | Mapping[str, Any]
"""A message of a conversation: a Message, or a dict with role and content."""
ToolLike: TypeAlias = Tool | Mapping[str, Any] | Callable[..., Any]
"""A tool that a model may call: a Python function with type hints and a docstring, a dict, or a Tool."""
if TYPE_CHECKING:
    Timeout: TypeAlias = float | httpx.Timeout | HttpTimeout
else:
    Timeout = float | httpx.Timeout  # a protocol could not be asked for with isinstance
"""Limits for the phases of a call: seconds for each of them, or a Timeout of httpx or httpx2."""
KeepAlive: TypeAlias = float | str
"""How long a model stays loaded: seconds, or text with a unit such as "10m"; negative for ever."""
