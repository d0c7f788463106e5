# Compiled from overlay/ollama_sdk/overlay/compat/_async/calls.py; change that, then run `make generate`.
"""How a method of the official client becomes a call of `Ollama`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeVar, overload

from ollama_sdk.overlay import Ollama, OllamaError
from ollama_sdk.overlay.compat._base import OPERATIONS, BaseClient
from ollama_sdk.overlay.compat._bodies import reader

T = TypeVar("T")


class Calls(BaseClient):
    """The part of `Client` that makes calls."""

    _sdk_class: ClassVar[type[Any]] = Ollama
    _http_class: ClassVar[str] = "Client"

    @overload
    def _request(
        self,
        cls: type[T],
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        stream: Literal[False] = False,
    ) -> T: ...
    @overload
    def _request(
        self, cls: type[T], method: str, path: str, *, json: Mapping[str, Any] | None = None, stream: bool
    ) -> T | Iterator[T]: ...
    def _request(
        self, cls: type[T], method: str, path: str, *, json: Mapping[str, Any] | None = None, stream: bool = False
    ) -> T | Iterator[T]:
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
                return reader(cls)(self._call(path, json)())
            # Another route of the server, which a program asks for by itself.
            client = self._current_sdk().generated.get_httpx_client()
            response = client.request(method=method, url=path, **({} if json is None else {"json": json}))
        except OllamaError as error:
            raise self._explain(error) from error
        return cls(**response.json())

    def _pieces(self, cls: type[T], call: Callable[[], Any]) -> Iterator[T]:
        read = reader(cls)
        try:
            with call() as pieces:
                for piece in pieces:
                    yield read(piece)
        except OllamaError as error:
            raise self._explain(error, streamed=True) from error
