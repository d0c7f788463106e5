"""The state of a streamed conversation with tools, and the base class of its streams; nothing here awaits."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ollama_sdk.overlay._answers.reading import refuse_copy
from ollama_sdk.overlay._errors import IncompleteStreamError
from ollama_sdk.overlay._formats.formats import ParsedChatResponse

if TYPE_CHECKING:
    import httpx

    from ollama_sdk.generated.models.chat_response import ChatResponse
    from ollama_sdk.overlay._answers.reading import BaseStream
    from ollama_sdk.overlay._calls.calls import CallGroup
    from ollama_sdk.overlay._tools.loop import AnyMessage, ToolLoop, ToolsResponse

T = TypeVar("T")
StreamT = TypeVar("StreamT", bound="BaseStream[ChatResponse]")


class ToolConversation(Generic[T, StreamT]):
    """The state of a streamed conversation.

    As with `Reading`, the iterator that a caller holds refers to this object and not to the stream.

    Args:
        loop: The messages and tools.
        group: The context of the calls of the conversation.
        parallel: Whether the calls of one round are made at the same time.
    """

    def __init__(self, loop: ToolLoop[T], group: AbstractContextManager[CallGroup], *, parallel: bool) -> None:
        self.loop = loop
        self.parallel = parallel
        self.stream: StreamT | None = None
        self.final: ToolsResponse[T] | None = None
        self.failure: Exception | None = None
        self._context = group  # ends when it is collected, too
        self.group = group.__enter__()

    def finish(self, response: ChatResponse) -> None:
        self.final = self.loop.result(response)
        self._context.__exit__(None, None, None)

    def fail(self, error: Exception) -> None:
        """End the conversation with an error, unless it is over."""
        if self.failure is None and self.final is None:
            self.failure = error
            self._context.__exit__(None, None, None)

    def close(self) -> bool:
        """End the conversation early; return False if it was over."""
        if self.failure is not None or self.final is not None:
            return False
        self.fail(IncompleteStreamError("the conversation was closed before its end"))
        return True

    def drop(self) -> None:
        """Close the connection when the stream cannot be read any more; finalizers call this too."""
        if self.close():
            self.group.abort()

    def check(self) -> None:
        """Raise the error of a conversation that failed, or that was closed before its end."""
        if self.failure is not None:
            raise self.failure


class BaseToolsStream(Generic[T, StreamT]):
    """The part of a stream that does not await."""

    _conversation: ToolConversation[T, StreamT]
    __reduce__ = refuse_copy

    @property
    def messages(self) -> list[AnyMessage]:
        """The conversation so far: the messages that were given, then whole ones that followed."""
        return list(self._conversation.loop.messages)

    @property
    def partial(self) -> ParsedChatResponse[Any] | None:
        """The answer of this round accumulated so far; None before its first piece.

        Once the final answer is written in its `format`, `.parsed` is what can be read of its JSON; before, it is None.
        """
        conversation = self._conversation
        partial = conversation.stream.partial if conversation.stream else None
        return ParsedChatResponse.partly(partial, has_format=conversation.loop.format is not None)

    @property
    def response(self) -> httpx.Response:
        """The HTTP response of this round: `.status_code`, `.headers`."""
        stream = self._conversation.stream
        assert stream is not None  # the client returns this object after the first request was answered
        return stream.response

    def __repr__(self) -> str:
        conversation = self._conversation
        state = "complete" if conversation.final else "ended early" if conversation.failure else "open"
        return f"<{type(self).__name__} of {len(conversation.loop.messages)} messages, {state}>"

    def abort(self) -> None:
        """End the conversation at once; its reader gets AbortError. Safe in any thread and in a signal handler.

        An async function that is running is cancelled; one that is not async runs to its end.
        """
        self._conversation.group.abort()
