"""The files to upload for the arguments of `create`, and the request that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ollama_sdk.overlay._checks import check_kind
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._library import requests
from ollama_sdk.overlay._library.blobs import Upload, check_digest
from ollama_sdk.overlay._library.files import boundary_of, model_files, resolve
from ollama_sdk.overlay._library.uploads import Uploads

if TYPE_CHECKING:
    from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder

_FILE_ARGUMENTS = ("files", "draft_files", "adapters")
_OWN_ARGUMENTS = ("modelfile", "base_dir", "allow_outside", *_FILE_ARGUMENTS)


class CreatePlan:
    """The plan for making a model: the files to upload, and then the request.

    Attributes:
        uploads: The files that the server must have before it is asked to make the model.

    Raises:
        RequestError: An argument cannot be used, a file cannot be read, or there is nothing to make a model from.
    """

    def __init__(self, builder: RequestBuilder, model: str, stream: object, arguments: Arguments) -> None:
        check_kind("allow_outside", arguments.get("allow_outside"), bool)
        self._allow_outside = bool(arguments.get("allow_outside"))
        self._fields = {name: value for name, value in arguments.items() if name not in _OWN_ARGUMENTS}
        self._files: dict[str, dict[str, str | Upload]] = {}
        self._upload_of: dict[object, Upload] = {}
        if arguments.get("modelfile") is not None:
            self._read_modelfile(arguments)
        elif arguments.get("base_dir") is not None:
            raise RequestError("base_dir goes with modelfile=")
        if isinstance(self._fields.get("from_"), PathLike):
            raise RequestError("from_ is the name of a model; give the file or folder of one as files=")
        check_kind("from_", self._fields.get("from_"), str)
        for name in _FILE_ARGUMENTS:
            if arguments.get(name) is not None:
                self._add(name, arguments[name])
        if not (self._fields.get("from_") or self._fields.get("from") or self._files.get("files")):
            raise RequestError("create needs from_=, the name of a model, or files=, the files of one")
        progress = requests.progress_for("create", model, stream, arguments)
        self._request = partial(requests.create, builder, model, stream, progress=progress)
        self._job(lambda upload: "")  # so that a mistake in the other arguments fails before anything is uploaded
        names = ("timeout", "deadline", "max_response_bytes", "extra_headers")
        shared = {name: arguments[name] for name in names if name in arguments}
        self.uploads = Uploads(builder, list(self._upload_of.values()), shared, progress, only_missing=True)

    def _read_modelfile(self, arguments: Arguments) -> None:
        from ollama_sdk.overlay._library.modelfile import read_modelfile

        read = read_modelfile(
            arguments["modelfile"], base_dir=arguments.get("base_dir"), allow_outside=self._allow_outside
        )
        self._fields = {**read.arguments, **{key: value for key, value in self._fields.items() if value is not None}}
        for name in _FILE_ARGUMENTS:
            if getattr(read, name):
                self._add(name, getattr(read, name), read.boundary)

    def _add(self, argument: str, given: object, boundary: Path | None = None) -> None:
        """Add the files of an argument: a file or folder, or a mapping of names to digests and files."""
        if isinstance(given, PathLike):
            boundary = None if self._allow_outside else boundary_of(given)
            given = model_files(given, boundary)
        if not isinstance(given, Mapping):
            raise RequestError(
                f"{argument} must be a Path, or map names to digests or Paths, not {type(given).__name__}"
            )
        files = self._files.setdefault(argument, {})
        for name, value in given.items():
            if not isinstance(value, str):
                files[name] = self._upload(value, boundary)
            elif value.startswith(("sha256:", "sha256-")):
                files[name] = value  # the server checks it
            else:  # such as a path that was given as text
                files[name] = check_digest(value, f"{argument}[{name!r}]")

    def _upload(self, source: Any, boundary: Path | None) -> Upload:
        """Return the upload of a source, the same for a source that is given twice."""
        key = resolve(source) if isinstance(source, PathLike) else id(source)
        upload = self._upload_of.get(key)
        if upload is None:
            upload = self._upload_of[key] = Upload(source, boundary=boundary)
        return upload

    def job(self) -> requests.Job:
        """Return the request with the digests of the uploads, and the progress of these, which it continues."""
        return self._job(lambda upload: upload.digest())

    def _job(self, digest: Callable[[Upload], str]) -> requests.Job:
        files = {
            argument: {name: value if isinstance(value, str) else digest(value) for name, value in values.items()}
            for argument, values in self._files.items()
        }
        return self._request(arguments={**self._fields, **files})
