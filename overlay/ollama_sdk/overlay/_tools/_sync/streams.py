# Compiled from overlay/ollama_sdk/overlay/_tools/_async/streams.py; change that, then run `make generate`.
"""Streamed conversations with tools: the messages of all rounds as they come, and the final response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from ollama_sdk.generated.models.chat_response import ChatResponse
from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._tools.calls import run_calls
from ollama_sdk.overlay._tools.conversation import BaseToolsStream, ToolConversation

if TYPE_CHECKING:
    from ollama_sdk.generated.models.message import Message
    from ollama_sdk.overlay._calls.calls import CallGroup
    from ollama_sdk.overlay._tools.loop import ToolsResponse

T = TypeVar("T")
_Conversation = ToolConversation[T, Stream[ChatResponse]]
_Ask = Callable[["CallGroup"], Stream[ChatResponse]]
"""Sends the next request of a conversation."""


class ToolsStream(BaseToolsStream[T, Stream[ChatResponse]]):
    """A streamed conversation with tools: iterate over it for its messages.

    They are Message objects. Those of the role "assistant" are pieces of the model's answers, with `content`,
    `thinking` or `tool_calls`; those of the role "tool" are the results of calls, with `tool_name` and `tool_call_id`.

    Iterating raises what `Stream` and `run_tools` raise. Leaving a `with` block, or dropping the last
    reference, ends the conversation.
    """

    __module__ = "ollama_sdk.overlay"

    def __init__(self, course: _Conversation[T], ask: _Ask) -> None:
        """Made by the client; see `opened`."""
        self._conversation = course
        self._messages = _read(course, ask)

    @classmethod
    def opened(cls, course: _Conversation[T], ask: _Ask) -> Self:
        """Return the stream of a conversation, once its first request was answered."""
        try:
            course.stream = ask(course.group)
        except BaseException:
            course.close()
            raise
        return cls(course, ask)

    def __iter__(self) -> Iterator[Message]:
        """Iterate over the messages that have not been read yet."""
        self._conversation.check()
        return self._messages

    def __next__(self) -> Message:
        return next(iter(self))

    @property
    def text(self) -> Iterator[str]:
        """Iterate over the text that the model writes, piece by piece, leaving out empty pieces.

        With a `format` it is the text of the final answer.
        """
        loop = self._conversation.loop
        return (message.content for message in self if message.content and message.role != "tool" and loop.is_formatted)

    def final(self) -> ToolsResponse[T]:
        """Read to the end and return the final response, whose `.messages` are the whole conversation."""
        for _ in self:
            pass
        assert self._conversation.final is not None  # reading ends with it, or raises
        return self._conversation.final

    def close(self) -> None:
        """End the conversation, unless it is over; reading on raises IncompleteStreamError."""
        stream = self._conversation.stream
        if self._conversation.close() and stream is not None:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _read(conversation: _Conversation[T], ask: _Ask) -> Iterator[Message]:
    try:
        while conversation.stream is not None:
            for piece in conversation.stream:
                if piece.message is not None:
                    yield piece.message
            response = conversation.stream.final()
            calls = conversation.loop.take(response)
            if conversation.loop.is_over:
                conversation.finish(response)
                return
            results = run_calls(calls, conversation.group, parallel=conversation.parallel)
            for message in conversation.loop.give(results):
                conversation.check()  # the caller may have closed the stream after the last message
                yield message
            conversation.check()
            conversation.stream = ask(conversation.group)
    except Exception as error:
        conversation.fail(error)
        raise
    except BaseException:  # Ctrl-C, the task was cancelled, or the iterator was closed or collected
        conversation.drop()
        raise
