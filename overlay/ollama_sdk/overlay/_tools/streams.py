"""Streamed conversations with tools: the messages of all rounds as they come, and the final response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

from ollama_sdk.generated.models.chat_response import ChatResponse
from ollama_sdk.overlay._answers.streams import AsyncStream, Stream
from ollama_sdk.overlay._errors import IncompleteStreamError
from ollama_sdk.overlay._tools.calls import run_calls, run_calls_async

if TYPE_CHECKING:
    import httpx

    from ollama_sdk.generated.models.message import Message
    from ollama_sdk.overlay._calls.calls import CallGroup, Calls
    from ollama_sdk.overlay._formats.formats import Format
    from ollama_sdk.overlay._tools.loop import AnyMessage, ToolLoop, ToolsResponse

T = TypeVar("T")
StreamT = TypeVar("StreamT", Stream[ChatResponse], AsyncStream[ChatResponse])


class Course(Generic[T, StreamT]):
    """How far a conversation has come: everything but the awaiting.

    As with `Reading`, the iterator that a caller holds refers to this object alone.

    Args:
        loop: The conversation.
        format: The form of the final answer.
        calls: The calls in flight of the client.
        parallel: Whether the calls of one round are made at the same time.
    """

    def __init__(self, loop: ToolLoop, format: Format[T] | None, calls: Calls, *, parallel: bool) -> None:
        self.loop = loop
        self.parallel = parallel
        self.stream: StreamT | None = None
        self.final: ToolsResponse[T] | None = None
        self.failure: Exception | None = None
        self._format = format
        self._context = calls.group()  # ends by itself when nobody refers to it any more
        self.group: CallGroup = self._context.__enter__()

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Around the first request: without an answer to it there is no conversation."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def results(self, texts: list[str]) -> Iterator[Message]:
        """Take the results of the calls of a round, and give them as messages."""
        for message in self.loop.give(texts):
            if self.failure is not None:  # closed by whoever got the last message
                raise self.failure
            yield message

    def finish(self, response: ChatResponse) -> None:
        """The conversation is over."""
        self.final = self.loop.result(response, self._format)
        self._context.__exit__(None, None, None)

    def fail(self, error: Exception) -> None:
        """Nothing more comes."""
        if self.failure is None and self.final is None:
            self.failure = error
            self._context.__exit__(None, None, None)

    def close(self) -> bool:
        """The caller wants no more; tells whether there was more to come."""
        if self.failure is not None or self.final is not None:
            return False
        self.fail(IncompleteStreamError("the conversation was closed before its end"))
        return True

    def drop(self) -> None:
        """Close the connection, from within a finaliser too: nobody can read on."""
        if self.close():
            self.group.abort()

    def check(self) -> None:
        """Raise what ended the conversation early."""
        if self.failure is not None:
            raise self.failure


class _BaseToolsStream(Generic[T, StreamT]):
    """What both kinds of stream have in common."""

    _course: Course[T, StreamT]

    @property
    def messages(self) -> list[AnyMessage]:
        """The conversation so far: whole messages, those that were given first."""
        return list(self._course.loop.messages)

    @property
    def partial(self) -> ChatResponse | None:
        """What the model has written in this round, accumulated; None when nothing has arrived."""
        return self._course.stream.partial if self._course.stream else None

    @property
    def response(self) -> httpx.Response:
        """The HTTP response of this round: `.status_code`, `.headers`."""
        stream = self._course.stream
        assert stream is not None  # the client gives the stream away after the first request was answered
        return stream.response

    def abort(self) -> None:
        """End the conversation at once; whoever is reading it gets AbortError. Safe in any thread and signal handler.

        An async function that is being called is cancelled; another one is let go on to its end.
        """
        self._course.group.abort()


class ToolsStream(_BaseToolsStream[T, Stream[ChatResponse]]):
    """A streamed conversation with tools: iterate over it for its messages.

    They are Message objects: of the role "assistant", the pieces of what the model writes, with `content`, `thinking`
    or `tool_calls`; of the role "tool", the results of a round's calls, with `tool_name` and `tool_call_id`.

    Iterating raises what `Stream` and `run_tools` raise. Leaving a `with` block, or dropping the last reference, ends
    the conversation.
    """

    def __init__(
        self, course: Course[T, Stream[ChatResponse]], ask: Callable[[CallGroup], Stream[ChatResponse]]
    ) -> None:
        """Made by the client; sends the first request."""
        self._course = course
        with course.opening():
            course.stream = ask(course.group)
        self._messages = _read(course, ask)

    def __iter__(self) -> Iterator[Message]:
        """The messages that have not been read yet."""
        self._course.check()
        return self._messages

    def __next__(self) -> Message:
        """The next message."""
        return next(iter(self))

    @property
    def text(self) -> Iterator[str]:
        """Iterate over the text that the model writes only, piece by piece, leaving out empty pieces."""
        return (message.content for message in self if message.content and message.role != "tool")

    def final(self) -> ToolsResponse[T]:
        """Read to the end and return the final response, whose `.messages` are the whole conversation."""
        for _ in self:
            pass
        assert self._course.final is not None  # reading ends with it, or raises
        return self._course.final

    def close(self) -> None:
        """End the conversation, unless it is over; reading on raises IncompleteStreamError."""
        stream = self._course.stream
        if self._course.close() and stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        """Return the stream."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the stream."""
        self.close()


