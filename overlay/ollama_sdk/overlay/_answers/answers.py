"""Make a model of the bytes of an answer, and an error of our tree of a failure; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import frozen

from ollama_sdk.generated.types import Model, Operation
from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay import _json
from ollama_sdk.overlay._answers.shapes import ShapeError, shaper
from ollama_sdk.overlay._errors import (
    AbortError,
    DecodeError,
    IncompleteStreamError,
    OllamaError,
    OllamaTimeoutError,
    RequestError,
    ResponseError,
    one_line,
    shortened,
)
from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._secrets import forget_headers

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call

M = TypeVar("M", bound=Model)


class TooLargeError(Exception):
    """An answer has more bytes than the limit."""


@frozen
class Source:
    """The source of an answer, for error messages."""

    where: str  # the method and URL of the request, without secrets
    status_code: int
    headers: Mapping[str, str]

    def error(self, body: bytes, partial: Model | None = None) -> ResponseError:
        return ResponseError.from_answer(
            self.where, status_code=self.status_code, body=body, headers=self.headers, partial=partial
        )

    def unreadable(self, why: str, partial: Model | None = None) -> DecodeError:
        """Return the error for an answer that cannot be read to its end."""
        return DecodeError(
            f"the answer to {self.where} (status {self.status_code}) cannot be read: {why}",
            status_code=self.status_code,
            headers=self.headers,
            partial=partial,
        )

    def undecodable(self, body: bytes, why: str, partial: Model | None = None) -> DecodeError:
        """Return the error for an answer that is not what the API promises."""
        shown = shortened(body)
        return DecodeError(
            f"the answer to {self.where} (status {self.status_code}) {why}"
            + (f": {shown}" if shown else "; is this an Ollama server, and is nothing in between?"),
            status_code=self.status_code,
            body=body[: 1 << 20],
            headers=self.headers,
            partial=partial,
        )


Parser = Callable[[Operation[Any, M], bytes, Source], M]
"""Returns the model of a whole, successful answer, as `parse_answer` does."""


def decode_object(data: bytes, source: Source, partial: Model | None = None) -> dict[str, Any]:
    """Decode a JSON object; raise DecodeError if it is none, and ResponseError if it is an error object."""
    try:
        value = _json.loads(data)
    except ValueError as error:
        raise source.undecodable(data, "is not JSON" if data else "has an empty body", partial) from error
    if type(value) is not dict:
        raise source.undecodable(data, "is not a JSON object", partial)
    if value.get("error") is not None:
        raise source.error(data, partial)
    return value


def shaped_model(model: type[M], value: dict[str, Any], data: bytes, source: Source) -> M:
    """Build the model after checking the JSON types of nested objects, lists and joined texts; else DecodeError."""
    try:
        return shaper(model)(value)
    except ShapeError as error:
        raise source.undecodable(data, str(error)) from None


def is_end(model: type[Model], value: Mapping[str, Any]) -> bool:
    """Return whether a line is the last of its stream: it says so, or it is a prompt that was only rendered."""
    key, end = model._stream_end or ("", None)
    return value.get(key) == end or value.get("_debug_info") is not None


def parse_answer(operation: Operation[Any, M], data: bytes, source: Source) -> M:
    """Return the model of a whole, successful answer; an empty one becomes ProgressResponse(status="success").

    Raises:
        DecodeError: It is not what the API promises.
        ResponseError: It is an error object.
        IncompleteStreamError: It is a piece of a stream, and not its last one.
    """
    if operation.response is None:
        if source.status_code < 400:
            if data.lstrip().startswith(b"{"):
                decode_object(data, source)
            if "text/html" in source.headers.get("content-type", "").lower():
                raise source.undecodable(data, "is a web page")  # such as that of a proxy where one signs in
        from ollama_sdk.generated.models.progress_response import ProgressResponse

        return cast("M", ProgressResponse(status="success"))
    model = operation.response_model()
    value = decode_object(data, source)
    answer = shaped_model(model, value, data, source)
    if model._stream_end and model._stream_end[0] in value and not is_end(model, value):
        key = model._stream_end[0]
        raise IncompleteStreamError(
            f"the answer to {source.where} is not complete ({key} is {one_line(repr(value[key]))})", partial=answer
        )
    return answer


def text_of(answer: Model) -> str:
    """Return the text of an answer or of a chunk: the content of its message, or its response; else empty."""
    inner: Model = getattr(answer, "message", None) or answer
    for key in ("content", "response"):
        value = inner.get(key)
        if isinstance(value, str):
            return value
    return ""


def explain(
    error: Exception,
    *,
    where: str,
    call: Call,
    request: httpx.Request | None,
    partial: Model | None = None,
    source: Source | None = None,
) -> Exception:
    """Return the error of our tree for an exception of the transport, with that as its `__cause__`.

    When the call was aborted or a limit ran out, that is the error, whatever the transport raised. What other code has
    raised, such as a signal handler, is returned as it is. `source` is that of the answer, if one had begun, and
    `partial` the part of a stream that had arrived.
    """
    own = foreign(error, aborted=call.aborted)
    if own is not None:
        own.__suppress_context__ |= own is not error  # the context is what wraps it
        return own
    failure: OllamaError
    detail = one_line(str(error)) or type(error).__name__
    if call.aborted and not isinstance(error, AbortError | OllamaTimeoutError):
        failure = call.error(where, partial)
    elif isinstance(error, OllamaError):
        failure = error
    elif isinstance(error, httpx.TimeoutException):
        failure = timeout_error(error, where, (request.extensions.get("timeout") if request else None) or {}, partial)
    elif isinstance(error, TooLargeError) and source is not None:
        failure = source.unreadable(str(error))
    elif isinstance(error, httpx.DecodingError) and source is not None:
        failure = source.unreadable(f"it cannot be decompressed ({detail})", partial)
    elif isinstance(error, httpx.DecodingError):
        failure = IncompleteStreamError(f"the answer to {where} cannot be decompressed: {detail}", partial=partial)
    elif isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        failure = RequestError(f"{where} cannot be requested: {detail}")
    elif isinstance(error, RuntimeError) and "client has been closed" in detail:
        failure = RequestError(f"{where} cannot be requested: the httpx client is closed")
    elif isinstance(error, httpx.RemoteProtocolError) and not any(word in detail.lower() for word in _ENDINGS):
        failure = IncompleteStreamError(
            f"the answer to {where} breaks the rules of HTTP/1.1 and cannot be read on ({detail})", partial=partial
        )
    else:
        failure = IncompleteStreamError(
            f"the connection ended before the answer to {where} was complete ({detail})", partial=partial
        )
    return caused_by(error, failure)


def caused_by(error: Exception, failure: OllamaError) -> OllamaError:
    """Return `failure` with `error` as its `__cause__`, without the headers that were sent."""
    if failure is not error:
        failure.__cause__ = error
        forget_headers(error)
    return failure


_ENDINGS = ("closed", "cut", "disconnected", "terminated")
"""Words of the protocol errors, ours and those of httpx's transport, that mean that the connection has ended."""

_PHASES = {  # by the name of httpx's exception
    "ConnectTimeout": ("connect", "connecting"),
    "ReadTimeout": ("read", "waiting for the next bytes of the answer"),
    "WriteTimeout": ("write", "sending the request"),
    "PoolTimeout": ("pool", "waiting for a free connection"),
}


def timeout_error(
    error: httpx.TimeoutException, where: str, limits: Mapping[str, float | None], partial: Model | None = None
) -> OllamaTimeoutError:
    """Return the error for a limit of a phase that ran out."""
    phase, doing = _PHASES.get(type(error).__name__, ("read", "waiting"))
    limit = limits.get(phase)
    took = f" took longer than {limit:g} seconds" if limit is not None else " took too long"
    message = f"{where}: {doing}{took}; timeout= sets the limits"
    return OllamaTimeoutError(message, phase=phase, limit=limit, partial=partial)
