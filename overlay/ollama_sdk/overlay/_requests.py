"""From Python arguments to what is sent: pure, shared by both clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from attrs import evolve, field, frozen

from ollama_sdk.generated import api, models
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers import Parser, parse_answer
from ollama_sdk.overlay._errors import RequestError
from ollama_sdk.overlay._images import EncodedImages, encode_images
from ollama_sdk.overlay._secrets import hidden

if TYPE_CHECKING:
    from ollama_sdk.overlay._blobs import Upload
    from ollama_sdk.overlay._limits import Deadline
    from ollama_sdk.overlay._prepare import Timeout
    from ollama_sdk.overlay._progress import Progress
    from ollama_sdk.overlay._structured import Format
    from ollama_sdk.overlay._vectors import VectorsResponse

M = TypeVar("M", bound=Model)
Arguments = Mapping[str, Any]
_PROBE_TIMEOUT = 2.0
"""Seconds per phase after which nobody is said to answer."""
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
        format: The form that the text of the answer is to have.
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
    format: Format[Any] | None = None
    parse: Parser[M] = parse_answer
    about: str = ""
    progress: Progress | None = None

    def shaped(self, response: M) -> M:
        """The response, with `.parsed` when the answer has a format."""
        if self.format is None:
            return response
        from ollama_sdk.overlay._structured import parsed_response

        return parsed_response(response, self.format)


def chat(
    model: str, messages: object, stream: object, format: object, arguments: Arguments
) -> Outgoing[models.ChatResponse]:
    """POST /api/chat."""
    form = _format(format)
    outgoing = _outgoing(
        api.CHAT,
        arguments,
        model=_model_name(model),
        messages=_messages(messages),
        tools=_tools(arguments.get("tools")),
        format=form and form.wire,
        stream=_stream(stream),
    )
    return evolve(outgoing, format=form) if form else outgoing


def generate(
    model: str, prompt: str | None, stream: object, format: object, arguments: Arguments
) -> Outgoing[models.GenerateResponse]:
    """POST /api/generate."""
    _check("prompt", prompt, str)
    images = arguments.get("images")
    form = _format(format)
    outgoing = _outgoing(
        api.GENERATE,
        arguments,
        model=_model_name(model),
        prompt=prompt,
        images=None if images is None else encode_images(images, "images"),
        format=form and form.wire,
        stream=_stream(stream),
    )
    return evolve(outgoing, format=form) if form else outgoing


def embed(model: str, input: object, arguments: Arguments) -> Outgoing[VectorsResponse]:
    """POST /api/embed."""
    from ollama_sdk.overlay._vectors import parse_vectors

    if not isinstance(input, str):
        input = texts(input)
    operation = cast("Operation[Any, VectorsResponse]", api.EMBED)
    return evolve(_outgoing(operation, arguments, model=_model_name(model), input=input), parse=parse_vectors)


def texts(input: object) -> list[str]:
    """The texts of a list, or of whatever else can be iterated over.

    Raises:
        RequestError: It is no list, or something in it is no text.
    """
    listed = as_list("input", input)
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise RequestError(f"input[{index}] must be a string, not {type(text).__name__}")
    return listed


def show(model: str, arguments: Arguments) -> Outgoing[models.ShowResponse]:
    """POST /api/show."""
    return _outgoing(api.SHOW_MODEL, arguments, model=_model_name(model))


def embeddings(model: str, prompt: str, arguments: Arguments) -> Outgoing[models.EmbeddingResponse]:
    """POST /api/embeddings."""
    _check_given("prompt", prompt)
    return _outgoing(api.EMBEDDINGS, arguments, model=_model_name(model), prompt=prompt)


def systemone(model: str, state: object, questions: object, arguments: Arguments) -> Outgoing[models.SystemOneResponse]:
    """POST /v1/systemone."""
    if state is None:
        raise RequestError("state must be text, a dict or a list, not None")
    if not isinstance(questions, Mapping) or not questions:
        raise RequestError("questions must map names to questions, at least one, such as {'type': 'noul', ...}")
    for name, question in questions.items():
        _check_question(question, f"questions[{name!r}]")
    return _outgoing(api.SYSTEMONE, arguments, model=_model_name(model), state=state, questions=questions)


def load(model: str, keep_alive: float | str | None, arguments: Arguments) -> Outgoing[models.GenerateResponse]:
    """POST /api/generate without a prompt."""
    return _outgoing(api.GENERATE, arguments, model=_model_name(model), keep_alive=keep_alive, stream=False)


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
    messages = _messages(arguments.get("messages"))
    return _job(api.CREATE_MODEL, model, stream, arguments, progress, messages=messages)


def followed(verb: str, model: str, stream: object, arguments: Arguments) -> Progress | None:
    """What follows the progress of a job, if it is streamed to the caller, or the caller wants to know or limits it.

    Args:
        verb: What is done, for the title of a bar.
        model: To which model.
        stream: Whether the caller gets a stream.
        arguments: The caller's arguments, of which `progress` is one.
    """
    from ollama_sdk.overlay._progress import make_progress

    wanted = arguments.get("progress")
    progress = make_progress(wanted, f"{verb} {_model_name(model)}")
    return progress if _stream(stream) or wanted or arguments.get("stall_timeout") is not None else None


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
    streamed = _stream(stream) or progress is not None
    outgoing = _outgoing(operation, given, model=_model_name(model), stream=streamed, **fields)
    return evolve(outgoing, progress=progress)


def blob(
    operation: Operation[Any, None], digest: str, content: Upload | None, arguments: Arguments, *, about: str = ""
) -> Outgoing[models.ProgressResponse]:
    """HEAD or POST /api/blobs/{digest}."""
    from ollama_sdk.overlay._blobs import check_digest

    if content is not None and arguments.get("extra_body"):
        raise RequestError("extra_body adds fields to a JSON body, and create_blob sends a file")
    parameters = {"digest": check_digest(digest)}
    outgoing = get(_as_progress(operation), arguments)
    return evolve(outgoing, content=content or outgoing.content, path_parameters=parameters, about=about)


def copy(source: str, destination: str, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/copy."""
    fields = {"source": _model_name(source, "source"), "destination": _model_name(destination, "destination")}
    return _outgoing_without_answer(api.COPY_MODEL, arguments, **fields)


def delete(model: str, arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """DELETE /api/delete."""
    return _outgoing_without_answer(api.DELETE_MODEL, arguments, model=_model_name(model))


def signout(arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """POST /api/signout."""
    return get(_as_progress(api.SIGNOUT), arguments)


def probe(arguments: Arguments) -> Outgoing[models.ProgressResponse]:
    """HEAD /, which is answered at once or not at all."""
    outgoing = get(_as_progress(api.HEAD_ROOT), arguments)
    return evolve(outgoing, timeout=_PROBE_TIMEOUT) if outgoing.timeout is None else outgoing


def web_search(query: str, max_results: int | None, arguments: Arguments) -> Outgoing[models.WebSearchResponse]:
    """POST /api/web_search of the cloud."""
    _check_not_empty("query", query)
    return evolve(_outgoing(api.WEB_SEARCH, arguments, query=query, max_results=max_results), cloud=True)


def web_fetch(url: str, arguments: Arguments) -> Outgoing[models.WebFetchResponse]:
    """POST /api/web_fetch of the cloud."""
    _check_not_empty("url", url)
    return evolve(_outgoing(api.WEB_FETCH, arguments, url=url), cloud=True)


def get(operation: Operation[None, M], arguments: Arguments) -> Outgoing[M]:
    """An operation that takes no body; the caller's extra fields become one."""
    unknown = set(arguments) - {"timeout", "deadline", "extra_headers", "extra_body"}
    if unknown:
        raise RequestError(f"{operation.name} does not take the argument {sorted(unknown)[0]!r}")
    extra_body = arguments.get("extra_body")
    _check("extra_body", extra_body, Mapping)
    return _sent(operation, _dumps(dict(extra_body)) if extra_body else None, arguments)


def listed(operation: Operation[None, M], arguments: Arguments) -> Outgoing[M]:
    """An operation that lists models, whose answer prints as a table."""
    from ollama_sdk.overlay._tables import parse_table

    return evolve(get(operation, arguments), parse=parse_table)


def _as_progress(operation: Operation[Any, None]) -> Operation[Any, models.ProgressResponse]:
    """An operation whose success has no body, which callers get as a ProgressResponse."""
    return cast("Operation[Any, models.ProgressResponse]", operation)


def _outgoing_without_answer(
    operation: Operation[Any, None], arguments: Arguments, **fields: object
) -> Outgoing[models.ProgressResponse]:
    return _outgoing(_as_progress(operation), arguments, **fields)


def _outgoing(operation: Operation[Any, M], arguments: Arguments, **fields: object) -> Outgoing[M]:
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
    _check("extra_body", extra_body, Mapping)
    return _dumps({**Model.shallow_dict(body), **extra_body} if extra_body else body)


def _dumps(body: object) -> bytes:
    try:
        return _json.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise RequestError(f"the request cannot be written as JSON: {error}") from error


def _build(cls: type[M], values: Arguments) -> M:
    options = values.get("options")
    _check("options", options, (Mapping, models.Options))
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


def _check(name: str, value: object, kinds: type | tuple[type, ...]) -> None:
    if value is not None and not isinstance(value, kinds):
        names = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
        raise RequestError(f"{name} must be {names}, not {type(value).__name__}")


def _check_given(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise RequestError(f"{name} must be a string, not {type(value).__name__}")


def _check_not_empty(name: str, value: object) -> None:
    _check_given(name, value)
    if not value:
        raise RequestError(f"{name} is empty")


def _model_name(model: object, name: str = "model") -> str:
    if not isinstance(model, str):
        raise RequestError(f"{name} must be the name of a model, such as 'llama3.2', not {type(model).__name__}")
    if not model.strip():
        raise RequestError(f"{name} is empty; give the name of a model, such as 'llama3.2' (client.list() shows them)")
    return model


def _stream(stream: object) -> bool:
    _check("stream", stream, bool)
    return bool(stream)


def as_list(name: str, values: object) -> list[Any]:
    """A caller's list, or whatever else can be iterated over and is not taken for a list by mistake.

    Raises:
        RequestError: It is a text, a dict, a model, or nothing that holds several values.
    """
    if isinstance(values, str | bytes | Mapping | Model) or not isinstance(values, Iterable):
        raise RequestError(f"{name} must be a list, not {type(values).__name__}")
    return list(values)


def _messages(messages: object) -> list[object] | None:
    if messages is None:
        return None
    encoded: EncodedImages = {}
    listed = as_list("messages", messages)
    return [
        message if _can_be_sent(message) else _message(message, f"messages[{index}]", encoded)
        for index, message in enumerate(listed)
    ]


def _can_be_sent(message: object) -> bool:
    """Whether a message is as most of a long conversation are: texts alone, with nothing to tell and no images."""
    fields: Any = message.__dict__ if isinstance(message, models.Message) else message
    return (
        type(fields) is dict
        and type(fields.get("role")) is str
        and type(fields.get("content")) is str
        and not fields.get("images")
    )


def _message(message: object, where: str, encoded: EncodedImages) -> object:
    if not isinstance(message, Mapping | models.Message):
        hint = "; give its .message" if isinstance(message, models.ChatResponse) else ""
        raise RequestError(
            f"{where} must be a dict with role and content, a Message, or the .message of a response, "
            f"not {type(message).__name__}{hint}"
        )
    if message.get("role") is None:
        raise RequestError(f"{where} has no role; give 'system', 'user', 'assistant' or 'tool'")
    _check(f"{where}.role", message.get("role"), str)
    _check(f"{where}.content", message.get("content"), str)
    images = message.get("images")
    if not images:
        return message
    plain = Model.shallow_dict(message) if isinstance(message, models.Message) else dict(message)
    plain["images"] = encode_images(images, f"{where}.images", encoded)
    return plain


def _check_question(question: object, where: str) -> None:
    if not isinstance(question, Mapping | models.SystemOneQuestion):
        raise RequestError(f"{where} must be a dict or a SystemOneQuestion, not {type(question).__name__}")
    for key in ("type", "instructions"):
        if question.get(key) is None:
            raise RequestError(f"{where} has no {key}")


def _tools(tools: object) -> list[Any] | None:
    if tools is None:
        return None
    from ollama_sdk.overlay._tools import tool_definitions

    return list(tool_definitions(as_list("tools", tools)))


def _format(format: object) -> Format[Any] | None:
    if format is None:
        return None
    from ollama_sdk.overlay._structured import resolve_format

    return resolve_format(format)
