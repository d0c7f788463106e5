"""What `AsyncOllama` lets a model write: chat, generate, and conversations with tools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ollama_sdk.overlay._answers._async.streams import AsyncStream
from ollama_sdk.overlay._checks import check_stream
from ollama_sdk.overlay._clients import requests
from ollama_sdk.overlay._clients.base import BaseClient
from ollama_sdk.overlay._clients.building import build_async
from ollama_sdk.overlay._sending._async.sender import AsyncSender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from typing_extensions import TypeForm  # type checkers bring it along; at run time it is not needed

    from ollama_sdk.generated import models
    from ollama_sdk.overlay._annotations import MessageLike, ToolLike
    from ollama_sdk.overlay._calls.calls import CallGroup
    from ollama_sdk.overlay._clients import arguments as _arguments
    from ollama_sdk.overlay._formats._async.streams import AsyncParsedChatStream, AsyncParsedGenerateStream
    from ollama_sdk.overlay._formats.formats import ParsedChatResponse, ParsedGenerateResponse
    from ollama_sdk.overlay._sending.request import Request
    from ollama_sdk.overlay._tools._async.streams import AsyncToolsStream
    from ollama_sdk.overlay._tools.loop import ToolsResponse

T = TypeVar("T")


class AsyncTextOperations(BaseClient[AsyncSender]):
    """The part of `AsyncOllama` that has models write."""

    async def chat(
        self,
        model: str,
        messages: Sequence[MessageLike] | None = None,
        *,
        stream: bool = False,
        format: str | Mapping[str, Any] | TypeForm[Any] | None = None,
        **arguments: Unpack[_arguments.ChatArguments],
    ) -> models.ChatResponse | AsyncStream[models.ChatResponse] | ParsedChatResponse[T] | AsyncParsedChatStream[T]:
        """Let a model write the next message of a conversation (POST /api/chat).

        Args:
            model: The name of the model.
            messages: The conversation: dicts with role and content, Message objects, and the `.message` of earlier
                responses, mixed as you like. None or empty only loads the model.
            stream: Whether to return a stream of pieces.
            format: The form of the answer: "json", a JSON schema, or a type (pydantic model, dataclass, attrs class,
                TypedDict, Enum, and what is built of those, such as list[City]). The response, or what `final()` of the
                stream returns, then has `.parsed`: an object of the type, else decoded JSON.

        Returns:
            The response, or with stream=True an `AsyncStream` of pieces, after the server has accepted the request.

        Raises:
            RequestError: An argument cannot be used.
            ResponseError: The server answered with an error; NotFoundError when it does not have the model.
            ConnectError: The server cannot be reached.
            OllamaTimeoutError: A limit ran out.
            IncompleteStreamError: The answer was cut off.
            AbortError: `abort()` was called.
        """
        form, arguments = requests.resolve(format), self._builder.start_deadline(arguments)
        make = partial(requests.chat, self._builder, model, messages, stream, form, arguments)
        request = await build_async(self._sender.calls, arguments, make, messages)
        if not stream:
            return await self._sender.call(request)
        if form is None:
            return await self._sender.stream(request, AsyncStream)
        from ollama_sdk.overlay._formats._async.streams import AsyncParsedChatStream

        return await self._sender.stream(request, partial(AsyncParsedChatStream, format=form))

    async def generate(
        self,
        model: str,
        prompt: str | None = None,
        *,
        stream: bool = False,
        format: str | Mapping[str, Any] | TypeForm[Any] | None = None,
        **arguments: Unpack[_arguments.GenerateArguments],
    ) -> (
        models.GenerateResponse
        | AsyncStream[models.GenerateResponse]
        | ParsedGenerateResponse[T]
        | AsyncParsedGenerateStream[T]
    ):
        """Let a model continue or answer a prompt (POST /api/generate).

        Args:
            model: The name of the model.
            prompt: The prompt. None or empty only loads the model.
            stream: Whether to return a stream of pieces.
            format: The form of the answer, as for `chat`.

        Returns:
            The response, or with stream=True an `AsyncStream` of pieces, after the server has accepted the request.

        Raises:
            OllamaError: As `chat` says.
        """
        form, arguments = requests.resolve(format), self._builder.start_deadline(arguments)
        make = partial(requests.generate, self._builder, model, prompt, stream, form, arguments)
        request = await build_async(self._sender.calls, arguments, make, arguments.get("images"))
        if not stream:
            return await self._sender.call(request)
        if form is None:
            return await self._sender.stream(request, AsyncStream)
        from ollama_sdk.overlay._formats._async.streams import AsyncParsedGenerateStream

        return await self._sender.stream(request, partial(AsyncParsedGenerateStream, format=form))

    async def run_tools(
        self,
        model: str,
        messages: Sequence[MessageLike],
        *,
        tools: Sequence[ToolLike],
        stream: bool = False,
        format: str | Mapping[str, Any] | TypeForm[Any] | None = None,
        max_rounds: int = 10,
        max_calls: int = 32,
        on_tool_error: Literal["tell", "raise"] = "tell",
        parallel: bool = False,
        **arguments: Unpack[_arguments.ChatFields],
    ) -> ToolsResponse[None] | AsyncToolsStream[None] | ToolsResponse[T] | AsyncToolsStream[T]:
        """Chat, call the Python functions that the model asks for, send the results, until it is done (POST /api/chat).

        Args:
            model: The name of the model.
            messages: The conversation so far, as for `chat`.
            tools: Python functions with type hints and a docstring, plain or async. Tool dicts may be among them; when
                the model calls one of those, its response is returned, for the caller to make the call.
            stream: Whether to return a stream of the messages of all rounds.
            format: The form of the final answer, as for `chat`. It is asked for when the model has called its tools
                and answered in words, whose place in the conversation it takes.
            max_rounds: Maximum rounds of tool calls; then ToolRoundsError.
            max_calls: Maximum tool calls in one message of the model; then ToolRoundsError, before any is made.
            on_tool_error: Whether an exception of a function is reported to the model ("tell"), or raised.
            parallel: Whether the calls of one round are made at the same time; otherwise one after another.
                docs/tools.md tells in which threads and tasks functions run.

        Returns:
            The final response; its `messages` are the whole conversation. With stream=True an `AsyncToolsStream`,
            once the server has accepted the first request.

        Raises:
            ToolRoundsError: The model asks for more calls after the last round, or for too many at once.
            OllamaError: As `chat` says.
        """
        from ollama_sdk.overlay._tools.calls import run_calls_async
        from ollama_sdk.overlay._tools.loop import ToolLoop

        form = requests.resolve(format)
        loop: ToolLoop[Any]
        loop = ToolLoop(
            messages, tools, max_rounds=max_rounds, max_calls=max_calls, on_tool_error=on_tool_error, format=form
        )
        arguments = self._builder.start_deadline(arguments)

        async def next_request(group: CallGroup) -> Request[models.ChatResponse]:
            fields = {**arguments, "tools": loop.tools or None}
            make = partial(requests.chat, self._builder, model, loop.messages, stream, loop.format, fields)
            return await build_async(group, fields, make, loop.messages)

        if check_stream(stream):
            from ollama_sdk.overlay._tools._async.streams import AsyncToolsStream
            from ollama_sdk.overlay._tools.conversation import ToolConversation

            conversation: ToolConversation[Any, AsyncStream[models.ChatResponse]]
            context = self._sender.calls.group(arguments.get("deadline"))
            conversation = ToolConversation(loop, context, parallel=parallel)

            async def ask(group: CallGroup) -> AsyncStream[models.ChatResponse]:
                return await self._sender.stream(await next_request(group), AsyncStream, group)

            return await AsyncToolsStream.opened(conversation, ask)
        with self._sender.calls.group(arguments.get("deadline")) as group:
            while True:
                response = await self._sender.call(await next_request(group), group)
                calls = loop.take(response)
                if loop.is_over:
                    return loop.result(response)
                loop.give(await run_calls_async(calls, group, parallel=parallel))
