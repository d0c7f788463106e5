"""The error tree: every failure of the SDK is one of these.

    OllamaError
    ├── RequestError (ValueError)            the call cannot be made
    ├── ConnectError (ConnectionError)       no connection
    ├── OllamaTimeoutError (TimeoutError)    a limit ran out
    ├── AbortError                           the caller ended the call
    ├── IncompleteStreamError                the answer was cut off
    ├── ToolRoundsError                      the model asks for tools without end
    └── ResponseError                        the server answered with an error
        ├── AuthenticationError              401
        ├── PermissionDeniedError            403
        ├── NotFoundError                    404
        ├── RateLimitError                   429
        ├── ServerBusyError                  503
        └── DecodeError                      the body is not what the API promises

No exception of httpx, httpcore, h11, msgspec or httptools reaches a caller; it is kept as `__cause__`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from ollama_sdk.overlay import _json

if TYPE_CHECKING:
    from ollama_sdk.generated.models import ChatResponse, Message
    from ollama_sdk.generated.types import Model


class OllamaError(Exception):
    """Base of all errors of the SDK.

    Attributes:
        partial: The part of the answer that had arrived before the error, accumulated as by `Stream.final()`; None
            without one.
    """

    partial: Model | None = None

    def __init__(self, message: str = "", *, partial: Model | None = None) -> None:
        super().__init__(message)
        self.partial = partial

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by attributes, since the constructors of the subclasses take keywords."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[OllamaError], args: tuple[object, ...], attributes: dict[str, object]) -> OllamaError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class RequestError(OllamaError, ValueError):
    """The call cannot be made: a bad argument, an unreadable file, a missing key, a closed client."""


class ConnectError(OllamaError, ConnectionError):
    """No connection, or it ended before the server answered anything; the message names host and port."""


class OllamaTimeoutError(OllamaError, TimeoutError):
    """A limit ran out.

    Attributes:
        phase: The phase that took too long: "connect", "write", "read" or "pool" (waiting for a free connection); or
            the limit that spans phases: "deadline" (of the whole call) or "stall" (of a stream).
        limit: The limit in seconds, or None when it is not known.
    """

    def __init__(self, message: str, *, phase: str, limit: float | None, partial: Model | None = None) -> None:
        super().__init__(message, partial=partial)
        self.phase = phase
        self.limit = limit


class AbortError(OllamaError):
    """The call was ended by `abort()`; `partial` is what had arrived of a stream."""


class IncompleteStreamError(OllamaError):
    """The answer ended before it was complete; `partial` is what had arrived."""


class ToolRoundsError(OllamaError):
    """The model of `run_tools` went on asking for calls after the limit of rounds.

    Attributes:
        messages: The conversation; its last message asks for the calls that were not made.
        response: The response with that message.
    """

    def __init__(self, message: str, *, messages: list[Message | Mapping[str, Any]], response: ChatResponse) -> None:
        super().__init__(message)
        self.messages = messages
        self.response = response


class ResponseError(OllamaError):
    """The server answered with an error, or with something that is not an answer.

    Attributes:
        status_code: The HTTP status; 200 when the error came as a line of a stream.
        error: The server's own text.
        body: The raw body, at most its first mebibyte.
        headers: The headers of the answer, names in lower case.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        error: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        partial: Model | None = None,
    ) -> None:
        super().__init__(message, partial=partial)
        self.status_code = status_code
        self.error = error
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})

    @classmethod
    def from_answer(
        cls,
        where: str,
        *,
        status_code: int,
        body: bytes,
        headers: Mapping[str, str],
        partial: Model | None = None,
    ) -> Self:
        """Return the error for an answer, of the subclass for its status.

        `body` is the raw body, or one line of a stream; `partial` is the part of a stream that had arrived before.
        """
        kind = _BY_STATUS.get(status_code, ResponseError)
        text = _server_text(body)
        hint = kind.hint(bool(text), headers) or _redirect_hint(status_code, headers)
        message = f"{one_line(text) or 'the server gave no reason'} (status {status_code} from {where})"
        error = kind(
            f"{message}; {hint}" if hint else message,
            status_code=status_code,
            error=text,
            body=body[:_KEPT_BODY],
            headers=headers,
            partial=partial,
        )
        return error  # type: ignore[return-value]  # called on ResponseError, and all kinds are its subclasses

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        """Return advice for an error of this kind; empty without any."""
        return ""


