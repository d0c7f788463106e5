"""What `AsyncOllama` does with models: list, load, pull, push, create, copy, delete them, and upload blobs."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from ollama_sdk.generated import api
from ollama_sdk.overlay._clients.base import BaseClient
from ollama_sdk.overlay._clients.building import build_async
from ollama_sdk.overlay._errors import NotFoundError, ResponseError
from ollama_sdk.overlay._library import requests as library_requests
from ollama_sdk.overlay._sending._async.sender import AsyncSender

if TYPE_CHECKING:
    from typing import Unpack

    from ollama_sdk.generated import models
    from ollama_sdk.overlay._annotations import KeepAlive
    from ollama_sdk.overlay._clients import arguments as _arguments
    from ollama_sdk.overlay._library._async.streams import AsyncProgressStream
    from ollama_sdk.overlay._library.blobs import BlobSource
    from ollama_sdk.overlay._sending.request import Request


class AsyncModelOperations(BaseClient[AsyncSender]):
    """The part of `AsyncOllama` that manages models."""

    async def load(
        self, model: str, keep_alive: KeepAlive | None = None, **arguments: Unpack[_arguments.LoadArguments]
    ) -> models.GenerateResponse:
        """Load a model into memory, so that the next answer begins sooner (POST /api/generate without a prompt).

        A model that makes embeddings alone is loaded by an empty `embed` (POST /api/embed).

        Args:
            model: The name of the model.
            keep_alive: How long it stays loaded: seconds, a timedelta, or text with units such as "10m"; negative means
                for ever.

        Raises:
            OllamaError: As `chat` says.
        """
        arguments = self._builder.start_deadline(arguments)
        try:
            return await self._sender.call(library_requests.load(self._builder, model, keep_alive, arguments))
        except ResponseError as error:
            if not library_requests.is_no_writer(error):
                raise
        return await self._sender.call(library_requests.load_embedder(self._builder, model, keep_alive, arguments))

    async def unload(self, model: str, **arguments: Unpack[_arguments.LoadArguments]) -> models.GenerateResponse:
        """Free the memory that a model takes (POST /api/generate with keep_alive 0).

        Args:
            model: The name of the model.
            keep_alive: Refused, since it is 0.

        Raises:
            OllamaError: As `chat` says.
        """
        return await self._sender.call(library_requests.unload(self._builder, model, arguments))

    async def list(self, **arguments: Unpack[_arguments.CallArguments]) -> models.ListResponse:
        """List the models that the server has, the newest first, with sizes in bytes (GET /api/tags).

        The response prints as a table.

        Raises:
            OllamaError: As `chat` says.
        """
        return await self._sender.call(library_requests.table(self._builder, api.LIST_MODELS, arguments))

    async def show(self, model: str, **arguments: Unpack[_arguments.ShowArguments]) -> models.ShowResponse:
        """Tell everything that the server knows about a model (POST /api/show).

        Args:
            model: The name of the model.

        Raises:
            OllamaError: As `chat` says.
        """
        return await self._sender.call(library_requests.show(self._builder, model, arguments))

    async def has_model(self, model: str, **arguments: Unpack[_arguments.CallArguments]) -> bool:
        """Tell whether the server has a model (POST /api/show).

        Args:
            model: The name of the model; without a tag, latest is meant.

        Raises:
            OllamaError: As `chat` says.
        """
        return await self._has(library_requests.show(self._builder, model, arguments))

    async def pull(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.PullArguments]
    ) -> models.ProgressResponse | AsyncProgressStream:
        """Fetch a model from the registry (POST /api/pull); raises as `chat` does.

        Args:
            model: The name of the model.
            stream: Whether to return a stream of progress, in bytes of each layer.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True an
            `AsyncProgressStream` of all of them.
        """
        if not arguments.pop("if_missing", None):
            return await self._run(library_requests.pull(self._builder, model, stream, arguments), stream)
        arguments = self._builder.start_deadline(arguments)
        job = library_requests.pull(self._builder, model, stream, arguments)
        shared = library_requests.shared_with_show(arguments)
        return await self._run(job, stream, unless=library_requests.show(self._builder, model, shared))

    async def push(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.PushArguments]
    ) -> models.ProgressResponse | AsyncProgressStream:
        """Publish a model to the registry (POST /api/push); raises as `chat` does.

        Args:
            model: The name of the model, with the namespace to which it is pushed.
            stream: Whether to return a stream of progress, in bytes of each layer.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True an
            `AsyncProgressStream` of all of them.
        """
        return await self._run(library_requests.push(self._builder, model, stream, arguments), stream)

    async def copy(
        self, source: str, destination: str, **arguments: Unpack[_arguments.CopyArguments]
    ) -> models.ProgressResponse:
        """Give a model a second name (POST /api/copy).

        Args:
            source: The name it has.
            destination: The new name.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        return await self._sender.call(library_requests.copy(self._builder, source, destination, arguments))

    async def delete(self, model: str, **arguments: Unpack[_arguments.DeleteArguments]) -> models.ProgressResponse:
        """Delete a model (DELETE /api/delete).

        Args:
            model: The name of the model.

        Returns:
            A response with the status "success".

        Raises:
            OllamaError: As `chat` says; NotFoundError when there is no such model.
        """
        return await self._sender.call(library_requests.delete(self._builder, model, arguments))

    async def ps(self, **arguments: Unpack[_arguments.CallArguments]) -> models.ProcessResponse:
        """List the models that are loaded, with sizes in bytes and when each is unloaded (GET /api/ps).

        The response prints as a table.

        Raises:
            OllamaError: As `chat` says.
        """
        return await self._sender.call(library_requests.table(self._builder, api.LIST_RUNNING_MODELS, arguments))

    async def create(
        self, model: str, *, stream: bool = False, **arguments: Unpack[_arguments.CreateArguments]
    ) -> models.ProgressResponse | AsyncProgressStream:
        """Make a model from another one, from local files, or as a Modelfile says (POST /api/create).

        Files that the server does not have are uploaded first (HEAD and POST /api/blobs), four at a time;
        `progress` counts them too.

        Args:
            model: The name of the new model.
            stream: Whether to return a stream of progress.

        Returns:
            The last line of progress, whose status is "success"; or with stream=True an
            `AsyncProgressStream` of all of them.

        Raises:
            OllamaError: As `chat` says.
        """
        from ollama_sdk.overlay._library._async.uploads import send_uploads
        from ollama_sdk.overlay._library.create import CreatePlan

        builder, calls = self._builder, self._sender.calls
        make = partial(CreatePlan, builder, model, stream, builder.start_deadline(arguments))
        plan = await build_async(calls, arguments, make)
        await send_uploads(plan.uploads, calls, self._sender.call)
        return await self._run(await build_async(calls, arguments, plan.job), stream)

    async def create_blob(self, source: BlobSource, **arguments: Unpack[_arguments.BlobArguments]) -> str:
        """Upload a file from which a model can be made (POST /api/blobs/{digest}).

        It is read twice, for its digest and to be sent, in pieces of one mebibyte. After a failure call it again with
        the same source; an open file then stands where it stood.

        Args:
            source: The path of a file, its bytes, or a file opened for binary reading.
            extra_body: Refused, since the body is the file.

        Returns:
            The digest: "sha256:" and 64 hexadecimal digits.

        Raises:
            RequestError: The file cannot be read.
            OllamaError: As `chat` says.
        """
        from ollama_sdk.overlay._library._async.uploads import send_uploads
        from ollama_sdk.overlay._library.blobs import Upload
        from ollama_sdk.overlay._library.progress import make_progress
        from ollama_sdk.overlay._library.uploads import Uploads

        builder, calls, arguments = self._builder, self._sender.calls, self._builder.start_deadline(arguments)
        upload = await build_async(calls, arguments, partial(Upload, source))
        with closing(make_progress(arguments.pop("progress", None), f"upload {upload.label}")) as sent:
            await send_uploads(Uploads(builder, [upload], arguments, sent), calls, self._sender.call)
            sent.finish()
        return upload.digest()

    async def has_blob(self, digest: str, **arguments: Unpack[_arguments.CallArguments]) -> bool:
        """Tell whether the server has a blob (HEAD /api/blobs/{digest}).

        Args:
            digest: "sha256:" and 64 hexadecimal digits.

        Raises:
            RequestError: It is no digest.
            OllamaError: As `chat` says.
        """
        return await self._has(library_requests.blob(self._builder, api.HAS_BLOB, digest, None, arguments))

    async def _has(self, request: Request[Any]) -> bool:
        """Return whether the server has what a request asks for."""
        try:
            await self._sender.call(request)
        except NotFoundError as error:
            if error.error == "404 page not found":  # no Ollama is there
                raise
            return False
        return True

    async def _run(
        self, job: library_requests.Job, stream: bool, *, unless: Request[Any] | None = None
    ) -> models.ProgressResponse | AsyncProgressStream:
        """Send the request of a pull, push or create, and return its stream, or its last line.

        It is not sent when the server has what `unless` asks for: then the last line is that of success.
        """
        from ollama_sdk.overlay._library._async.streams import AsyncProgressStream

        request, progress = job
        try:
            is_done = unless is not None and await self._has(unless)
            if progress is None:
                return library_requests.success() if is_done else await self._sender.call(request)
            kind = partial(AsyncProgressStream, progress=progress)
            lines = self._sender.answered(request, kind) if is_done else await self._sender.stream(request, kind)
        except BaseException:
            if progress is not None:
                progress.close()
            raise
        if stream:
            return lines
        async with lines:
            return await lines.final()
