"""The requests of the operations on models and blobs: pure, shared by both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from ollama_sdk.generated import api, models
from ollama_sdk.generated.types import Operation
from ollama_sdk.overlay._checks import check_model, check_stream
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._sending.messages import encode_messages
from ollama_sdk.overlay._sending.requests import (
    Arguments,
    M,
    Outgoing,
    as_progress,
    get,
    make_outgoing,
    make_outgoing_without_answer,
)

if TYPE_CHECKING:
    from ollama_sdk.overlay._library.blobs import Upload
    from ollama_sdk.overlay._library.progress import Progress


def show(model: str, arguments: Arguments) -> Outgoing[models.ShowResponse]:
    """POST /api/show."""
    return make_outgoing(api.SHOW_MODEL, arguments, model=check_model(model))


def load(model: str, keep_alive: float | str | None, arguments: Arguments) -> Outgoing[models.GenerateResponse]:
    """POST /api/generate without a prompt."""
    return make_outgoing(api.GENERATE, arguments, model=check_model(model), keep_alive=keep_alive, stream=False)


def pull(model: str, stream: object, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/pull."""
    return _job(api.PULL_MODEL, model, stream, arguments, followed("pull", model, stream, arguments))


def push(model: str, stream: object, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/push."""
    return _job(api.PUSH_MODEL, model, stream, arguments, followed("push", model, stream, arguments))


def create(
    model: str, stream: object, arguments: Arguments, progress: Progress | None
) -> Outgoing[models.ProgressResponse]:
    """POST /api/create; `_create` says what the files are."""
    messages = encode_messages(arguments.get("messages"))
    return _job(api.CREATE_MODEL, model, stream, arguments, progress, messages=messages)


def followed(verb: str, model: str, stream: object, arguments: Arguments) -> Progress | None:
    """What follows the progress of a job, if it is streamed to the caller, or the caller wants to know or limits it.

    Args:
        verb: What is done, for the title of a bar.
        model: To which model.
        stream: Whether the caller gets a stream.
        arguments: The caller's arguments, of which `progress` is one.
    """
    from ollama_sdk.overlay._library.progress import make_progress

    wanted = arguments.get("progress")
    progress = make_progress(wanted, f"{verb} {check_model(model)}")
    return progress if check_stream(stream) or wanted or arguments.get("stall_timeout") is not None else None


def _job(
    operation: Operation[Any, models.ProgressResponse],
    model: str,
    stream: object,
    arguments: Arguments,
    progress: Progress | None,
    **fields: object,
) -> Outgoing[models.ProgressResponse]:
    """A call whose lines tell its progress; when somebody follows that, it is streamed underneath."""
    given = {name: value for name, value in arguments.items() if name != "progress"}
    streamed = check_stream(stream) or progress is not None
    outgoing = make_outgoing(operation, given, model=check_model(model), stream=streamed, **fields)
    return evolve(outgoing, progress=progress)


def blob(
    operation: Operation[Any, None], digest: str, content: Upload | None, arguments: Arguments, *, about: str = ""
) -> Outgoing[models.ProgressResponse]:
    """HEAD or POST /api/blobs/{digest}."""
    from ollama_sdk.overlay._library.blobs import check_digest

    if content is not None and arguments.get("extra_body"):
        raise RequestError("extra_body adds fields to a JSON body, and create_blob sends a file")
    parameters = {"digest": check_digest(digest)}
    outgoing = get(as_progress(operation), arguments)
    return evolve(outgoing, content=content or outgoing.content, path_parameters=parameters, about=about)


def copy(source: str, destination: str, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/copy."""
    fields = {"source": check_model(source, "source"), "destination": check_model(destination, "destination")}
    return make_outgoing_without_answer(api.COPY_MODEL, arguments, **fields)


def delete(model: str, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """DELETE /api/delete."""
    return make_outgoing_without_answer(api.DELETE_MODEL, arguments, model=check_model(model))


def listed(operation: Operation[None, M], arguments: Arguments) -> Outgoing[M]:
    """An operation that lists models, whose answer prints as a table."""
    from ollama_sdk.overlay._library.tables import parse_table

    return evolve(get(operation, arguments), parse=parse_table)
