"""From an item to a call: requests made of a dict or by a function, and functions that make calls themselves."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from attrs import frozen

from ollama_sdk.overlay import AsyncOllama, OllamaError, RequestError
from ollama_sdk.overlay._formats.formats import resolve_format
from ollama_sdk.overlay.batch._digests import digest_of, name_of
from ollama_sdk.overlay.batch._results import RowError, WorkError
from ollama_sdk.overlay.batch._templates import fields_of, fill

Place = Callable[[Any], Any]

_OPERATIONS = {"messages": "chat", "prompt": "generate", "input": "embed"}
# How a call is made, not what it asks: a run may go on with other limits.
_ABOUT_THE_CALL = ("timeout", "deadline", "stall_timeout", "max_response_bytes", "extra_headers", "keep_alive")


@frozen
class Answer:
    """What a call gave.

    Attributes:
        value: The value of the result.
        written: The same as JSON, for the checkpoint.
        response: The response of the API, when the value was taken from one.
        prompt_tokens: Tokens that the model read.
        tokens: Tokens that the model wrote.
    """

    value: Any
    written: Any
    response: Any = None
    prompt_tokens: int = 0
    tokens: int = 0


@frozen
class Request:
    """A request to the API as the arguments of a client's method, and the call of that method."""

    operation: str
    arguments: Mapping[str, Any]
    typed: bool = True

    @classmethod
    def of(cls, arguments: object, *, typed: bool = True) -> Request:
        """Check the arguments as far as they tell what is asked.

        Args:
            arguments: The arguments.
            typed: Whether the value of an answer with a `format` is the parsed object, rather than its JSON.

        Raises:
            RequestError: They are no request.
        """
        if not isinstance(arguments, Mapping):
            raise RequestError(f"a request must be a dict of arguments, not {type(arguments).__name__}")
        found = [name for name in _OPERATIONS if arguments.get(name) is not None]
        if len(found) != 1:
            has = f"this one has {' and '.join(found)}" if found else f"this one has {sorted(map(str, arguments))}"
            raise RequestError(f"a request has messages (chat), prompt (generate) or input (embed); {has}")
        if not isinstance(arguments.get("model"), str):
            raise RequestError("a request names its model, such as 'model': 'llama3.2'")
        if arguments.get("stream"):
            raise RequestError("a request of a batch cannot stream; leave stream out")
        return cls(_OPERATIONS[found[0]], dict(arguments), typed)

    @property
    def model(self) -> str:
        return str(self.arguments["model"])

    def digest(self) -> str:
        """A hash of what is asked, the same in every process.

        Raises:
            RowError: An argument has no form of its own.
        """
        asked = {name: value for name, value in self.arguments.items() if name not in _ABOUT_THE_CALL}
        try:
            return digest_of([self.operation, asked])
        except TypeError as error:
            raise RowError(f"the request cannot be hashed for the checkpoint: {error}") from error

    async def send(self, client: AsyncOllama, place: Place | None = None) -> Answer:
        """Make the call, which can be made again.

        Args:
            client: The client of the host.
            place: Takes the answer to an embedding, and returns what is the value instead of its vector.
        """
        try:
            response = await getattr(client, self.operation)(**self.arguments)
        except RequestError as error:
            if client.is_closed:
                raise
            raise RowError(str(error)) from error
        value, written = self._value(response, place)
        return Answer(value, written, response, *_tokens(response))

    def _value(self, response: Any, place: Place | None) -> tuple[Any, Any]:
        if place is not None:
            if self.operation != "embed":
                raise RowError("with vectors= each row is an embed request")
            return place(response), None
        if self.operation == "embed":
            vectors = response.embeddings
            value = vectors[0] if isinstance(self.arguments["input"], str) and len(vectors) == 1 else vectors
            return value, value
        text = response.response if self.operation == "generate" else response.message and response.message.content
        if self.arguments.get("format") is None:
            return text or "", text or ""
        parsed, written = response.parsed, json.loads(text)
        return parsed if self.typed else written, written

    async def restored(self, written: Any) -> Any:
        """The value that an earlier run has written down; a type is made of its JSON as the client does it."""
        format = self.arguments.get("format")
        if not self.typed or format is None or self.operation == "embed" or isinstance(format, str | Mapping):
            return written
        return resolve_format(format).parse(json.dumps(written))


def _tokens(response: Any) -> tuple[int, int]:
    """How many tokens the model read and wrote; 0 where a server sends no number."""
    read, written = response.get("prompt_eval_count"), response.get("eval_count")
    return read if type(read) is int else 0, written if type(written) is int else 0


@frozen
class FunctionCall:
    """A call of the function that was given as `work`; the methods are those of `Request`."""

    function: Callable[[AsyncOllama, Any], Awaitable[Any]]
    item: Any
    model: str | None = None

    def digest(self) -> str | None:
        """A hash of the item; None when it has no form of its own."""
        try:
            return digest_of(self.item)
        except TypeError:
            return None

    async def send(self, client: AsyncOllama, place: Place | None = None) -> Answer:
        value = await self.function(client, self.item)
        if not hasattr(value, "to_dict"):
            return Answer(value, value)
        return Answer(value, value.to_dict(), None, *_tokens(value))

    async def restored(self, written: Any) -> Any:
        return written


Call: TypeAlias = Request | FunctionCall


@frozen
class Work:
    """What is to be done with every item.

    Attributes:
        job: A name of the job that a checkpoint keeps, so that it is not taken for that of another one.
        call: Makes the call of an item; raises RowError or WorkError when it cannot.
        embeds: Whether every row is an `embed` of one text; None when that is not known beforehand.
    """

    job: str
    call: Callable[[Any], Call]
    embeds: bool | None = None

    @classmethod
    def of(cls, work: object, *, typed: bool = True) -> Work:
        """Read what was given as `work`; `typed` as for `Request.of`.

        Raises:
            RequestError: It is neither a request nor a function.
        """
        if isinstance(work, Work):
            return work
        if isinstance(work, Mapping):
            request = Request.of(work)
            if not fields_of(work):
                raise RequestError(
                    "the request is the same for every row: write {item}, or {name} for a field of the items, into its "
                    "prompt, messages or input, or give a function from the item to the request"
                )
            job = f"{request.operation} {request.model} {request.digest()[:8]}"
            return cls(job, partial(_filled, work, typed), isinstance(work.get("input"), str))
        if not callable(work):
            raise RequestError(f"work must be a request (a dict) or a function, not {type(work).__name__}")
        function: Callable[..., Any] = work
        if inspect.iscoroutinefunction(work) or inspect.iscoroutinefunction(getattr(work, "__call__", None)):  # noqa: B004
            return cls(name_of(work), partial(FunctionCall, function), embeds=False)
        return cls(name_of(work), partial(_made, function, typed))


def _filled(template: Mapping[str, Any], typed: bool, item: Any) -> Request:
    arguments = fill(template, item)
    try:
        return Request.of(arguments, typed=typed)
    except RequestError as error:
        raise RowError(str(error)) from error


def _made(function: Callable[[Any], Any], typed: bool, item: Any) -> Request:
    try:
        made = function(item)
    except OllamaError:
        raise
    except Exception as error:
        raise work_error(error) from error
    if inspect.iscoroutine(made):
        made.close()
        raise WorkError(
            "work returned a coroutine; a function that makes calls is written async def work(client, item)"
        )
    try:
        return Request.of(made, typed=typed)
    except RequestError as error:
        raise RowError(f"work returned what cannot be sent: {error}") from error


def work_error(error: BaseException) -> WorkError:
    """The error of a row whose function raised something, which is its cause."""
    failure = WorkError(f"work raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure
