"""`client.with_raw_response` of `AsyncOllama`: its operations, each returning a `RawResponse`."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import wraps
from inspect import isfunction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpx

from ollama_sdk.overlay._clients.raw import WITHOUT_RESPONSE, RawResponse
from ollama_sdk.overlay._secrets import hidden_arguments

if TYPE_CHECKING:
    from ollama_sdk.overlay._clients._async.client import AsyncOllama

P = ParamSpec("P")
R = TypeVar("R")


def _raw(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[RawResponse[R]]]:
    """For type checkers: a method that returns the raw response."""
    raise NotImplementedError


class AsyncRawOperations:
    """The operations of an `AsyncOllama`, each returning a `RawResponse`."""

    def __init__(self, client: AsyncOllama) -> None:
        """Made by `AsyncOllama.with_raw_response`."""
        self._client = client

    def __repr__(self) -> str:
        return f"{self._client!r}.with_raw_response"

    def __dir__(self) -> Sequence[str]:
        kind = type(self._client)
        names = (name for name in dir(kind) if not name.startswith("_") and name not in WITHOUT_RESPONSE)
        return [name for name in names if isfunction(getattr(kind, name))]

    if TYPE_CHECKING:
        # What __getattr__ gives, as type checkers see it. A method that is handed to a function loses its overloads, so
        # the type of `parse()` is known for the methods without overloads alone.
        _async: AsyncOllama = AsyncOllama()
        chat: Callable[..., Awaitable[RawResponse[Any]]]
        copy = staticmethod(_raw(_async.copy))
        create: Callable[..., Awaitable[RawResponse[Any]]]
        create_blob = staticmethod(_raw(_async.create_blob))
        delete = staticmethod(_raw(_async.delete))
        embed = staticmethod(_raw(_async.embed))
        embeddings = staticmethod(_raw(_async.embeddings))
        generate: Callable[..., Awaitable[RawResponse[Any]]]
        has_blob = staticmethod(_raw(_async.has_blob))
        has_model = staticmethod(_raw(_async.has_model))
        list = staticmethod(_raw(_async.list))
        load = staticmethod(_raw(_async.load))
        model_recommendations = staticmethod(_raw(_async.model_recommendations))
        ps = staticmethod(_raw(_async.ps))
        pull: Callable[..., Awaitable[RawResponse[Any]]]
        push: Callable[..., Awaitable[RawResponse[Any]]]
        run_tools: Callable[..., Awaitable[RawResponse[Any]]]
        show = staticmethod(_raw(_async.show))
        signout = staticmethod(_raw(_async.signout))
        status = staticmethod(_raw(_async.status))
        systemone = staticmethod(_raw(_async.systemone))
        unload = staticmethod(_raw(_async.unload))
        version = staticmethod(_raw(_async.version))
        web_fetch = staticmethod(_raw(_async.web_fetch))
        web_search = staticmethod(_raw(_async.web_search))
        whoami = staticmethod(_raw(_async.whoami))
    else:

        def __getattr__(self, name: str) -> Callable[..., Awaitable[RawResponse[Any]]]:
            if name.startswith("_"):  # also of a copy that has no client yet
                raise AttributeError(name)
            if name not in dir(self):
                raise AttributeError(f"{type(self._client).__name__}.with_raw_response has no operation {name!r}")

            @wraps(getattr(self._client, name))
            async def call(*arguments: Any, **keywords: Any) -> RawResponse[Any]:
                keywords = hidden_arguments(keywords)
                last: deque[httpx.Response] = deque(maxlen=1)
                client = self._client._with_response_hook(last.append)
                result = await getattr(client, name)(*arguments, **keywords)
                return RawResponse(last[0], result, _keep(last[0]))

            return call


def _keep(response: httpx.Response) -> list[bytes] | None:
    """Return where the pieces of a body are kept that a stream is going to read; None when it has been read."""
    if response.is_stream_consumed:
        return None
    kept: list[bytes] = []
    response.stream = _AsyncKept(response.stream, kept)
    return kept


class _AsyncKept(httpx.AsyncByteStream):
    """A body whose pieces are kept while it is read."""

    def __init__(self, body: Any, kept: list[bytes]) -> None:
        self._body: httpx.AsyncByteStream = body
        self._kept = kept

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            self._kept.append(data)
            yield data

    async def aclose(self) -> None:
        await self._body.aclose()