class AuthenticationError(ResponseError):
    """Status 401: the server or the cloud requires a key, or its owner has to sign in."""

    @property
    def signin_url(self) -> str | None:
        """The URL at which the owner of the server signs in; None unless the server names it."""
        value = _decode_object(self.body).get("signin_url")
        return value if isinstance(value, str) else None

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        return "pass api_key=, set OLLAMA_API_KEY (for https://ollama.com), or sign the server in at its signin_url"


class PermissionDeniedError(ResponseError):
    """Status 403: the key lacks a right, or the server does not allow the Host or Origin of the request."""

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        return "" if has_text else "it does not allow this Host or Origin; see OLLAMA_ORIGINS of the server"


class NotFoundError(ResponseError):
    """Status 404: no such model, blob or route."""

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        if headers.get("content-type", "").startswith("text/plain"):
            return "the server does not know this path: is the base URL right, and the server new enough?"
        return "client.list() shows what is there, client.pull(model) fetches a model"


class RateLimitError(ResponseError):
    """Status 429: too many requests."""

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        wait = one_line(headers.get("retry-after", ""))
        return f"the server asks to wait: Retry-After is {wait}" if wait else "try again later"


class ServerBusyError(ResponseError):
    """Status 503: the server's queue is full, or a service that it needs is not available."""

    @staticmethod
    def hint(has_text: bool, headers: Mapping[str, str]) -> str:
        return "try again later"


class DecodeError(ResponseError):
    """The body is not what the API promises: not JSON, an HTML page, nothing, or of another shape."""


for _error in (OllamaError, *OllamaError.__subclasses__(), *ResponseError.__subclasses__()):
    _error.__module__ = "ollama_sdk.overlay"  # where programs import them from; tracebacks show it

_BY_STATUS: dict[int, type[ResponseError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    429: RateLimitError,
    503: ServerBusyError,
}
_KEPT_BODY = 1 << 20
_SHOWN_TEXT = 500


def printable(text: str) -> str:
    """Return the beginning of a text of a server for a terminal, without the characters that could control one.

    Joiners, which are not printable either, stay, since they are parts of words and emoji.
    """
    text = text[: 4 * _SHOWN_TEXT]
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\u200c\u200d" else "?" for c in text)
    return text if len(text) <= _SHOWN_TEXT else text[: _SHOWN_TEXT - 1] + "…"


def one_line(text: str) -> str:
    """Return the beginning of a text of a server for a message or a log, as one line; see `printable`."""
    return printable(" ".join(text[: 4 * _SHOWN_TEXT].split()))


def shortened(data: bytes) -> str:
    """Return the beginning of a body as text for a message; see `one_line`."""
    return one_line(data[: 4 * _SHOWN_TEXT].decode("utf-8", "replace"))


def _redirect_hint(status_code: int, headers: Mapping[str, str]) -> str:
    """Return where a redirect that is not followed leads, without what may be secret in it."""
    location = re.split("[?#]", headers.get("location", ""))[0] if 300 <= status_code < 400 else ""
    return f"it redirects to {one_line(re.sub('//[^/]*@', '//', location))}, which is not followed" if location else ""


def _decode_object(body: bytes) -> dict[str, Any]:
    try:
        value = _json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _server_text(body: bytes) -> str:
    """Return the server's own text: that of an error object, which may be nested, or the body as it is."""
    text: object = _decode_object(body).get("error")
    if isinstance(text, str) and text.startswith("{"):  # an error object of the model's runner, as text
        text = _decode_object(text.encode()).get("error", text)
    if isinstance(text, dict):
        text = text.get("message")
    return text if isinstance(text, str) and text else shortened(body)
