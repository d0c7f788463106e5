# Compiled from overlay/ollama_sdk/overlay/_clients/_source/models.py; change that, then run `make generate`.
"""What `Ollama` does with models: list, load, pull, push, create, copy, delete them, and upload blobs."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.generated import api
from ollama_sdk.overlay._clients.base import BaseClient
from ollama_sdk.overlay._clients.building import build
from ollama_sdk.overlay._clients.unknown import refuse_misspelt
from ollama_sdk.overlay._errors import NotFoundError, ResponseError
from ollama_sdk.overlay._library import requests as library_requests
from ollama_sdk.overlay._secrets import hidden
from ollama_sdk.overlay._sending._sync.sender import Sender

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import Literal, Unpack, overload

    from ollama_sdk.generated import models
    from ollama_sdk.overlay._annotations import KeepAlive, MessageLike, Timeout
    from ollama_sdk.overlay._clients.arguments import Files, NoArguments
    from ollama_sdk.overlay._library._sync.streams import ProgressStream
    from ollama_sdk.overlay._library.blobs import BlobSource
    from ollama_sdk.overlay._library.progress import Progress
    from ollama_sdk.overlay._sending.request import Request


class ModelOperations(BaseClient[Sender]):
    """The part of `Ollama` that manages models."""

    def load(
        self,
        model: str,
        keep_alive: KeepAlive | None = None,
        *,
        suffix: str | None = None,
        system: str | None = None,
        template: str | None = None,
        context: Sequence[int] | None = None,
        raw: bool | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        think: bool | models.ThinkLevel | str | None = None,
        truncate: bool | None = None,
        shift: bool | None = None,
        logprobs: bool | None = None,
        top_logprobs: int | None = None,
        width: int | None = None,
        height: int | None = None,
        steps: int | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.GenerateResponse:
        """Load a model into memory, so that the next answer begins sooner (POST /api/generate without a prompt).

        A model that makes embeddings alone is loaded by an empty `embed` (POST /api/embed).

        Args:
            model: The name of the model.
            keep_alive: How long it stays loaded: seconds, a timedelta, or text with units such as "10m"; negative means
                for ever.
            suffix: Text that follows the place to fill in; the model needs the insert capability.
            system: System prompt for this call, in place of the one stored with the model.
            template: Prompt template in Go template syntax for this call, in place of the model's own. Not allowed
                together with raw.
            context: Token ids from the context field of an earlier answer, to go on from there; chat is the better way.
                Deprecated.
            raw: Whether the prompt is given to the model as it is, without a template. A 400 together with system,
                template or context; the default is false.
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
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.load, unknown)
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
        arguments = self._builder.start_deadline(arguments)
        try:
            return self._sender.call(library_requests.load(self._builder, model, keep_alive, arguments))
        except ResponseError as error:
            if not library_requests.is_no_writer(error):
                raise
        return self._sender.call(library_requests.load_embedder(self._builder, model, keep_alive, arguments))

    def unload(
        self,
        model: str,
        *,
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
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.GenerateResponse:
        """Free the memory that a model takes (POST /api/generate with keep_alive 0).

        Args:
            model: The name of the model.
            keep_alive: Refused, since it is 0.
            suffix: Text that follows the place to fill in; the model needs the insert capability.
            system: System prompt for this call, in place of the one stored with the model.
            template: Prompt template in Go template syntax for this call, in place of the model's own. Not allowed
                together with raw.
            context: Token ids from the context field of an earlier answer, to go on from there; chat is the better way.
                Deprecated.
            raw: Whether the prompt is given to the model as it is, without a template. A 400 together with system,
                template or context; the default is false.
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
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.unload, unknown)
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
        return self._sender.call(library_requests.unload(self._builder, model, arguments))

    def list(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ListResponse:
        """List the models that the server has, the newest first, with sizes in bytes (GET /api/tags).

        The response prints as a table.

        Args:
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.list, unknown)
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
        return self._sender.call(library_requests.table(self._builder, api.LIST_MODELS, arguments))

    def show(
        self,
        model: str,
        *,
        system: str | None = None,
        template: str | None = None,
        verbose: bool | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ShowResponse:
        """Tell everything that the server knows about a model (POST /api/show).

        Args:
            model: The name of the model.
            system: System prompt to show in place of the stored one; nothing is saved.
            template: Ignored by the server. Deprecated.
            verbose: Whether the long array values of model_info are filled in, which can make the answer many
                megabytes. The default is false.
            options: Settings to show in place of the stored ones; nothing is saved. Null means none.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.show, unknown)
        if system is not None:
            arguments["system"] = system
        if template is not None:
            arguments["template"] = template
        if verbose is not None:
            arguments["verbose"] = verbose
        if options is not None:
            arguments["options"] = options
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
        return self._sender.call(library_requests.show(self._builder, model, arguments))

    def has_model(
        self,
        model: str,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> bool:
        """Tell whether the server has a model (POST /api/show).

        Args:
            model: The name of the model; without a tag, latest is meant.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.has_model, unknown)
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
        return self._has(library_requests.show(self._builder, model, arguments))

    if TYPE_CHECKING:

        @overload
        def pull(
            self,
            model: str,
            *,
            stream: Literal[False] = False,
            if_missing: bool | None = None,
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse: ...
        @overload
        def pull(
            self,
            model: str,
            *,
            stream: Literal[True],
            if_missing: bool | None = None,
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ProgressStream: ...
        @overload
        def pull(
            self,
            model: str,
            *,
            stream: bool,
            if_missing: bool | None = None,
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse | ProgressStream: ...

    def pull(
        self,
        model: str,
        *,
        stream: bool = False,
        if_missing: bool | None = None,
        insecure: bool | None = None,
        username: str | None = None,
        password: str | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse | ProgressStream:
        """Fetch a model from the registry (POST /api/pull); raises as `chat` does.

        Args:
            model: The name of the model.
            stream: Whether to return a stream of progress, in bytes of each layer.
            if_missing: True asks the server first whether it has the model (POST /api/show), and then does nothing.
            insecure: Whether plain HTTP and unverified certificates are accepted for the model registry. The default is
                false.
            username: Ignored by the server. Deprecated.
            password: Ignored by the server. Deprecated.
            progress: True to draw a bar, which needs the extra `progress`; or a function that is called with the
                `Progress` after each report. What it raises ends the call. Of `embed` it counts texts, of all others
                bytes.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a
            `ProgressStream` of all of them.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.pull, unknown)
        if if_missing is not None:
            arguments["if_missing"] = if_missing
        if insecure is not None:
            arguments["insecure"] = insecure
        if username is not None:
            arguments["username"] = username
        if password is not None:
            arguments["password"] = password
        if progress is not None:
            arguments["progress"] = progress
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
        if not arguments.pop("if_missing", None):
            return self._run(library_requests.pull(self._builder, model, stream, arguments), stream)
        arguments = self._builder.start_deadline(arguments)
        job = library_requests.pull(self._builder, model, stream, arguments)
        shared = library_requests.shared_with_show(arguments)
        return self._run(job, stream, unless=library_requests.show(self._builder, model, shared))

    if TYPE_CHECKING:

        @overload
        def push(
            self,
            model: str,
            *,
            stream: Literal[False] = False,
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse: ...
        @overload
        def push(
            self,
            model: str,
            *,
            stream: Literal[True],
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ProgressStream: ...
        @overload
        def push(
            self,
            model: str,
            *,
            stream: bool,
            insecure: bool | None = None,
            username: str | None = None,
            password: str | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse | ProgressStream: ...

    def push(
        self,
        model: str,
        *,
        stream: bool = False,
        insecure: bool | None = None,
        username: str | None = None,
        password: str | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse | ProgressStream:
        """Publish a model to the registry (POST /api/push); raises as `chat` does.

        Args:
            model: The name of the model, with the namespace to which it is pushed.
            stream: Whether to return a stream of progress, in bytes of each layer.
            insecure: Whether plain HTTP and unverified certificates are accepted for the model registry. The default is
                false.
            username: Ignored by the server. Deprecated.
            password: Ignored by the server. Deprecated.
            progress: True to draw a bar, which needs the extra `progress`; or a function that is called with the
                `Progress` after each report. What it raises ends the call. Of `embed` it counts texts, of all others
                bytes.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a
            `ProgressStream` of all of them.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.push, unknown)
        if insecure is not None:
            arguments["insecure"] = insecure
        if username is not None:
            arguments["username"] = username
        if password is not None:
            arguments["password"] = password
        if progress is not None:
            arguments["progress"] = progress
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
        return self._run(library_requests.push(self._builder, model, stream, arguments), stream)

    def copy(
        self,
        source: str,
        destination: str,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse:
        """Give a model a second name (POST /api/copy).

        Args:
            source: The name it has.
            destination: The new name.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.copy, unknown)
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
        return self._sender.call(library_requests.copy(self._builder, source, destination, arguments))

    def delete(
        self,
        model: str,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse:
        """Delete a model (DELETE /api/delete).

        Args:
            model: The name of the model.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.delete, unknown)
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
        return self._sender.call(library_requests.delete(self._builder, model, arguments))

    def ps(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProcessResponse:
        """List the models that are loaded, with sizes in bytes and when each is unloaded (GET /api/ps).

        The response prints as a table.

        Args:
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.ps, unknown)
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
        return self._sender.call(library_requests.table(self._builder, api.LIST_RUNNING_MODELS, arguments))

    if TYPE_CHECKING:

        @overload
        def create(
            self,
            model: str,
            *,
            stream: Literal[False] = False,
            from_: str | None = None,
            files: Files | None = None,
            draft_files: Files | None = None,
            adapters: Files | None = None,
            messages: Sequence[MessageLike] | None = None,
            modelfile: str | PathLike[str] | None = None,
            base_dir: str | PathLike[str] | None = None,
            allow_outside: bool | None = None,
            quantize: models.QuantizationType | str | None = None,
            draft_quantize: models.QuantizationType | str | None = None,
            remote_host: str | None = None,
            template: str | None = None,
            license: str | Sequence[str] | None = None,
            system: str | None = None,
            parameters: models.Options | Mapping[str, Any] | None = None,
            renderer: str | None = None,
            parser: str | None = None,
            requires: str | None = None,
            info: models.CreateInfo | Mapping[str, Any] | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse: ...
        @overload
        def create(
            self,
            model: str,
            *,
            stream: Literal[True],
            from_: str | None = None,
            files: Files | None = None,
            draft_files: Files | None = None,
            adapters: Files | None = None,
            messages: Sequence[MessageLike] | None = None,
            modelfile: str | PathLike[str] | None = None,
            base_dir: str | PathLike[str] | None = None,
            allow_outside: bool | None = None,
            quantize: models.QuantizationType | str | None = None,
            draft_quantize: models.QuantizationType | str | None = None,
            remote_host: str | None = None,
            template: str | None = None,
            license: str | Sequence[str] | None = None,
            system: str | None = None,
            parameters: models.Options | Mapping[str, Any] | None = None,
            renderer: str | None = None,
            parser: str | None = None,
            requires: str | None = None,
            info: models.CreateInfo | Mapping[str, Any] | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> ProgressStream: ...
        @overload
        def create(
            self,
            model: str,
            *,
            stream: bool,
            from_: str | None = None,
            files: Files | None = None,
            draft_files: Files | None = None,
            adapters: Files | None = None,
            messages: Sequence[MessageLike] | None = None,
            modelfile: str | PathLike[str] | None = None,
            base_dir: str | PathLike[str] | None = None,
            allow_outside: bool | None = None,
            quantize: models.QuantizationType | str | None = None,
            draft_quantize: models.QuantizationType | str | None = None,
            remote_host: str | None = None,
            template: str | None = None,
            license: str | Sequence[str] | None = None,
            system: str | None = None,
            parameters: models.Options | Mapping[str, Any] | None = None,
            renderer: str | None = None,
            parser: str | None = None,
            requires: str | None = None,
            info: models.CreateInfo | Mapping[str, Any] | None = None,
            progress: bool | Callable[[Progress], object] | None = None,
            stall_timeout: float | None = None,
            timeout: Timeout | None = None,
            deadline: float | None = None,
            max_response_bytes: int | None = None,
            extra_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
        ) -> models.ProgressResponse | ProgressStream: ...

    def create(
        self,
        model: str,
        *,
        stream: bool = False,
        from_: str | None = None,
        files: Files | None = None,
        draft_files: Files | None = None,
        adapters: Files | None = None,
        messages: Sequence[MessageLike] | None = None,
        modelfile: str | PathLike[str] | None = None,
        base_dir: str | PathLike[str] | None = None,
        allow_outside: bool | None = None,
        quantize: models.QuantizationType | str | None = None,
        draft_quantize: models.QuantizationType | str | None = None,
        remote_host: str | None = None,
        template: str | None = None,
        license: str | Sequence[str] | None = None,
        system: str | None = None,
        parameters: models.Options | Mapping[str, Any] | None = None,
        renderer: str | None = None,
        parser: str | None = None,
        requires: str | None = None,
        info: models.CreateInfo | Mapping[str, Any] | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
        stall_timeout: float | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse | ProgressStream:
        """Make a model from another one, from local files, or as a Modelfile says (POST /api/create).

        Files that the server does not have are uploaded first (HEAD and POST /api/blobs), four at a time;
        `progress` counts them too.

        Args:
            model: The name of the new model.
            stream: Whether to return a stream of progress.
            from_: The name of the model that it is made from.
            files: The files of a model (GGUF, safetensors): the `Path` of a file or folder, or names mapped to digests,
                `Path`s, bytes or open files.
            draft_files: The files of a smaller model for speculative decoding, in the same forms.
            adapters: The files of a LoRA adapter, in the same forms.
            messages: Messages that every conversation begins with.
            modelfile: The text of a Modelfile, or the `Path` of one; other arguments take precedence over what it says.
            base_dir: The folder for the paths of `modelfile`; by default that of its `Path`. A text without it names no
                files.
            allow_outside: Whether paths and links may lead out of that folder.
            quantize: Number format to convert the weights to. The server reads it without regard to case.
            draft_quantize: Number format for the weights of the draft model; a 400 without draft_files.
            remote_host: URL or host of the server on which the model named by from runs; the default port is 11434.
            template: Prompt template to store, in Go template syntax.
            license: License text to store, or a list of license texts.
            system: System prompt to store.
            parameters: Settings to store as the model's defaults.
            renderer: Name of the server's built-in prompt renderer to use instead of a template.
            parser: Name of the server's built-in parser for the model's output.
            requires: Lowest server version that can run the model.
            info: Facts about the model that the server cannot find out by itself, as for remote models.
            progress: True to draw a bar, which needs the extra `progress`; or a function that is called with the
                `Progress` after each report. What it raises ends the call. Of `embed` it counts texts, of all others
                bytes.
            stall_timeout: Seconds without a new line of a stream after which the call fails; for pull, push and create,
                a changed line.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a
            `ProgressStream` of all of them.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.create, unknown)
        if from_ is not None:
            arguments["from_"] = from_
        if files is not None:
            arguments["files"] = files
        if draft_files is not None:
            arguments["draft_files"] = draft_files
        if adapters is not None:
            arguments["adapters"] = adapters
        if messages is not None:
            arguments["messages"] = messages
        if modelfile is not None:
            arguments["modelfile"] = modelfile
        if base_dir is not None:
            arguments["base_dir"] = base_dir
        if allow_outside is not None:
            arguments["allow_outside"] = allow_outside
        if quantize is not None:
            arguments["quantize"] = quantize
        if draft_quantize is not None:
            arguments["draft_quantize"] = draft_quantize
        if remote_host is not None:
            arguments["remote_host"] = remote_host
        if template is not None:
            arguments["template"] = template
        if license is not None:
            arguments["license"] = license
        if system is not None:
            arguments["system"] = system
        if parameters is not None:
            arguments["parameters"] = parameters
        if renderer is not None:
            arguments["renderer"] = renderer
        if parser is not None:
            arguments["parser"] = parser
        if requires is not None:
            arguments["requires"] = requires
        if info is not None:
            arguments["info"] = info
        if progress is not None:
            arguments["progress"] = progress
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
        from ollama_sdk.overlay._library._sync.uploads import send_uploads
        from ollama_sdk.overlay._library.create import CreatePlan

        builder, calls = self._builder, self._sender.calls
        make = partial(CreatePlan, builder, model, stream, builder.start_deadline(arguments))
        plan = build(calls, arguments, make)
        send_uploads(plan.uploads, calls, self._sender.call)
        return self._run(build(calls, arguments, plan.job), stream)

    def create_blob(
        self,
        source: BlobSource,
        *,
        progress: bool | Callable[[Progress], object] | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> str:
        """Upload a file from which a model can be made (POST /api/blobs/{digest}).

        It is read twice, for its digest and to be sent, in pieces of one mebibyte. After a failure call it again with
        the same source; an open file then stands where it stood.

        Args:
            source: The path of a file, its bytes, or a file opened for binary reading.
            extra_body: Refused, since the body is the file.
            progress: True to draw a bar, which needs the extra `progress`; or a function that is called with the
                `Progress` after each report. What it raises ends the call. Of `embed` it counts texts, of all others
                bytes.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.

        Returns:
            The digest: "sha256:" and 64 hexadecimal digits.

        Raises:
            RequestError: The file cannot be read.
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.create_blob, unknown)
        if progress is not None:
            arguments["progress"] = progress
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
        from ollama_sdk.overlay._library._sync.uploads import send_uploads
        from ollama_sdk.overlay._library.blobs import Upload
        from ollama_sdk.overlay._library.progress import make_progress
        from ollama_sdk.overlay._library.uploads import Uploads

        builder, calls, arguments = self._builder, self._sender.calls, self._builder.start_deadline(arguments)
        upload = build(calls, arguments, partial(Upload, source))
        with closing(make_progress(arguments.pop("progress", None), f"upload {upload.label}")) as sent:
            send_uploads(Uploads(builder, [upload], arguments, sent), calls, self._sender.call)
            sent.finish()
        return upload.digest()

    def has_blob(
        self,
        digest: str,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> bool:
        """Tell whether the server has a blob (HEAD /api/blobs/{digest}).

        Args:
            digest: "sha256:" and 64 hexadecimal digits.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            RequestError: It is no digest.
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.has_blob, unknown)
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
        return self._has(library_requests.blob(self._builder, api.HAS_BLOB, digest, None, arguments))

    def _has(self, request: Request[Any]) -> bool:
        """Return whether the server has what a request asks for."""
        try:
            self._sender.call(request)
        except NotFoundError as error:
            if error.error == "404 page not found":  # no Ollama is there
                raise
            return False
        return True

    def _run(
        self, job: library_requests.Job, stream: bool, *, unless: Request[Any] | None = None
    ) -> models.ProgressResponse | ProgressStream:
        """Send the request of a pull, push or create, and return its stream, or its last line.

        It is not sent when the server has what `unless` asks for: then the last line is that of success.
        """
        from ollama_sdk.overlay._library._sync.streams import ProgressStream

        request, progress = job
        try:
            is_done = unless is not None and self._has(unless)
            if progress is None:
                return library_requests.success() if is_done else self._sender.call(request)
            kind = partial(ProgressStream, progress=progress)
            lines = self._sender.answered(request, kind) if is_done else self._sender.stream(request, kind)
        except BaseException:
            if progress is not None:
                progress.close()
            raise
        if stream:
            return lines
        with lines:
            return lines.final()
