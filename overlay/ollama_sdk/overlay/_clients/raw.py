"""`client.with_raw_response`: the HTTP response of a call beside what the call returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import wraps
from inspect import isfunction
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

import httpx

if TYPE_CHECKING:
    from ollama_sdk.overlay._clients._async.client import AsyncOllama
    from ollama_sdk.overlay._clients._sync.client import Ollama

P = ParamSpec("P")
R = TypeVar("R")


class RawResponse(Generic[R]):
    """The HTTP response of a call; of its last request, when it makes several.

    Attributes:
        status_code: The HTTP status, a success; a call that fails raises its error, which has status, headers and body.
        headers: The headers of the response; names are compared without case.
        content: The bytes of the body, decompressed; of a stream, those that were read so far.
        http_response: The httpx.Response. Its request has the headers that were sent, keys included.
    """

    def __init__(self, http_response: httpx.Response, result: R) -> None:
        """Made by `with_raw_response`."""
        self.http_response = http_response
        self._result = result
        self._kept: list[bytes] | None = None
        if not http_response.is_stream_consumed:
            # The result is a stream that has not been read yet, and takes its bytes from here.
            self._kept = []
            keep = _AsyncKept if isinstance(http_response.stream, httpx.AsyncByteStream) else _Kept
            http_response.stream = keep(http_response.stream, self._kept)

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The headers of the response."""
        return self.http_response.headers

    @property
    def content(self) -> bytes:
        """The bytes of the body, decompressed; of a stream, those that were read so far."""
        if self._kept is None:
            return self.http_response.content
        return httpx.Response(self.status_code, headers=self.headers, content=b"".join(self._kept)).content

    def parse(self) -> R:
        """What the plain call returns: a model, a stream, a digest, whether a blob is there."""
        return self._result

    def __repr__(self) -> str:
        """Status and URL."""
        return f"RawResponse(<{self.status_code} from {self.http_response.url}>)"


class _Kept(httpx.SyncByteStream):
    """A body that is remembered while it is read."""

    def __init__(self, body: Any, kept: list[bytes]) -> None:
        self._body: httpx.SyncByteStream = body
        self._kept = kept

    def __iter__(self) -> Iterator[bytes]:
        for data in self._body:
            self._kept.append(data)
            yield data

    def close(self) -> None:
        self._body.close()


class _AsyncKept(httpx.AsyncByteStream):
    """As `_Kept`, asynchronous."""

    def __init__(self, body: Any, kept: list[bytes]) -> None:
        self._body: httpx.AsyncByteStream = body
        self._kept = kept

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            self._kept.append(data)
            yield data

    async def aclose(self) -> None:
        await self._body.aclose()


class _Last:
    """A response hook that remembers the last response."""

    response: httpx.Response

    def __call__(self, response: httpx.Response) -> None:
        self.response = response


# These make no requests, or, as is_running, may return without a response.
_WITHOUT_RESPONSE = frozenset({"abort", "close", "is_running", "with_options"})


class _RawOperations:
    """Looks the operations of a client up."""

    def __init__(self, client: Ollama | AsyncOllama) -> None:
        self._client = client

    def _operation(self, name: str) -> Callable[..., Any]:
        if name not in dir(self):
            raise AttributeError(f"{type(self._client).__name__}.with_raw_response has no operation {name!r}")
        return getattr(type(self._client), name)  # type: ignore[no-any-return]  # a method of the class

    def __dir__(self) -> Sequence[str]:
        kind = type(self._client)
        names = (name for name in dir(kind) if not name.startswith("_") and name not in _WITHOUT_RESPONSE)
        return [name for name in names if isfunction(getattr(kind, name))]


def _raw(method: Callable[P, R]) -> Callable[P, RawResponse[R]]:
    """For type checkers: a method that returns the raw response."""
    raise NotImplementedError


def _raw_async(method: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[RawResponse[R]]]:
    """For type checkers: the same of an async method."""
    raise NotImplementedError


