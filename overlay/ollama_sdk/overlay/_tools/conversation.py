"""The state of a streamed conversation with tools, blocking or asynchronous: all but the awaiting."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from ollama_sdk.overlay._errors import IncompleteStreamError

if TYPE_CHECKING:
    import httpx

    from ollama_sdk.generated.models.chat_response import ChatResponse
    from ollama_sdk.generated.models.message import Message
    from ollama_sdk.overlay._answers.reading import BaseStream
    from ollama_sdk.overlay._calls.calls import CallGroup, Calls
    from ollama_sdk.overlay._formats.formats import Format
    from ollama_sdk.overlay._tools.loop import AnyMessage, ToolLoop, ToolsResponse

T = TypeVar("T")
StreamT = TypeVar("StreamT", bound="BaseStream[ChatResponse]")


class ToolConversation(Generic[T, StreamT]):
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


class BaseToolsStream(Generic[T, StreamT]):
    """What both kinds of stream have in common."""

    _conversation: ToolConversation[T, StreamT]

    @property
    def messages(self) -> list[AnyMessage]:
        """The conversation so far: whole messages, those that were given first."""
        return list(self._conversation.loop.messages)

    @property
    def partial(self) -> ChatResponse | None:
        """What the model has written in this round, accumulated; None when nothing has arrived."""
        return self._conversation.stream.partial if self._conversation.stream else None

    @property
    def response(self) -> httpx.Response:
        """The HTTP response of this round: `.status_code`, `.headers`."""
        stream = self._conversation.stream
        assert stream is not None  # the client gives the stream away after the first request was answered
        return stream.response

    def abort(self) -> None:
        """End the conversation at once; whoever is reading it gets AbortError. Safe in any thread and signal handler.

        An async function that is being called is cancelled; another one is let go on to its end.
        """
        self._conversation.group.abort()
