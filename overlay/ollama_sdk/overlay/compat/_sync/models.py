# Compiled from overlay/ollama_sdk/overlay/compat/_async/models.py; change that, then run `make generate`.
"""What `Client` does with models: list, show, pull, push, create, copy and delete them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from typing import Literal, Unpack, overload

from ollama_sdk.overlay import OllamaError
from ollama_sdk.overlay.compat import _arguments, _bodies
from ollama_sdk.overlay.compat import _types as types
from ollama_sdk.overlay.compat._sync.calls import Calls


class ModelCalls(Calls):
    """The part of `Client` that manages models."""

    @overload
    def pull(self, model: str, *, insecure: bool = False, stream: Literal[False] = False) -> types.ProgressResponse: ...
    @overload
    def pull(
        self, model: str, *, insecure: bool = False, stream: Literal[True]
    ) -> Iterator[types.ProgressResponse]: ...
    def pull(
        self, model: str, *, insecure: bool = False, stream: bool = False
    ) -> types.ProgressResponse | Iterator[types.ProgressResponse]:
        """Fetch a model from the registry (POST /api/pull)."""
        body = _bodies.body(types.PullRequest(model=model, insecure=insecure, stream=stream))
        return self._request(types.ProgressResponse, "POST", "/api/pull", json=body, stream=stream)

    @overload
    def push(self, model: str, *, insecure: bool = False, stream: Literal[False] = False) -> types.ProgressResponse: ...
    @overload
    def push(
        self, model: str, *, insecure: bool = False, stream: Literal[True]
    ) -> Iterator[types.ProgressResponse]: ...
    def push(
        self, model: str, *, insecure: bool = False, stream: bool = False
    ) -> types.ProgressResponse | Iterator[types.ProgressResponse]:
        """Publish a model to the registry (POST /api/push)."""
        body = _bodies.body(types.PushRequest(model=model, insecure=insecure, stream=stream))
        return self._request(types.ProgressResponse, "POST", "/api/push", json=body, stream=stream)

    @overload
    def create(
        self, model: str, *, stream: Literal[False] = False, **arguments: Unpack[_arguments.CreateArguments]
    ) -> types.ProgressResponse: ...
    @overload
    def create(
        self, model: str, *, stream: Literal[True], **arguments: Unpack[_arguments.CreateArguments]
    ) -> Iterator[types.ProgressResponse]: ...
    def create(
        self,
        model: str,
        quantize: str | None = None,
        from_: str | None = None,
        files: dict[str, str] | None = None,
        adapters: dict[str, str] | None = None,
        template: str | None = None,
        license: str | list[str] | None = None,
        system: str | None = None,
        parameters: _arguments.AnyOptions | None = None,
        messages: Sequence[_arguments.AnyMessage] | None = None,
        *,
        stream: bool = False,
    ) -> types.ProgressResponse | Iterator[types.ProgressResponse]:
        """Make a model from another one, or of files that `create_blob` has uploaded (POST /api/create)."""
        request = types.CreateRequest(
            model=model,
            stream=stream,
            quantize=quantize,
            from_=from_,
            files=files,
            adapters=adapters,
            template=template,
            license=license,
            system=system,
            parameters=parameters,
            messages=messages,
        )
        body = _bodies.body(request)
        return self._request(types.ProgressResponse, "POST", "/api/create", json=body, stream=stream)

    def create_blob(self, path: str | PathLike[str]) -> str:
        """Upload a file from which a model can be made, and return its digest (POST /api/blobs/{digest})."""
        sdk = self._current_sdk()
        with open(path, "rb") as file:
            try:
                digest: str = sdk.create_blob(file)
            except OllamaError as error:
                raise self._explain(error) from error
        return digest

    def list(self) -> types.ListResponse:
        """List the models that the server has (GET /api/tags)."""
        return self._request(types.ListResponse, "GET", "/api/tags")

    def ps(self) -> types.ProcessResponse:
        """List the models that are loaded (GET /api/ps)."""
        return self._request(types.ProcessResponse, "GET", "/api/ps")

    def show(self, model: str) -> types.ShowResponse:
        """Tell everything that the server knows about a model (POST /api/show)."""
        body = _bodies.body(types.ShowRequest(model=model))
        return self._request(types.ShowResponse, "POST", "/api/show", json=body)

    def copy(self, source: str, destination: str) -> types.StatusResponse:
        """Give a model a second name (POST /api/copy)."""
        body = _bodies.body(types.CopyRequest(source=source, destination=destination))
        return self._request(types.StatusResponse, "POST", "/api/copy", json=body)

    def delete(self, model: str) -> types.StatusResponse:
        """Delete a model (DELETE /api/delete)."""
        body = _bodies.body(types.DeleteRequest(model=model))
        return self._request(types.StatusResponse, "DELETE", "/api/delete", json=body)
