# Compiled from overlay/ollama_sdk/overlay/_clients/_source/raw.py; change that, then run `make generate`.
"""`client.with_raw_response` of `Ollama`: its operations, each returning a `RawResponse`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from inspect import isfunction
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import httpx

from ollama_sdk.overlay._clients.raw import WITHOUT_RESPONSE, RawResponse
from ollama_sdk.overlay._secrets import hidden_arguments

if TYPE_CHECKING:
    from ollama_sdk.overlay._clients._sync.client import Ollama

P = ParamSpec("P")
R = TypeVar("R")


def _raw(method: Callable[P, R]) -> Callable[P, RawResponse[R]]:
    """For type checkers: a method that returns the raw response."""
    raise NotImplementedError


class RawOperations:
    """The operations of an `Ollama`, each returning a `RawResponse`."""

    def __init__(self, client: Ollama) -> None:
        """Made by `Ollama.with_raw_response`."""
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
        _sync: Ollama = Ollama()
        chat: Callable[..., RawResponse[Any]]
        copy = staticmethod(_raw(_sync.copy))
        create: Callable[..., RawResponse[Any]]
        create_blob = staticmethod(_raw(_sync.create_blob))
        delete = staticmethod(_raw(_sync.delete))
        embed = staticmethod(_raw(_sync.embed))
        embeddings = staticmethod(_raw(_sync.embeddings))
        generate: Callable[..., RawResponse[Any]]
        has_blob = staticmethod(_raw(_sync.has_blob))
        has_model = staticmethod(_raw(_sync.has_model))
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
            if name.startswith("_"):  # also of a copy that has no client yet
                raise AttributeError(name)
            if name not in dir(self):
                raise AttributeError(f"{type(self._client).__name__}.with_raw_response has no operation {name!r}")

            @wraps(getattr(self._client, name))
            def call(*arguments: Any, **keywords: Any) -> RawResponse[Any]:
                keywords = hidden_arguments(keywords)
                last: deque[httpx.Response] = deque(maxlen=1)
                client = self._client._with_response_hook(last.append)
                result = getattr(client, name)(*arguments, **keywords)
                return RawResponse(last[0], result, _keep(last[0]))

            return call


def _keep(response: httpx.Response) -> list[bytes] | None:
    """Return where the pieces of a body are kept that a stream is going to read; None when it has been read."""
    if response.is_stream_consumed:
        return None
    kept: list[bytes] = []
    response.stream = _Kept(response.stream, kept)
    return kept


class _Kept(httpx.SyncByteStream):
    """A body whose pieces are kept while it is read."""

    def __init__(self, body: Any, kept: list[bytes]) -> None:
        self._body: httpx.SyncByteStream = body
        self._kept = kept

    def __iter__(self) -> Iterator[bytes]:
        for data in self._body:
            self._kept.append(data)
            yield data

    def close(self) -> None:
        self._body.close()