def _read(
    course: Course[T, Stream[ChatResponse]], ask: Callable[[CallGroup], Stream[ChatResponse]]
) -> Iterator[Message]:
    try:
        while course.stream is not None:
            for piece in course.stream:
                if piece.message is not None:
                    yield piece.message
            response = course.stream.final()
            calls = course.loop.take(response)
            if not calls:
                course.finish(response)
                return
            yield from course.results(run_calls(calls, course.group, parallel=course.parallel))
            course.check()
            course.stream = ask(course.group)
    except Exception as error:
        course.fail(error)
        raise
    except BaseException:  # Ctrl-C, or nobody reads on
        course.drop()
        raise


class AsyncToolsStream(_BaseToolsStream[T, AsyncStream[ChatResponse]]):
    """A streamed conversation with tools: iterate over it with `async for`; see `ToolsStream`."""

    def __init__(
        self,
        course: Course[T, AsyncStream[ChatResponse]],
        ask: Callable[[CallGroup], Awaitable[AsyncStream[ChatResponse]]],
    ) -> None:
        """Made by the client; see `opened`."""
        self._course = course
        self._messages = _aread(course, ask)

    @classmethod
    async def opened(
        cls,
        course: Course[T, AsyncStream[ChatResponse]],
        ask: Callable[[CallGroup], Awaitable[AsyncStream[ChatResponse]]],
    ) -> Self:
        """The stream of a conversation, once its first request was answered."""
        with course.opening():
            course.stream = await ask(course.group)
        return cls(course, ask)

    def __aiter__(self) -> AsyncIterator[Message]:
        """The messages that have not been read yet."""
        self._course.check()
        return self._messages

    async def __anext__(self) -> Message:
        """The next message."""
        return await anext(aiter(self))

    @property
    def text(self) -> AsyncIterator[str]:
        """Iterate over the text that the model writes only, piece by piece, leaving out empty pieces."""
        return (message.content async for message in self if message.content and message.role != "tool")

    async def final(self) -> ToolsResponse[T]:
        """Read to the end and return the final response, whose `.messages` are the whole conversation."""
        async for _ in self:
            pass
        assert self._course.final is not None  # reading ends with it, or raises
        return self._course.final

    async def close(self) -> None:
        """End the conversation, unless it is over; reading on raises IncompleteStreamError."""
        stream = self._course.stream
        if self._course.close() and stream is not None:
            await stream.close()

    async def __aenter__(self) -> Self:
        """Return the stream."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the stream."""
        await self.close()


async def _aread(
    course: Course[T, AsyncStream[ChatResponse]], ask: Callable[[CallGroup], Awaitable[AsyncStream[ChatResponse]]]
) -> AsyncIterator[Message]:
    try:
        while course.stream is not None:
            async for piece in course.stream:
                if piece.message is not None:
                    yield piece.message
            response = await course.stream.final()
            calls = course.loop.take(response)
            if not calls:
                course.finish(response)
                return
            for message in course.results(await run_calls_async(calls, course.group, parallel=course.parallel)):
                yield message
            course.check()
            course.stream = await ask(course.group)
    except Exception as error:
        course.fail(error)
        raise
    except BaseException:  # the task was cancelled, or nobody reads on
        course.drop()
        raise
