"""The types of arguments that programs name in their own annotations; imported when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeAlias

import httpx

from ollama_sdk.generated.models.message import Message
from ollama_sdk.generated.models.tool import Tool


class HttpTimeout(Protocol):
    """The Timeout of httpx, or of httpx2, which need not be installed."""

    def as_dict(self) -> Any: ...


class HttpClient(Protocol):
    """The Client of httpx, or of httpx2."""

    def build_request(self, *arguments: Any, **options: Any) -> Any: ...

    def close(self) -> None: ...


class AsyncHttpClient(Protocol):
    """The AsyncClient of httpx, or of httpx2."""

    def build_request(self, *arguments: Any, **options: Any) -> Any: ...

    async def aclose(self) -> None: ...


class HttpTransport(Protocol):
    """The BaseTransport of httpx, or of httpx2."""

    def handle_request(self, request: Any) -> Any: ...


class AsyncHttpTransport(Protocol):
    """The AsyncBaseTransport of httpx, or of httpx2."""

    async def handle_async_request(self, request: Any) -> Any: ...


class PillowImage(Protocol):
    """An image of Pillow."""

    mode: Any

    def save(self, fp: Any, format: str | None = None) -> None: ...


class NumpyArray(Protocol):
    """An array of numpy: of uint8, as height, width and colours; or the bytes of an image file."""

    @property
    def __array_interface__(self) -> Any:
        """The type, the shape and the place of the numbers."""


ImageLike: TypeAlias = bytes | bytearray | memoryview | str | PathLike[str] | IO[bytes] | PillowImage | NumpyArray
"""An image: the bytes of its file, the `Path` of one, an open binary file, base64 text, or that of Pillow or numpy."""
MessageLike: TypeAlias = Message | Mapping[str, Any]
"""A message of a conversation: a Message, or a dict with role and content."""
ToolLike: TypeAlias = Tool | Mapping[str, Any] | Callable[..., Any]
"""A tool that a model may call: a Python function with type hints and a docstring, a dict, or a Tool."""
if TYPE_CHECKING:
    Timeout: TypeAlias = float | httpx.Timeout | HttpTimeout
    """Limits for the phases of a call: seconds for each of them, or a Timeout of httpx or httpx2."""
else:
    Timeout = float | httpx.Timeout  # a protocol could not be asked for with isinstance
KeepAlive: TypeAlias = float | str | timedelta
"""How long a model stays loaded: seconds, a timedelta, or text with a unit such as "10m"; negative for ever."""
