# Compiled from overlay/ollama_sdk/overlay/_clients/_source/client.py; change that, then run `make generate`.
"""Ollama: the blocking client, one short method per operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from ollama_sdk.generated import api
from ollama_sdk.overlay._answers.ndjson import MAX_LINE_BYTES
from ollama_sdk.overlay._checks import check_model
from ollama_sdk.overlay._clients import requests
from ollama_sdk.overlay._clients._sync.models import ModelOperations
from ollama_sdk.overlay._clients._sync.text import TextOperations
from ollama_sdk.overlay._clients.unknown import explains_unknown_settings, refuse_misspelt
from ollama_sdk.overlay._config import MAX_RESPONSE_BYTES
from ollama_sdk.overlay._embeddings import requests as embedding_requests
from ollama_sdk.overlay._errors import AbortError, OllamaError, RequestError
from ollama_sdk.overlay._secrets import hidden, hidden_host
from ollama_sdk.overlay._sending._sync.sender import Sender
from ollama_sdk.overlay._sending.builder import as_progress

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable
    from typing import Unpack

    import httpx

    from ollama_sdk.generated import models
    from ollama_sdk.overlay._annotations import HttpClient, HttpTransport, Timeout
    from ollama_sdk.overlay._clients._sync.generated import GeneratedClient
    from ollama_sdk.overlay._clients._sync.raw import RawOperations
    from ollama_sdk.overlay._clients.arguments import NoArguments
    from ollama_sdk.overlay._embeddings.vectors import VectorsResponse
    from ollama_sdk.overlay._library.progress import Progress
    from ollama_sdk.overlay._sending.hooks import EventHooks


class Ollama(TextOperations, ModelOperations):
    """A client of an Ollama server. It can be shared by threads, and is a context manager that closes itself.

    Args:
        host: The server, such as "models.lan:8080" or "https://ollama.com"; by default OLLAMA_HOST, else
            http://127.0.0.1:11434.
        headers: Headers for every request to this host.
        api_key: A bearer key for this host. By default OLLAMA_API_KEY, when the host is https://ollama.com only.
        cloud_api_key: A bearer key for the operations that only https://ollama.com has; by default `api_key` when
            that is the host, else OLLAMA_API_KEY.
        timeout: Seconds per phase (connect, write, read of the next bytes, wait for a connection), or an
            httpx.Timeout. By default 10 seconds to connect and no other limit, since a model may think for long.
        max_retries: How often a request is tried again, with growing pauses, when the connection fails or the server
            answers 429, 502, 503 or 504; never once an answer has begun.
        max_line_bytes: The longest line of a streamed answer that is read, in bytes; a longer one is a DecodeError.
        max_response_bytes: The largest answer that is not streamed, in bytes after decompression; a larger one is a
            DecodeError.
        limits: An httpx.Limits for the connections of the client; by default 1,000 at once, of which 100 are kept for
            the next calls, for 5 seconds.
        event_hooks: Functions that are called with every httpx.Request that is sent, under "request", and with every
            httpx.Response that comes, under "response"; see docs/logging-and-hooks.md.
        http_client: An httpx.Client of your own to send with, or one of httpx2; it stays yours to close.
        transport: A transport of your own, of httpx or httpx2, instead of `http_client`.

    Raises:
        RequestError: An argument cannot be used.

    Example:
        >>> from ollama_sdk.overlay import Ollama
        >>> client = Ollama("127.0.0.1:11434")
        >>> client.base_url
        'http://127.0.0.1:11434'
        >>> response = client.chat("llama3.2", [{"role": "user", "content": "Hi!"}])  # doctest: +SKIP
        >>> response.message.content  # doctest: +SKIP
        'Hello! How can I help you today?'
        >>> client.close()
    """

    __module__ = "ollama_sdk.overlay"

    @explains_unknown_settings
    def __init__(
        self,
        host: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        api_key: str | None = None,
        cloud_api_key: str | None = None,
        timeout: Timeout | None = None,
        max_retries: int = 2,
        max_line_bytes: int = MAX_LINE_BYTES,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        limits: httpx.Limits | None = None,
        event_hooks: EventHooks | None = None,
        http_client: httpx.Client | HttpClient | None = None,
        transport: httpx.BaseTransport | HttpTransport | None = None,
    ) -> None:
        """Make a client; see the class for the arguments. Nothing is connected yet."""
        # From here on no traceback with local variables shows them.
        host, headers = hidden_host(host), hidden(headers)
        api_key, cloud_api_key = hidden(api_key), hidden(cloud_api_key)
        super().__init__(
            Sender,
            host=host,
            headers=headers,
            api_key=api_key,
            cloud_api_key=cloud_api_key,
            timeout=timeout,
            max_retries=max_retries,
            max_line_bytes=max_line_bytes,
            max_response_bytes=max_response_bytes,
            limits=limits,
            event_hooks=event_hooks,
            http_client=http_client,
            transport=transport,
        )

    @property
    def with_raw_response(self) -> RawOperations:
        """The same operations, returning a `RawResponse`: status, headers and bytes beside what the call returns.

        Example:
            >>> client = Ollama()
            >>> raw = client.with_raw_response.version()  # doctest: +SKIP
            >>> raw.status_code, raw.headers["content-type"], raw.content  # doctest: +SKIP
            (200, 'application/json; charset=utf-8', b'{"version":"0.12.6"}')
            >>> raw.parse().version  # doctest: +SKIP
            '0.12.6'
        """
        from ollama_sdk.overlay._clients._sync.raw import RawOperations

        return RawOperations(self)

    @property
    def generated(self) -> GeneratedClient:
        """For the generated endpoint functions: they then use this client's connection, keys and errors.

        Example:
            >>> from ollama_sdk.generated.api.server import get_version
            >>> client = Ollama()
            >>> get_version.sync(client=client.generated)  # doctest: +SKIP
            VersionResponse(version='0.12.6')
        """
        from ollama_sdk.overlay._clients._sync.generated import GeneratedClient

        return GeneratedClient(self._sender, self._builder)

    def embed(
        self,
        model: str,
        input: str | Iterable[str],
        *,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        keep_alive: float | str | datetime.timedelta | None = None,
        truncate: bool | None = None,
        dimensions: int | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        progress: bool | Callable[[Progress], object] | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> VectorsResponse:
        """Turn texts into vectors (POST /api/embed).

        Args:
            model: The name of the model.
            input: One text, or several, which are all read before the first is sent.
            timeout: Limits for each request: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for all requests together; `math.inf` lifts the client's.
            batch_size: Maximum texts per request; longer inputs are split. By default one request has all of them.
            max_concurrency: Maximum requests at the same time, by default 4.
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            truncate: Whether a text longer than the context is shortened. The default is true; false makes such a text
                a 400.
            dimensions: Number of dimensions to cut the vectors down to; they are normalised again afterwards. Zero, or
                more than the model has, leaves them as they are.
            options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server.
                Null means none.
            progress: True to draw a bar, which needs the extra `progress`; or a function that is called with the
                `Progress` after each report. What it raises ends the call. Of `embed` it counts texts, of all others
                bytes.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The response; its `embeddings` are a vector of length 1 for each text, in order. Its `as_numpy()` is one
            array of them. Of several requests it is one response: `prompt_eval_count` is the number of tokens of all
            texts; `total_duration` and `load_duration` are sums of what each request took on the server, and so more
            than the time that passed when requests were made at the same time.

        Raises:
            OllamaError: As `chat` says. The first of several requests that fails ends the others; the message says
                which texts it had, such as `input[512:768]`, and `partial` is a response with the vectors that had
                arrived; its `positions` say to which texts they belong.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.embed, unknown)
        if batch_size is not None:
            arguments["batch_size"] = batch_size
        if max_concurrency is not None:
            arguments["max_concurrency"] = max_concurrency
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
        if truncate is not None:
            arguments["truncate"] = truncate
        if dimensions is not None:
            arguments["dimensions"] = dimensions
        if options is not None:
            arguments["options"] = options
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
        size, at_once = arguments.pop("batch_size", None), arguments.pop("max_concurrency", None)
        wanted = arguments.pop("progress", None)
        if size is None and at_once is None and (wanted is None or wanted is False):
            return self._sender.call(embedding_requests.embed(self._builder, model, input, arguments))
        from ollama_sdk.overlay._embeddings._sync.batches import send_batches
        from ollama_sdk.overlay._embeddings.batches import EmbedBatches
        from ollama_sdk.overlay._library.progress import make_progress

        builder = self._builder
        with closing(make_progress(wanted, f"embed {check_model(model)}", " texts")) as shown:
            report = partial(shown.report, "texts", status="embedding")
            batches = EmbedBatches(builder, model, input, size, at_once, builder.start_deadline(arguments), report)
            response = send_batches(batches, self._sender.calls, self._sender.call)
            shown.finish()
        return response

    def embeddings(
        self,
        model: str,
        prompt: str,
        *,
        keep_alive: float | str | datetime.timedelta | None = None,
        options: models.Options | Mapping[str, Any] | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.EmbeddingResponse:
        """Turn one text into a vector, in the older form; `embed` is the newer one (POST /api/embeddings).

        Args:
            model: The name of the model.
            prompt: The text.
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            options: Settings of the runtime and of the sampling for this call; unknown keys are ignored by the server.
                Null means none.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The response; its `embedding` is not normalised.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.embeddings, unknown)
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
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
        return self._sender.call(embedding_requests.embeddings(self._builder, model, prompt, arguments))

    def systemone(
        self,
        model: str,
        state: str | Mapping[str, Any] | Sequence[Any],
        questions: Mapping[str, models.SystemOneQuestion | Mapping[str, Any]],
        *,
        keep_alive: float | str | datetime.timedelta | None = None,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.SystemOneResponse:
        """Let a System One model choose, estimate or score, without writing text (POST /v1/systemone).

        Args:
            model: The name of the model, such as "nimble".
            state: What is judged: text, or a dict or list that the server turns into text.
            questions: The questions by name, each with a `type` ("choice", "noul" or "score"), `instructions`, and
                `criteria` as `SystemOneQuestion` says.
            keep_alive: How long the model stays loaded after this call: seconds, a timedelta, or text such as "10m" or
                "1h30m". Zero unloads at once, a negative value means for ever; unset takes the server's default.
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            The response; its `answers` have the names of the questions.

        Raises:
            OllamaError: As `chat` says; NotFoundError from a server older than 0.35.0.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.systemone, unknown)
        if keep_alive is not None:
            arguments["keep_alive"] = keep_alive
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
        return self._sender.call(requests.systemone(self._builder, model, state, questions, arguments))

    def version(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.VersionResponse:
        """Tell the version of the server (GET /api/version).

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
            refuse_misspelt(self.version, unknown)
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
        return self._sender.call(self._builder.bare(api.GET_VERSION, arguments))

    def is_running(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> bool:
        """Tell whether a server answers at the host, without retries (HEAD /).

        Args:
            timeout: Limits for this call, by default 2 seconds per phase.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            RequestError: The client is closed.
            AbortError: `abort()` was called.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.is_running, unknown)
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
        try:
            self._sender.send(requests.probe(self._builder, arguments))
        except (RequestError, AbortError):  # which do not say whether a server is there
            raise
        except OllamaError:
            return False
        return True

    def status(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.StatusResponse:
        """Tell whether the server may use the cloud (GET /api/status).

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
            refuse_misspelt(self.status, unknown)
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
        return self._sender.call(self._builder.bare(api.GET_STATUS, arguments))

    def model_recommendations(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ModelRecommendationsResponse:
        """List the models that the server recommends (GET /api/experimental/model-recommendations).

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
            refuse_misspelt(self.model_recommendations, unknown)
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
        return self._sender.call(self._builder.bare(api.MODEL_RECOMMENDATIONS, arguments))

    def whoami(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.UserResponse:
        """Tell whose account the server, or the key, belongs to (POST /api/me).

        Args:
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            OllamaError: As `chat` says; AuthenticationError with a `signin_url` when nobody is signed in.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.whoami, unknown)
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
        return self._sender.call(self._builder.bare(api.WHOAMI, arguments))

    def signout(
        self,
        *,
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.ProgressResponse:
        """Sign the server out of its account (POST /api/signout).

        Args:
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.signout, unknown)
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
        return self._sender.call(self._builder.bare(as_progress(api.SIGNOUT), arguments))

    def web_search(
        self,
        query: str,
        max_results: int | None = None,
        *,
        via: Literal["cloud", "server"] = "cloud",
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.WebSearchResponse:
        """Search the web through https://ollama.com, whatever the client's host is (POST /api/web_search).

        Args:
            query: What to look for.
            max_results: How many results there may be, at most 10.
            via: "server" asks the client's host instead, which must be signed in and needs no key
                (POST /api/experimental/web_search).
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            RequestError: There is no key for the cloud.
            OllamaError: As `chat` says; AuthenticationError with a `signin_url` when the server is not signed in.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.web_search, unknown)
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
        return self._sender.call(requests.web_search(self._builder, query, max_results, via, arguments))

    def web_fetch(
        self,
        url: str,
        *,
        via: Literal["cloud", "server"] = "cloud",
        timeout: Timeout | None = None,
        deadline: float | None = None,
        max_response_bytes: int | None = None,
        extra_headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        **unknown: Unpack[NoArguments],
    ) -> models.WebFetchResponse:
        """Read a page of the web through https://ollama.com, whatever the client's host is (POST /api/web_fetch).

        Args:
            url: The address of the page.
            via: "server" asks the client's host instead, as for `web_search` (POST /api/experimental/web_fetch).
            timeout: Limits for this call: seconds per phase, or an httpx.Timeout.
            deadline: Seconds for the whole call: connecting, retries, redirects, reading, and a stream until it was
                read; `math.inf` lifts the client's.
            max_response_bytes: The largest answer that is not streamed, in bytes after decompression.
            extra_headers: Headers for this call, on top of the client's.
            extra_body: Fields of the body that this SDK does not know, or that are to be null.

        Raises:
            RequestError: There is no key for the cloud.
            OllamaError: As `chat` says.
        """
        arguments: dict[str, Any] = {**unknown}
        if unknown:
            refuse_misspelt(self.web_fetch, unknown)
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
        return self._sender.call(requests.web_fetch(self._builder, url, via, arguments))

    def close(self) -> None:
        """End the calls in flight as `abort()` does, and close the connections; the client cannot be used again.

        Nor can copies made by `with_options`, nor the client that a copy was made of: they share the connections.
        """
        self._sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client; a copy that `with_options` made leaves the connections to the clients that share them."""
        if self._leave():
            self.close()
