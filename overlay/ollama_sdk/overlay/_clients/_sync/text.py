# Compiled from overlay/ollama_sdk/overlay/_clients/_source/text.py; change that, then run `make generate`.
"""What `Ollama` lets a model write: chat, generate, and conversations with tools."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ollama_sdk.overlay._answers._sync.streams import Stream
from ollama_sdk.overlay._checks import check_stream
from ollama_sdk.overlay._clients import requests
from ollama_sdk.overlay._clients.base import BaseClient
from ollama_sdk.overlay._clients.building import build
from ollama_sdk.overlay._clients.unknown import refuse_misspelt
from ollama_sdk.overlay._secrets import hidden
from ollama_sdk.overlay._sending._sync.sender import Sender

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence
    from typing import Unpack, overload

    from typing_extensions import TypeForm  # type checkers bring it along; at run time it is not needed

    from ollama_sdk.generated import models
    from ollama_sdk.overlay._annotations import ImageLike, MessageLike, Timeout, ToolLike
    from ollama_sdk.overlay._calls.calls import CallGroup
    from ollama_sdk.overlay._clients.arguments import NoArguments
    from ollama_sdk.overlay._formats._sync.streams import ParsedChatStream, ParsedGenerateStream
    from ollama_sdk.overlay._formats.formats import ParsedChatResponse, ParsedGenerateResponse
    from ollama_sdk.overlay._sending.request import Request
    from ollama_sdk.overlay._tools._sync.streams import ToolsStream
    from ollama_sdk.overlay._tools.loop import ToolsResponse

T = TypeVar("T")


class TextOperations(BaseClient[Sender]):
    """The part of `Ollama` that has models write."""

    if TYPE_CHECKING:

        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[False] = False,
            format: None = None,
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ChatResponse: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[False] = False,
            format: str | Mapping[str, Any],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatResponse[Any]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[False] = False,
            format: TypeForm[T],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatResponse[T]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[True],
            format: None = None,
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> Stream[models.ChatResponse]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[True],
            format: str | Mapping[str, Any],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatStream[Any]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: Literal[True],
            format: TypeForm[T],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatStream[T]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: bool,
            format: None = None,
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ChatResponse | Stream[models.ChatResponse]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: bool,
            format: str | Mapping[str, Any],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatResponse[Any] | ParsedChatStream[Any]: ...
        @overload
        def chat(
            self,
            model: str,
            messages: Sequence[MessageLike] | None = None,
            *,
            stream: bool,
            format: TypeForm[T],
            tools: Sequence[ToolLike] | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedChatResponse[T] | ParsedChatStream[T]: ...

    def chat(
        self,
        model: str,
        messages: Sequence[MessageLike] | None = None,
        *,
        stream: bool = False,
        format: str | Mapping[str, Any] | TypeForm[Any] | None = None,
        tools: Sequence[ToolLike] | None = None,
        keep_alive: float | str | datetime.timedelta | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        think: bool | models.ThinkLevel | str | None = None,
        truncate: bool | None = None,
        shift: bool | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ChatResponse | Stream[models.ChatResponse] | ParsedChatResponse[Any] | ParsedChatStream[Any]:
        """Let a model write the next message of a conversation (POST /api/chat).

        Args:
            model: The name of the model.
            messages: The conversation: dicts with role and content, Message objects, and the `.message` of earlier
                responses, mixed as you like. None or empty only loads the model.
            stream: Whether to return a stream of pieces.
            format: The form of the answer: "json", a JSON schema, or a type (pydantic model, dataclass, attrs class,
                TypedDict, Enum, and what is built of those, such as list[City]). The response, or what `final()` of the
                stream returns, then has `.parsed`: an object of the type, else decoded JSON.
            tools: The tools that the model may call: dicts, Tool objects, or Python functions with type hints and a
                docstring.
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server.
                Null means none.
            think: Whether the model reasons before it answers, or how hard: true, false, or a level such as high. Unset
                means on for a model that can think; true is a 400 for one that cannot, and so is any other text or a
                number.
            truncate: Whether whole older messages are left out of a prompt that does not fit the context; the last
                message and the system message stay as they are. The default is true; false makes such a prompt a 400.
            shift: Whether older tokens are dropped when the context fills up while generating. The default is true;
                false ends the answer, and makes a prompt that is too long a 400 when truncate is left out. Another
                value than that of the call before loads the model anew.
            logprobs: Whether the log probability of each generated token is returned. The default is false.
            top_logprobs: How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The
                default is 0.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The response, or with stream=True a `Stream` of pieces, after the server has accepted the request.

        Raises:
            RequestError: An argument cannot be used.
            ResponseError: The server answered with an error; NotFoundError when it does not have the model.
            ConnectError: The server cannot be reached.
            OllamaTimeoutError: A limit ran out.
            IncompleteStreamError: The answer was cut off.
            AbortError: `abort()` was called.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.chat, unknown)
        if tools is not None:
            arguments["tools"] = tools
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
        if options is not None:
            arguments["options"] = options
        if think is not None:
            arguments["think"] = think
        if truncate is not None:
            arguments["truncate"] = truncate
        if shift is not None:
            arguments["shift"] = shift
        if logprobs is not None:
            arguments["logprobs"] = logprobs
        if top_logprobs is not None:
            arguments["top_logprobs"] = top_logprobs
        if stall_timeout is not None:
            arguments["stall_timeout"] = stall_timeout
        if timeout is not None:
            arguments["timeout"] = timeout
        if deadline is not None:
            arguments["deadline"] = deadline
        if max_response_bytes is not None:
            arguments["max_response_bytes"] = max_response_bytes
        if extra_headers is not None:
            arguments["extra_headers"] = extra_headers = hidden(extra_headers)
        if extra_body is not None:
            arguments["extra_body"] = extra_body
        form, arguments = requests.resolve(format), self._builder.start_deadline(arguments)
        make = partial(requests.chat, self._builder, model, messages, stream, form, arguments)
        request = build(self._sender.calls, arguments, make, messages)
        if not stream:
            return self._sender.call(request)
        if form is None:
            return self._sender.stream(request, Stream)
        from ollama_sdk.overlay._formats._sync.streams import ParsedChatStream

        return self._sender.stream(request, partial(ParsedChatStream, format=form))

    if TYPE_CHECKING:

        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[False] = False,
            format: None = None,
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.GenerateResponse: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[False] = False,
            format: str | Mapping[str, Any],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateResponse[Any]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[False] = False,
            format: TypeForm[T],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateResponse[T]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[True],
            format: None = None,
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> Stream[models.GenerateResponse]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[True],
            format: str | Mapping[str, Any],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateStream[Any]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: Literal[True],
            format: TypeForm[T],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateStream[T]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: bool,
            format: None = None,
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.GenerateResponse | Stream[models.GenerateResponse]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: bool,
            format: str | Mapping[str, Any],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateResponse[Any] | ParsedGenerateStream[Any]: ...
        @overload
        def generate(
            self,
            model: str,
            prompt: str | None = None,
            *,
            stream: bool,
            format: TypeForm[T],
            images: Sequence[ImageLike] | None = None,
            suffix: str | None = None,
            system: str | None = None,
            template: str | None = None,
            context: Sequence[int] | None = None,
            raw: bool | None = None,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            width: int | None = None,
            height: int | None = None,
            steps: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ParsedGenerateResponse[T] | ParsedGenerateStream[T]: ...

    def generate(
        self,
        model: str,
        prompt: str | None = None,
        *,
        stream: bool = False,
        format: str | Mapping[str, Any] | TypeForm[Any] | None = None,
        images: Sequence[ImageLike] | None = None,
        suffix: str | None = None,
        system: str | None = None,
        template: str | None = None,
        context: Sequence[int] | None = None,
        raw: bool | None = None,
        keep_alive: float | str | datetime.timedelta | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        think: bool | models.ThinkLevel | str | None = None,
        truncate: bool | None = None,
        shift: bool | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> (
        models.GenerateResponse
        | Stream[models.GenerateResponse]
        | ParsedGenerateResponse[Any]
        | ParsedGenerateStream[Any]
    ):
        """Let a model continue or answer a prompt (POST /api/generate).

        Args:
            model: The name of the model.
            prompt: The prompt. None or empty only loads the model.
            stream: Whether to return a stream of pieces.
            format: The form of the answer, as for `chat`.
            images: For a model that sees: the bytes of image files, their `Path`, open binary files, base64 text,
                images of Pillow or arrays of numpy.
            suffix: Text that follows the place to fill in; the model needs the insert capability.
            system: System prompt for this call, in place of the one stored with the model.
            template: Prompt template in Go template syntax for this call, in place of the model's own. Not allowed
                together with raw.
            context: Token ids from the context field of an earlier answer, to go on from there; chat is the better way.
                Deprecated.
            raw: Whether the prompt is given to the model as it is, without a template. A 400 together with system,
                template or context; the default is false.
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server.
                Null means none.
            think: Whether the model reasons before it answers, or how hard: true, false, or a level such as high. Unset
                means on for a model that can think; true is a 400 for one that cannot, and so is any other text or a
                number.
            truncate: Whether a prompt that does not fit the context is shortened, by whole older messages only. The
                default is true; false makes such a prompt a 400.
            shift: Whether older tokens are dropped when the context fills up while generating. The default is true;
                false ends the answer, and makes a prompt that is too long a 400 when truncate is left out. Another
                value than that of the call before loads the model anew.
            logprobs: Whether the log probability of each generated token is returned. The default is false.
            top_logprobs: How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The
                default is 0.
            width: Width of the picture to make, in pixels. Part of the experimental image generation, which servers had
                from 0.14.3 until the middle of 2026.
            height: Height of the picture to make, in pixels. Part of the experimental image generation, which servers
                had from 0.14.3 until the middle of 2026.
            steps: Number of diffusion steps for the picture. Part of the experimental image generation, which servers
                had from 0.14.3 until the middle of 2026.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The response, or with stream=True a `Stream` of pieces, after the server has accepted the request.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.generate, unknown)
        if images is not None:
            arguments["images"] = images
        if suffix is not None:
            arguments["suffix"] = suffix
        if system is not None:
            arguments["system"] = system
        if template is not None:
            arguments["template"] = template
        if context is not None:
            arguments["context"] = context
        if raw is not None:
            arguments["raw"] = raw
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
        if options is not None:
            arguments["options"] = options
        if think is not None:
            arguments["think"] = think
        if truncate is not None:
            arguments["truncate"] = truncate
        if shift is not None:
            arguments["shift"] = shift
        if logprobs is not None:
            arguments["logprobs"] = logprobs
        if top_logprobs is not None:
            arguments["top_logprobs"] = top_logprobs
        if width is not None:
            arguments["width"] = width
        if height is not None:
            arguments["height"] = height
        if steps is not None:
            arguments["steps"] = steps
        if stall_timeout is not None:
            arguments["stall_timeout"] = stall_timeout
        if timeout is not None:
            arguments["timeout"] = timeout
        if deadline is not None:
            arguments["deadline"] = deadline
        if max_response_bytes is not None:
            arguments["max_response_bytes"] = max_response_bytes
        if extra_headers is not None:
            arguments["extra_headers"] = extra_headers = hidden(extra_headers)
        if extra_body is not None:
            arguments["extra_body"] = extra_body
        form, arguments = requests.resolve(format), self._builder.start_deadline(arguments)
        make = partial(requests.generate, self._builder, model, prompt, stream, form, arguments)
        request = build(self._sender.calls, arguments, make, arguments.get("images"))
        if not stream:
            return self._sender.call(request)
        if form is None:
            return self._sender.stream(request, Stream)
        from ollama_sdk.overlay._formats._sync.streams import ParsedGenerateStream

        return self._sender.stream(request, partial(ParsedGenerateStream, format=form))

    if TYPE_CHECKING:

        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[False] = False,
            format: None = None,
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[None]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[False] = False,
            format: str | Mapping[str, Any],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[Any]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[False] = False,
            format: TypeForm[T],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[T]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[True],
            format: None = None,
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsStream[None]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[True],
            format: str | Mapping[str, Any],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsStream[Any]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: Literal[True],
            format: TypeForm[T],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsStream[T]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: bool,
            format: None = None,
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[None] | ToolsStream[None]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: bool,
            format: str | Mapping[str, Any],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[Any] | ToolsStream[Any]: ...
        @overload
        def run_tools(
            self,
            model: str,
            messages: Sequence[MessageLike],
            *,
            tools: Sequence[ToolLike],
            stream: bool,
            format: TypeForm[T],
            max_rounds: int = 10,
            max_calls: int = 32,
            on_tool_error: Literal["tell", "raise"] = "tell",
            parallel: bool = False,
            keep_alive: float | str | datetime.timedelta | None = None,
            options: models.Options | Mapping[str, Any] | None = None,
            think: bool | models.ThinkLevel | str | None = None,
            truncate: bool | None = None,
            shift: bool | None = None,
            logprobs: bool | None = None,
            top_logprobs: int | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ToolsResponse[T] | ToolsStream[T]: ...

    def run_tools(
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
        keep_alive: float | str | datetime.timedelta | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        think: bool | models.ThinkLevel | str | None = None,
        truncate: bool | None = None,
        shift: bool | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> ToolsResponse[None] | ToolsStream[None] | ToolsResponse[Any] | ToolsStream[Any]:
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
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server.
                Null means none.
            think: Whether the model reasons before it answers, or how hard: true, false, or a level such as high. Unset
                means on for a model that can think; true is a 400 for one that cannot, and so is any other text or a
                number.
            truncate: Whether whole older messages are left out of a prompt that does not fit the context; the last
                message and the system message stay as they are. The default is true; false makes such a prompt a 400.
            shift: Whether older tokens are dropped when the context fills up while generating. The default is true;
                false ends the answer, and makes a prompt that is too long a 400 when truncate is left out. Another
                value than that of the call before loads the model anew.
            logprobs: Whether the log probability of each generated token is returned. The default is false.
            top_logprobs: How many of the likeliest alternatives to list for every token, 0 to 20; needs logprobs. The
                default is 0.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The final response; its `messages` are the whole conversation. With stream=True a `ToolsStream`,
            once the server has accepted the first request.

        Raises:
            ToolRoundsError: The model asks for more calls after the last round, or for too many at once.
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.run_tools, unknown)
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
        if options is not None:
            arguments["options"] = options
        if think is not None:
            arguments["think"] = think
        if truncate is not None:
            arguments["truncate"] = truncate
        if shift is not None:
            arguments["shift"] = shift
        if logprobs is not None:
            arguments["logprobs"] = logprobs
        if top_logprobs is not None:
            arguments["top_logprobs"] = top_logprobs
        if stall_timeout is not None:
            arguments["stall_timeout"] = stall_timeout
        if timeout is not None:
            arguments["timeout"] = timeout
        if deadline is not None:
            arguments["deadline"] = deadline
        if max_response_bytes is not None:
            arguments["max_response_bytes"] = max_response_bytes
        if extra_headers is not None:
            arguments["extra_headers"] = extra_headers = hidden(extra_headers)
        if extra_body is not None:
            arguments["extra_body"] = extra_body
        from ollama_sdk.overlay._tools.calls import run_calls
        from ollama_sdk.overlay._tools.loop import ToolLoop

        form = requests.resolve(format)
        loop: ToolLoop[Any]
        loop = ToolLoop(
            messages, tools, max_rounds=max_rounds, max_calls=max_calls, on_tool_error=on_tool_error, format=form
        )
        arguments = self._builder.start_deadline(arguments)

        def next_request(group: CallGroup) -> Request[models.ChatResponse]:
            fields = {**arguments, "tools": loop.tools or None}
            make = partial(requests.chat, self._builder, model, loop.messages, stream, loop.format, fields)
            return build(group, fields, make, loop.messages)

        if check_stream(stream):
            from ollama_sdk.overlay._tools._sync.streams import ToolsStream
            from ollama_sdk.overlay._tools.conversation import ToolConversation

            conversation: ToolConversation[Any, Stream[models.ChatResponse]]
            context = self._sender.calls.group(arguments.get("deadline"))
            conversation = ToolConversation(loop, context, parallel=parallel)

            def ask(group: CallGroup) -> Stream[models.ChatResponse]:
                return self._sender.stream(next_request(group), Stream, group)

            return ToolsStream.opened(conversation, ask)
        with self._sender.calls.group(arguments.get("deadline")) as group:
            while True:
                response = self._sender.call(next_request(group), group)
                calls = loop.take(response)
                if loop.is_over:
                    return loop.result(response)
                loop.give(run_calls(calls, group, parallel=parallel))