class RawOperations(_RawOperations):
    """The operations of an `Ollama`, each returning a `RawResponse`."""

    if TYPE_CHECKING:
        # What __getattr__ gives, as type checkers see it. They lose the overloads of a method that is handed to a
        # function, so what `parse()` returns is told for the methods without any.
        _sync = Ollama()
        chat: Callable[..., RawResponse[Any]]
        copy = staticmethod(_raw(_sync.copy))
        create: Callable[..., RawResponse[Any]]
        create_blob = staticmethod(_raw(_sync.create_blob))
        delete = staticmethod(_raw(_sync.delete))
        embed = staticmethod(_raw(_sync.embed))
        embeddings = staticmethod(_raw(_sync.embeddings))
        generate: Callable[..., RawResponse[Any]]
        has_blob = staticmethod(_raw(_sync.has_blob))
        list = staticmethod(_raw(_sync.list))
        load = staticmethod(_raw(_sync.load))
        model_recommendations = staticmethod(_raw(_sync.model_recommendations))
        ps = staticmethod(_raw(_sync.ps))
        pull: Callable[..., RawResponse[Any]]
        push: Callable[..., RawResponse[Any]]
        run_tools: Callable[..., RawResponse[Any]]
        show = staticmethod(_raw(_sync.show))
        signout = staticmethod(_raw(_sync.signout))
        status = staticmethod(_raw(_sync.status))
        systemone = staticmethod(_raw(_sync.systemone))
        unload = staticmethod(_raw(_sync.unload))
        version = staticmethod(_raw(_sync.version))
        web_fetch = staticmethod(_raw(_sync.web_fetch))
        web_search = staticmethod(_raw(_sync.web_search))
        whoami = staticmethod(_raw(_sync.whoami))
    else:

        def __getattr__(self, name: str) -> Callable[..., RawResponse[Any]]:
            method = self._operation(name)

            @wraps(method)
            def call(*arguments: Any, **keywords: Any) -> RawResponse[Any]:
                last = _Last()
                result = method(self._client._with_response_hook(last), *arguments, **keywords)
                return RawResponse(last.response, result)

            return call


class AsyncRawOperations(_RawOperations):
    """The operations of an `AsyncOllama`, each returning a `RawResponse` when it is awaited."""

    if TYPE_CHECKING:
        # As for `RawOperations`.
        _async = AsyncOllama()
        chat: Callable[..., Awaitable[RawResponse[Any]]]
        copy = staticmethod(_raw_async(_async.copy))
        create: Callable[..., Awaitable[RawResponse[Any]]]
        create_blob = staticmethod(_raw_async(_async.create_blob))
        delete = staticmethod(_raw_async(_async.delete))
        embed = staticmethod(_raw_async(_async.embed))
        embeddings = staticmethod(_raw_async(_async.embeddings))
        generate: Callable[..., Awaitable[RawResponse[Any]]]
        has_blob = staticmethod(_raw_async(_async.has_blob))
        list = staticmethod(_raw_async(_async.list))
        load = staticmethod(_raw_async(_async.load))
        model_recommendations = staticmethod(_raw_async(_async.model_recommendations))
        ps = staticmethod(_raw_async(_async.ps))
        pull: Callable[..., Awaitable[RawResponse[Any]]]
        push: Callable[..., Awaitable[RawResponse[Any]]]
        run_tools: Callable[..., Awaitable[RawResponse[Any]]]
        show = staticmethod(_raw_async(_async.show))
        signout = staticmethod(_raw_async(_async.signout))
        status = staticmethod(_raw_async(_async.status))
        systemone = staticmethod(_raw_async(_async.systemone))
        unload = staticmethod(_raw_async(_async.unload))
        version = staticmethod(_raw_async(_async.version))
        web_fetch = staticmethod(_raw_async(_async.web_fetch))
        web_search = staticmethod(_raw_async(_async.web_search))
        whoami = staticmethod(_raw_async(_async.whoami))
    else:

        def __getattr__(self, name: str) -> Callable[..., Awaitable[RawResponse[Any]]]:
            method = self._operation(name)

            @wraps(method)
            async def call(*arguments: Any, **keywords: Any) -> RawResponse[Any]:
                last = _Last()
                result = await method(self._client._with_response_hook(last), *arguments, **keywords)
                return RawResponse(last.response, result)

            return call
