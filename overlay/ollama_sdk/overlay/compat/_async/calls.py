"""How a method of the official client becomes a call of `AsyncOllama`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, ClassVar, Literal, TypeVar, overload

from ollama_sdk.overlay import AsyncOllama, OllamaError
from ollama_sdk.overlay.compat._base import OPERATIONS, BaseClient
from ollama_sdk.overlay.compat._bodies import reader

T = TypeVar("T")


class AsyncCalls(BaseClient):
    """The part of `AsyncClient` that makes calls."""

    _sdk_class: ClassVar[type[Any]] = AsyncOllama
    _http_class: ClassVar[str] = "AsyncClient"

    @overload
    async def _request(
        self,
        cls: type[T],
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        stream: Literal[False] = False,
    ) -> T: ...
    @overload
    async def _request(
        self, cls: type[T], method: str, path: str, *, json: Mapping[str, Any] | None = None, stream: bool
    ) -> T | AsyncIterator[T]: ...
    async def _request(
        self, cls: type[T], method: str, path: str, *, json: Mapping[str, Any] | None = None, stream: bool = False
    ) -> T | AsyncIterator[T]:
        """Make a call. All calls pass here: it is where instrumentations and tests of programs reach in.

        Args:
            cls: The class of the answer, of each piece of a stream.
            method: The HTTP method.
            path: The path of the operation, or its URL in the cloud.
            json: The body.
            stream: Whether to return an iterator of pieces, which makes the call when it is asked for the first.
        """
        if stream:
            return self._pieces(cls, self._call(path, json, stream=True))
        try:
            if path in OPERATIONS:
                return reader(cls)(await self._call(path, json)())
            # Another route of the server, which a program asks for by itself.
            client = self._current_sdk().generated.get_async_httpx_client()
            response = await client.request(method=method, url=path, **({} if json is None else {"json": json}))
        except OllamaError as error:
            raise self._explain(error) from error
        return cls(**response.json())

    async def _pieces(self, cls: type[T], call: Callable[[], Any]) -> AsyncIterator[T]:
        read = reader(cls)
        try:
            async with await call() as pieces:
                async for piece in pieces:
                    yield read(piece)
        except OllamaError as error:
            raise self._explain(error, streamed=True) from error
