"""Structured output: the schema to send for `format=`, and the object of the text that the model wrote."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Generic, NewType, Self, TypeVar, cast, get_origin

from attrs import field, frozen

from ollama_sdk.generated.models.chat_response import ChatResponse
from ollama_sdk.generated.models.generate_response import GenerateResponse
from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.answers import Source, parse_answer, text_of
from ollama_sdk.overlay._errors import DecodeError, RequestError, one_line, shortened
from ollama_sdk.overlay._formats.grammar import grammar_form
from ollama_sdk.overlay._formats.schemas import RecursiveTypeError, UnusableTypeError, inlined
from ollama_sdk.overlay._formats.types import InvalidValueError, TypeCheck, type_check, type_name

T = TypeVar("T")
M = TypeVar("M", bound=Model)


@frozen
class Format(Generic[T]):
    """The form that an answer is to have.

    Attributes:
        wire: The `format` of the request: "json", or a JSON schema.
        type: The type of the object that the text is turned into, or None for decoded JSON.
    """

    wire: str | Mapping[str, Any]
    type: Any = None
    _check: TypeCheck | None = field(default=None, repr=False, eq=False)

    def parse(self, text: str, *, response: Model | None = None) -> T:
        """Convert the whole text of an answer to an object; `response` is the answer, for the error's `partial`.

        Raises:
            DecodeError: As `_Parsed.parsed` says.
        """
        body = text.encode("utf-8", "surrogatepass")
        try:
            return cast("T", self._check.read(body) if self._check else _json.loads(body))
        except InvalidValueError as error:
            raise self._error(body, str(error), response) from error
        except ValueError as error:
            reason = str(error) if self.type is None else f"it is not JSON: {error}"
            if not body.strip():
                asks = isinstance(response, ChatResponse) and response.message and response.message.tool_calls
                reason = f"the text is empty{'; the model asks for calls of tools' if asks else ''}"
            raise self._error(body, reason, response) from error

    def parse_answer(self, operation: Operation[Any, M], data: bytes, source: Source) -> M:
        """Return the response of a chat or a generation with its `.parsed`; see `answers.parse_answer`."""
        response = parse_answer(operation, data, source)
        kind = ParsedChatResponse if isinstance(response, ChatResponse) else ParsedGenerateResponse
        return cast("M", kind.of(response, self))

    def _error(self, body: bytes, reason: str, response: Model | None) -> DecodeError:
        reason = one_line(reason)
        wanted = "JSON" if self.type is None else type_name(self.type)
        cut = ""
        if response is not None and response.get("done_reason") == "length":
            cut = "; it was cut off at the length limit (options num_predict and num_ctx)"
        shown = f"; the text is {shortened(body)!r}" if body.strip() else ""
        return DecodeError(
            f"the model's answer is not {wanted}: {reason}{cut}{shown}",
            status_code=200,
            error=reason,
            body=body,
            partial=response,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the check, which unpickling makes again."""
        return resolve_format, (self.wire if self.type is None else self.type,)


@frozen
class PartialFormat(Format[Any]):
    """The form of an answer that is still being written."""

    def parse(self, text: str, *, response: Model | None = None) -> Any:
        """Return the decoded JSON of the beginning of a text; None while nothing can be read.

        Texts, lists and objects may be incomplete; a key without a value is left out, and so is half a word such as
        `tru`. A number at the end may still grow.

        Raises:
            ImportError: pydantic is not installed.
        """
        try:
            from pydantic_core import from_json
        except ImportError as error:
            raise ImportError("partial.parsed needs pydantic: pip install 'ollama-sdk[pydantic]'") from error
        try:
            return from_json(text.encode("utf-8", "surrogatepass"), allow_partial="trailing-strings")
        except ValueError:
            return None

    def __reduce__(self) -> tuple[Any, ...]:
        return PartialFormat, (self.wire,)


def resolve_format(format: object) -> Format[Any]:
    """Return the Format of the argument `format=`.

    Args:
        format: "json"; a JSON schema; a type: a pydantic model, dataclass, attrs class, TypedDict, NamedTuple, Enum, or
            a combination of those and the types of JSON, such as list[City].

    Raises:
        RequestError: It is none of these, or a type that cannot be a schema.
        ImportError: Neither of the libraries that check types is installed.

    Example:
        >>> resolve_format(list[int]).wire["items"]
        {'type': 'integer'}
        >>> resolve_format(list[int]).parse("[1, 2]")
        [1, 2]
    """
    if isinstance(format, str | Mapping):
        return Format(format)
    if not _is_type(format):
        kind = "a function" if inspect.isroutine(format) else f"an object of {type(format).__name__}"
        raise RequestError(f"format must be 'json', a JSON schema or a type, not {kind}")
    try:
        check = type_check(format)
    except UnusableTypeError as error:
        raise RequestError(f"format cannot be the type {type_name(format)}, which has no schema: {error}") from error
    try:
        schema = inlined(check.schema)
    except RecursiveTypeError:
        schema = check.schema  # the server's grammar follows references, but not all models do
    return Format(grammar_form(schema), format, check)


def _is_type(format: object) -> bool:
    if inspect.isclass(format) or get_origin(format) is not None or isinstance(format, NewType):
        return True
    return type(format).__name__ == "TypeAliasType" or format is Any


class _Parsed(Model, Generic[T]):
    """Base of responses with a format, which is kept beside the fields that the server sent."""

    __slots__ = ("_format", "_object")
    _format: Format[T] | None
    _object: T

    @classmethod
    def of(cls, response: Model, format: Format[T] | None) -> Self:
        """Return the same response with `.parsed`, sharing its fields; a format of None makes `.parsed` None."""
        self = cls._adopt(response.__dict__)
        object.__setattr__(self, "_format", format)
        return self

    @classmethod
    def partly(cls, partial: Model | None, *, has_format: bool = True) -> Self | None:
        """Return the accumulated part of an answer, whose `.parsed` is what can be read of it."""
        return None if partial is None else cls.of(partial, PartialFormat("json") if has_format else None)

    @property
    def parsed(self) -> T:
        """The text as an object of the type that was given as `format`; else decoded JSON.

        It is made on first access and kept.

        Raises:
            DecodeError: The text is not JSON, or does not fit the type. Its message and `error` say why, `body` is the
                text, and `partial` this response.
        """
        format: Format[T] | None = getattr(self, "_format", None)  # a response made of a dict has none
        if format is None:
            return cast("T", None)
        if not hasattr(self, "_object"):
            object.__setattr__(self, "_object", format.parse(text_of(self), response=self))
        return self._object

    def __copy__(self) -> Self:
        copy = type(self)._adopt({})
        copy.__setstate__(self.__getstate__())
        return copy

    def __getstate__(self) -> Any:
        return object.__getstate__(self)  # the fields, and the slots if any are set

    def __setstate__(self, state: Any) -> None:
        fields, slots = state if isinstance(state, tuple) else (state, {})
        super().__setstate__(dict(fields))
        for name, value in slots.items():
            object.__setattr__(self, name, value)


class ParsedChatResponse(_Parsed[T], ChatResponse):
    """The response of a chat that had a `format`; `.parsed` is its text as an object."""

    __module__ = "ollama_sdk.overlay"

    __slots__ = ()


class ParsedGenerateResponse(_Parsed[T], GenerateResponse):
    """The response of a generation that had a `format`; `.parsed` is its text as an object."""

    __module__ = "ollama_sdk.overlay"

    __slots__ = ()
