"""From Python arguments to what is sent: pure, shared by both clients."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from attrs import field, frozen

from ollama_sdk.generated import models
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.answers import Parser, parse_answer
from ollama_sdk.overlay._checks import check_kind
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._secrets import hidden

if TYPE_CHECKING:
    from ollama_sdk.overlay._checks import Deadline, Timeout
    from ollama_sdk.overlay._library.blobs import Upload
    from ollama_sdk.overlay._library.progress import Progress

M = TypeVar("M", bound=Model)
Arguments = Mapping[str, Any]
_CALL_ARGUMENTS = ("timeout", "deadline", "stall_timeout", "extra_headers", "extra_body")


@frozen
class Outgoing(Generic[M]):
    """A call that can be sent.

    Attributes:
        operation: The operation of the API.
        content: The body as JSON, a file that is uploaded, or None.
        timeout: The caller's limits for this call.
        deadline: Seconds that the call may take, or when it must be over.
        stall_timeout: Seconds that the stream may bring nothing new.
        extra_headers: The caller's headers for this call.
        cloud: Whether it goes to https://ollama.com, whatever the client's host is.
        path_parameters: Values for the placeholders of the operation's path.
        parse: Makes the model of the answer.
        about: What is sent, for messages, where the URL does not tell.
        progress: What follows the lines of the answer.
    """

    operation: Operation[Any, M]
    content: bytes | Upload | None = None
    timeout: Timeout | None = None
    deadline: float | Deadline | None = None
    stall_timeout: float | None = None
    extra_headers: Mapping[str, str] | None = field(default=None, repr=False)
    cloud: bool = False
    path_parameters: Mapping[str, str] | None = None
    parse: Parser[M] = parse_answer
    about: str = ""
    progress: Progress | None = None


def get(operation: Operation[None, M], arguments: Arguments) -> Outgoing[M]:
    """An operation that takes no body; the caller's extra fields become one."""
    unknown = set(arguments) - {"timeout", "deadline", "extra_headers", "extra_body"}
    if unknown:
        raise RequestError(f"{operation.name} does not take the argument {sorted(unknown)[0]!r}")
    extra_body = arguments.get("extra_body")
    check_kind("extra_body", extra_body, Mapping)
    return _sent(operation, _dumps(dict(extra_body)) if extra_body else None, arguments)


def as_progress(operation: Operation[Any, None]) -> Operation[Any, models.ProgressResponse]:
    """An operation whose success has no body, which callers get as a ProgressResponse."""
    return cast("Operation[Any, models.ProgressResponse]", operation)


def make_outgoing_without_answer(
    operation: Operation[Any, None], arguments: Arguments, **fields: object
) -> Outgoing[models.ProgressResponse]:
    """As `make_outgoing`, for an operation whose success has no body."""
    return make_outgoing(as_progress(operation), arguments, **fields)


def make_outgoing(operation: Operation[Any, M], arguments: Arguments, **fields: object) -> Outgoing[M]:
    """The call with the body that the arguments make; those given by name are checked and take precedence."""
    values = {name: value for name, value in arguments.items() if name not in _CALL_ARGUMENTS}
    values.update(fields)
    body = _build(operation.request_model(), values)
    content = _encode(body, arguments.get("extra_body"))
    return _sent(operation, content, arguments, watched=fields.get("stream") is True)


def _sent(
    operation: Operation[Any, M], content: bytes | None, arguments: Arguments, *, watched: bool = False
) -> Outgoing[M]:
    """The call with the caller's limits and headers."""
    stall_timeout = arguments.get("stall_timeout")
    if stall_timeout is not None and not watched:
        raise RequestError("stall_timeout= watches a stream: add stream=True, or limit the call with deadline=")
    return Outgoing(
        operation,
        content,
        timeout=arguments.get("timeout"),
        deadline=arguments.get("deadline"),
        stall_timeout=stall_timeout,
        extra_headers=_extra_headers(arguments),
    )


def _extra_headers(arguments: Arguments) -> Mapping[str, str] | None:
    """The caller's headers for this call; hidden in the keyword arguments too, which are variables of the method."""
    headers: Mapping[str, str] | None = arguments.get("extra_headers")
    if headers and isinstance(arguments, dict):
        arguments["extra_headers"] = headers = hidden(headers)
    return headers


def _encode(body: Model, extra_body: Mapping[str, Any] | None) -> bytes:
    """The body as JSON, with the caller's extra fields on top; these may be null.

    Raises:
        RequestError: A value is not JSON.
    """
    check_kind("extra_body", extra_body, Mapping)
    return _dumps({**Model.shallow_dict(body), **extra_body} if extra_body else body)


def _dumps(body: object) -> bytes:
    try:
        return _json.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"the request cannot be written as JSON: {error}") from error


def _build(cls: type[M], values: Arguments) -> M:
    options = values.get("options")
    check_kind("options", options, (Mapping, models.Options))
    for name, value in dict(options or {}).items():
        if isinstance(value, float) and not isfinite(value):  # the encoder would not tell which
            raise RequestError(f"options[{name!r}] is {value}, which JSON cannot express")
    try:
        return cls(**values)
    except TypeError as error:
        message = str(error)
        for name in values:
            if name in models.Options.field_names() and name not in cls.field_names():
                message = f"{name} is not an argument of this call; model options go into options={{{name!r}: ...}}"
        raise RequestError(message) from error
