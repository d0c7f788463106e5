"""What `Ollama` does with models: list, load, pull, push, create, copy, delete them, and upload blobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeVar, overload

from ollama_sdk.generated import api
from ollama_sdk.overlay import _requests
from ollama_sdk.overlay._base_client import BaseClient
from ollama_sdk.overlay._errors import NotFoundError
from ollama_sdk.overlay._streaming import Stream
from ollama_sdk.overlay._transport import SyncTransport

if TYPE_CHECKING:
    from typing import Unpack

    from ollama_sdk.generated import models
    from ollama_sdk.generated.types import Model
    from ollama_sdk.overlay import _arguments
    from ollama_sdk.overlay._blobs import BlobSource
    from ollama_sdk.overlay._calls import Calls
    from ollama_sdk.overlay._streaming import Reading
    from ollama_sdk.overlay._uploads import Batch

M = TypeVar("M", bound="Model")


class ModelOperations(BaseClient[SyncTransport]):
    """The part of `Ollama` that manages models."""

    def load(
        self, model: str, keep_alive: float | str | None = None, **arguments: Unpack[_arguments.CallArguments]
    ) -> models.GenerateResponse:
        """Load a model into memory, so that the next answer begins sooner (POST /api/generate without a prompt).

        Args:
            model: The name of the model.
            keep_alive: How long it stays loaded: seconds, or text with units such as "10m"; negative means for ever.
            **arguments: `timeout` and `extra_headers` as for `chat`.

        Raises:
            OllamaError: As `chat` says.
        """
        return self._call(_requests.load(model, keep_alive, arguments))

    def unload(self, model: str, **arguments: Unpack[_arguments.CallArguments]) -> models.GenerateResponse:
        """Free the memory that a model takes (POST /api/generate with keep_alive 0).

        Args:
            model: The name of the model.
            **arguments: `timeout` and `extra_headers` as for `chat`.

        Raises:
            OllamaError: As `chat` says.
        """
        return self._call(_requests.load(model, 0, arguments))

    def list(self, **arguments: Unpack[_arguments.CallArguments]) -> models.ListResponse:
        """List the models that the server has, the newest first, with sizes in bytes (GET /api/tags).

        Takes `timeout` and `extra_headers`, and raises, as `chat` does.
        """
        return self._call(_requests.get(api.LIST_MODELS, arguments))

    def show(self, model: str, **arguments: Unpack[_arguments.ShowArguments]) -> models.ShowResponse:
        """Tell everything that the server knows about a model (POST /api/show).

        Args:
            model: The name of the model.
            **arguments: `timeout`, `extra_headers` and `extra_body` as for `chat`; and every other field of
                `ShowRequest`, such as `verbose`.

        Raises:
            OllamaError: As `chat` says.
        """
        return self._call(_requests.show(model, arguments))

    @overload
    def pull(
        self, model: str, *, stream: Literal[False] = False, **arguments: Unpack[_arguments.PullArguments]
    ) -> models.ProgressResponse: ...
    @overload
    def pull(
        self, model: str, *, stream: Literal[True], **arguments: Unpack[_arguments.PullArguments]
    ) -> Stream[models.ProgressResponse]: ...
    @overload
    def pull(
        self, model: str, *, stream: bool, **arguments: Unpack[_arguments.PullArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]: ...
    def pull(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.PullArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]:
        """Fetch a model from the registry (POST /api/pull); raises as `chat` does.

        Args:
            model: The name of the model.
            stream: Whether to return a stream of progress, in bytes of each layer.
            **arguments: `timeout`, `extra_headers` and `extra_body` as for `chat`; every other field of `PullRequest`.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a `Stream` of all of them.
        """
        outgoing = _requests.pull(model, stream, arguments)
        return self._stream(outgoing) if stream else self._call(outgoing)

    @overload
    def push(
        self, model: str, *, stream: Literal[False] = False, **arguments: Unpack[_arguments.PushArguments]
    ) -> models.ProgressResponse: ...
    @overload
    def push(
        self, model: str, *, stream: Literal[True], **arguments: Unpack[_arguments.PushArguments]
    ) -> Stream[models.ProgressResponse]: ...
    @overload
    def push(
        self, model: str, *, stream: bool, **arguments: Unpack[_arguments.PushArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]: ...
    def push(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.PushArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]:
        """Publish a model to the registry (POST /api/push); raises as `chat` does.

        Args:
            model: The name of the model, with the namespace to which it is pushed.
            stream: Whether to return a stream of progress, in bytes of each layer.
            **arguments: `timeout`, `extra_headers` and `extra_body` as for `chat`; every other field of `PushRequest`.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a `Stream` of all of them.
        """
        outgoing = _requests.push(model, stream, arguments)
        return self._stream(outgoing) if stream else self._call(outgoing)

    def copy(
        self, source: str, destination: str, **arguments: Unpack[_arguments.BodyArguments]
    ) -> models.ProgressResponse:
        """Give a model a second name (POST /api/copy).

        Args:
            source: The name it has.
            destination: The new name.
            **arguments: `timeout`, `extra_headers` and `extra_body` as for `chat`.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        return self._call(_requests.copy(source, destination, arguments))

    def delete(self, model: str, **arguments: Unpack[_arguments.BodyArguments]) -> models.ProgressResponse:
        """Delete a model (DELETE /api/delete).

        Args:
            model: The name of the model.
            **arguments: `timeout`, `extra_headers` and `extra_body` as for `chat`.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        return self._call(_requests.delete(model, arguments))

    def ps(self, **arguments: Unpack[_arguments.CallArguments]) -> models.ProcessResponse:
        """List the models that are loaded, with sizes in bytes and when each is unloaded (GET /api/ps).

        Takes `timeout` and `extra_headers`, and raises, as `chat` does.
        """
        return self._call(_requests.get(api.LIST_RUNNING_MODELS, arguments))

    @overload
    def create(
        self, model: str, *, stream: Literal[False] = False, **arguments: Unpack[_arguments.CreateArguments]
    ) -> models.ProgressResponse: ...
    @overload
    def create(
        self, model: str, *, stream: Literal[True], **arguments: Unpack[_arguments.CreateArguments]
    ) -> Stream[models.ProgressResponse]: ...
    @overload
    def create(
        self, model: str, *, stream: bool, **arguments: Unpack[_arguments.CreateArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]: ...
    def create(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.CreateArguments]
    ) -> models.ProgressResponse | Stream[models.ProgressResponse]:
        """Make a model from another one, from local files, or as a Modelfile says (POST /api/create).

        Files that the server does not have are uploaded first (HEAD and POST /api/blobs).

        Args:
            model: The name of the new model.
            stream: Whether to return a stream of progress.
            **arguments: `from_`, the name of a model; `files`, `draft_files` and `adapters`, the `Path` of a file or
                folder, or a mapping of names to digests, `Path`s or bytes; `modelfile`, its text or `Path`, whose
                paths must not lead out of its folder, or `base_dir`, unless `allow_outside` is true; `messages`;
                `timeout`, `extra_headers` and `extra_body` as for `chat`; every other field of `CreateRequest`.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True a `Stream` of all of them.

        Raises:
            OllamaError: As `chat` says.
        """
        from ollama_sdk.overlay._create import CreatePlan

        plan = CreatePlan(model, stream, arguments)
        self._send_batch(plan.batch)
        outgoing = plan.outgoing()
        return self._stream(outgoing) if stream else self._call(outgoing)

    def create_blob(self, source: BlobSource, **arguments: Unpack[_arguments.CallArguments]) -> str:
        """Upload a file from which a model can be made (POST /api/blobs/{digest}).

        It is read twice, for its digest and to be sent, in pieces of one mebibyte.

        Args:
            source: The path of a file, its bytes, or a file opened for binary reading.
            **arguments: `timeout` and `extra_headers` as for `chat`.

        Returns:
            The digest: "sha256:" and 64 hexadecimal digits.

        Raises:
            RequestError: The file cannot be read.
            OllamaError: As `chat` says.
        """
        from ollama_sdk.overlay._blobs import Upload
        from ollama_sdk.overlay._uploads import Batch

        upload = Upload(source)
        self._send_batch(Batch([upload], arguments, None))
        return upload.digest()

    def has_blob(self, digest: str, **arguments: Unpack[_arguments.CallArguments]) -> bool:
        """Tell whether the server has a blob (HEAD /api/blobs/{digest}).

        Args:
            digest: "sha256:" and 64 hexadecimal digits.
            **arguments: `timeout` and `extra_headers` as for `chat`.

        Raises:
            RequestError: It is no digest.
            OllamaError: As `chat` says.
        """
        try:
            self._call(_requests.blob(api.HAS_BLOB, digest, None, arguments))
        except NotFoundError:
            return False
        return True

    def _send_batch(self, batch: Batch) -> None:
        from ollama_sdk.overlay._uploads import send_batch

        send_batch(batch, self._transport.calls, self._call)

    def _call(self, outgoing: _requests.Outgoing[M], calls: Calls | None = None) -> M:
        return outgoing.shaped(self._transport.call(outgoing.operation, self._prepare(outgoing), outgoing.parse, calls))

    def _stream(
        self,
        outgoing: _requests.Outgoing[M],
        kind: Callable[[Reading[M]], Stream[M]] = Stream,
        calls: Calls | None = None,
    ) -> Stream[M]:
        return self._transport.stream(outgoing.operation, self._prepare(outgoing), kind, calls)
