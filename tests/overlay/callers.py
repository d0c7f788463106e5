"""One way to call both clients over any transport, so that one test body serves them all."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

import httpx

from ollama_sdk.overlay import (
    AsyncOllama,
    AsyncStream,
    AsyncToolsStream,
    Ollama,
    OllamaError,
    Stream,
    ToolsStream,
)

T = TypeVar("T")
STREAMS = Stream | AsyncStream | ToolsStream | AsyncToolsStream
PATIENCE = 60.0
"""Seconds after which something that should have happened is called a hang."""


class LoopThread:
    """An event loop in a thread of its own.

    Args:
        patience: Seconds after which something that is waited for is called a hang.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="event loop", daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(self._patience)

    def stop(self) -> None:
        """End the loop."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


class Pieces:
    """A stream of either kind, read by blocking."""

    def __init__(
        self, stream: Stream[Any] | AsyncStream[Any] | ToolsStream[Any] | AsyncToolsStream[Any], api: Api
    ) -> None:
        self.stream = stream
        self._api = api

    def __iter__(self) -> Iterator[Any]:
        """The pieces, as `for` or `async for` gives them."""
        return self._iterate(self.stream)

    def texts(self) -> list[str]:
        """What `.text` gives."""
        return list(self._iterate(self.stream.text))

    def collect(self) -> tuple[list[Any], Exception | None]:
        """The pieces, and what ended them if it was an exception."""
        pieces = []
        try:
            for piece in self:
                pieces.append(piece)  # those before the exception are wanted
        except Exception as error:
            return pieces, error
        return pieces, None

    def next(self) -> Any:
        """The next piece."""
        stream = self.stream
        if isinstance(stream, Stream | ToolsStream):
            return next(stream)
        return self._api.run(anext(stream))

    def final(self) -> Any:
        """The whole answer."""
        return self._api.wait_for(self.stream.final())

    def close(self) -> None:
        """Close the stream."""
        self._api.wait_for(self.stream.close())

    def leave_with_block(self, error: Exception | None = None) -> None:
        """Read one piece in a with block, then leave the block, by the exception if one is given."""
        stream = self.stream
        if isinstance(stream, Stream | ToolsStream):
            with stream as entered:
                next(entered)
                if error is not None:
                    raise error
            return

        async def enter() -> None:
            async with stream as entered:
                await anext(entered)
                if error is not None:
                    raise error

        self._api.run(enter())

    def _iterate(self, source: Any) -> Iterator[Any]:
        return iter(source) if hasattr(source, "__iter__") else self._iterate_async(aiter(source))

    def _iterate_async(self, iterator: Any) -> Iterator[Any]:
        while True:
            try:
                piece = self._api.run(_next(iterator))
            except StopAsyncIteration:
                return
            yield piece


class Api(Generic[T]):
    """A client of either kind; its methods block, and streams become `Pieces`.

    Attributes:
        client: The client itself, for what is the same in both kinds.
    """

    def __init__(self, client: Ollama | AsyncOllama, loop: LoopThread) -> None:
        self.client: Any = client
        self._loop = loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """A method of the client, called and awaited if need be."""
        if name.startswith("_"):
            raise AttributeError(name)  # what tools look for, to print an object

        def call(*args: object, **arguments: object) -> Any:
            result = self.wait_for(getattr(self.client, name)(*args, **arguments))
            return Pieces(result, self) if isinstance(result, STREAMS) else result

        return call

    def chat_stream(self, **arguments: object) -> Pieces:
        """A streamed chat with a message that does not matter."""
        return self.chat("m", [{"role": "user", "content": "Hi!"}], stream=True, **arguments)

    def chat_whole(self, **arguments: object) -> Any:
        """A chat that is not streamed."""
        return self.chat("m", [{"role": "user", "content": "Hi!"}], **arguments)

    def with_options(self, **settings: object) -> Api:
        """A copy of the client with other settings."""
        return Api(self.client.with_options(**settings), self._loop)

    def leave_with_block(self) -> None:
        """Enter a with block of the client, and leave it."""
        if isinstance(self.client, Ollama):
            with self.client as entered:
                assert entered is self.client
            return

        async def enter() -> None:
            async with self.client as entered:
                assert entered is self.client

        self.run(enter())

    def run(self, coroutine: Coroutine[Any, Any, Any] | Any) -> Any:
        """Wait for a coroutine."""
        return self._loop.run(coroutine)

    def wait_for(self, result: Any) -> Any:
        """A result, awaited when it is a coroutine."""
        return self._loop.run(result) if asyncio.iscoroutine(result) else result


async def _next(iterator: Any) -> Any:
    # A coroutine proper, which `anext()` of an async generator is not.
    return await anext(iterator)


def background(function: Callable[[], T]) -> Future[T]:
    """Run a function in a thread that cannot keep the tests from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def comes_true(condition: Callable[[], bool]) -> bool:
    """Wait for what tells nobody when it has happened."""
    pause = threading.Event()
    for _ in range(int(PATIENCE * 200)):
        if condition():
            return True
        pause.wait(0.005)
    return condition()


def outcome(function: Callable[[], object]) -> object:
    """What a function returns, or the error of the tree that it raises."""
    try:
        return function()
    except OllamaError as error:
        return error


def stock_transport(kind: str) -> httpx.HTTPTransport | httpx.AsyncHTTPTransport:
    """The transport that httpx has of its own."""
    return httpx.HTTPTransport() if kind == "sync" else httpx.AsyncHTTPTransport()


def http_client(kind: str, library: str = "httpx", **settings: Any) -> Any:
    """A client of httpx, or of httpx2, to inject."""
    name = "Client" if kind == "sync" else "AsyncClient"
    settings.setdefault("verify", tls_context())
    return getattr(import_module(library), name)(trust_env=False, timeout=None, **settings)


@cache
def tls_context() -> Any:
    """A context for clients that do not trust the environment: each would read all authorities of certifi."""
    import ssl  # which Pyodide does not have, where this module is imported, too

    return ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
