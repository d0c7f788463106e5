"""The requests of the operations on models and blobs; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from ollama_sdk.generated import api, models
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay._answers.answers import Source, parse_answer
from ollama_sdk.overlay._checks import check_model, check_stream
from ollama_sdk.overlay._errors import RequestError, ResponseError
from ollama_sdk.overlay._sending.builder import Arguments, RequestBuilder, as_progress
from ollama_sdk.overlay._sending.messages import encode_messages

if TYPE_CHECKING:
    from ollama_sdk.overlay._annotations import KeepAlive
    from ollama_sdk.overlay._library.blobs import Upload
    from ollama_sdk.overlay._library.progress import Progress
    from ollama_sdk.overlay._sending.request import Request

M = TypeVar("M", bound=Model)
Job = tuple["Request[models.ProgressResponse]", "Progress | None"]
"""The request of a pull, push or create, and the Progress that adds up its lines, or None when it is not wanted."""


def show(builder: RequestBuilder, model: str, arguments: Arguments) -> Request[models.ShowResponse]:
    """POST /api/show."""
    return builder.json(api.SHOW_MODEL, arguments, {"model": check_model(model)})


def load(
    builder: RequestBuilder, model: str, keep_alive: KeepAlive | None, arguments: Arguments
) -> Request[models.GenerateResponse]:
    """POST /api/generate without a prompt."""
    if "prompt" in arguments:
        raise RequestError("loading a model takes no prompt; generate() answers one")
    fields = {"model": check_model(model), "keep_alive": keep_alive, "stream": False}
    return builder.json(api.GENERATE, arguments, fields)


def unload(builder: RequestBuilder, model: str, arguments: Arguments) -> Request[models.GenerateResponse]:
    """POST /api/generate without a prompt, with keep_alive 0."""
    if "keep_alive" in arguments:
        raise RequestError("unload() sets keep_alive to 0; load() takes another one")
    return load(builder, model, 0, arguments)


def is_no_writer(error: ResponseError) -> bool:
    """Whether a server has refused to load a model because that makes embeddings alone."""
    return error.status_code == 400 and "does not support generate" in error.error


def load_embedder(
    builder: RequestBuilder, model: str, keep_alive: KeepAlive | None, arguments: Arguments
) -> Request[models.GenerateResponse]:
    """POST /api/embed without a text; the answer becomes one of `load`."""
    others = models.GenerateRequest._field_names() - models.EmbedRequest._field_names()
    given = {name: value for name, value in arguments.items() if name not in others}
    fields: dict[str, object] = {"model": check_model(model), "input": [], "keep_alive": keep_alive}
    operation = cast("Operation[Any, models.GenerateResponse]", api.EMBED)
    return builder.json(operation, given, fields, parse=_parse_loaded)


def _parse_loaded(
    operation: Operation[Any, models.GenerateResponse], data: bytes, source: Source
) -> models.GenerateResponse:
    answer = parse_answer(operation, data, source)._shallow_dict()
    answer.pop("embeddings", None)
    return models.GenerateResponse.from_dict({**answer, "response": "", "done": True, "done_reason": "load"})


def shared_with_show(arguments: Arguments) -> Arguments:
    """Return the arguments of a call that a question for the model takes as well."""
    return {name: arguments[name] for name in ("timeout", "deadline", "extra_headers") if name in arguments}


def success() -> models.ProgressResponse:
    """Return the answer of a job that was done already."""
    return models.ProgressResponse(status="success")


def pull(builder: RequestBuilder, model: str, stream: object, arguments: Arguments) -> Job:
    """POST /api/pull."""
    return _job(builder, api.PULL_MODEL, model, stream, arguments, progress_for("pull", model, stream, arguments))


def push(builder: RequestBuilder, model: str, stream: object, arguments: Arguments) -> Job:
    """POST /api/push."""
    return _job(builder, api.PUSH_MODEL, model, stream, arguments, progress_for("push", model, stream, arguments))


def create(builder: RequestBuilder, model: str, stream: object, arguments: Arguments, progress: Progress | None) -> Job:
    """POST /api/create; the arguments are those of `CreatePlan`, with digests for files."""
    messages = encode_messages(arguments.get("messages"))
    return _job(builder, api.CREATE_MODEL, model, stream, arguments, progress, messages=messages)


def progress_for(verb: str, model: str, stream: object, arguments: Arguments) -> Progress | None:
    """Return the Progress of a job, or None when it is not wanted; `verb` begins the title of a bar."""
    from ollama_sdk.overlay._library.progress import make_progress

    wanted = arguments.get("progress")
    progress = make_progress(wanted, f"{verb} {check_model(model)}")
    return progress if check_stream(stream) or wanted or arguments.get("stall_timeout") is not None else None


def _job(
    builder: RequestBuilder,
    operation: Operation[Any, models.ProgressResponse],
    model: str,
    stream: object,
    arguments: Arguments,
    progress: Progress | None,
    **fields: object,
) -> Job:
    """Return the request of a job, which is streamed when the caller wants a stream or its progress."""
    given = {name: value for name, value in arguments.items() if name != "progress"}
    streamed = check_stream(stream) or progress is not None
    fields |= {"model": check_model(model), "stream": streamed}
    return builder.json(operation, given, fields), progress


def blob(
    builder: RequestBuilder,
    operation: Operation[Any, None],
    digest: str,
    content: Upload | None,
    arguments: Arguments,
    *,
    about: str = "",
) -> Request[models.ProgressResponse]:
    """HEAD or POST /api/blobs/{digest}."""
    from ollama_sdk.overlay._library.blobs import check_digest

    if content is not None and arguments.get("extra_body"):
        raise RequestError("extra_body adds fields to a JSON body, and create_blob sends a file")
    parameters = {"digest": check_digest(digest)}
    return builder.bare(as_progress(operation), arguments, content=content, parameters=parameters, about=about)


def copy(
    builder: RequestBuilder, source: str, destination: str, arguments: Arguments
) -> Request[models.ProgressResponse]:
    """POST /api/copy."""
    fields = {"source": check_model(source, "source"), "destination": check_model(destination, "destination")}
    return builder.json(as_progress(api.COPY_MODEL), arguments, fields)


def delete(builder: RequestBuilder, model: str, arguments: Arguments) -> Request[models.ProgressResponse]:
    """DELETE /api/delete."""
    return builder.json(as_progress(api.DELETE_MODEL), arguments, {"model": check_model(model)})


def table(builder: RequestBuilder, operation: Operation[None, M], arguments: Arguments) -> Request[M]:
    """GET /api/tags or /api/ps; the response prints as a table."""
    from ollama_sdk.overlay._library.tables import parse_table

    return builder.bare(operation, arguments, parse=parse_table)
