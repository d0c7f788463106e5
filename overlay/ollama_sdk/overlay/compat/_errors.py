"""The errors. Each belongs to two classes: one of this SDK, and the one that the official client raises."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ollama_sdk import overlay

if TYPE_CHECKING:
    from ollama_sdk.overlay import OllamaError

CONNECTION_ERROR_MESSAGE: Final = (
    "Failed to connect to Ollama. Please check that Ollama is downloaded, running and accessible. "
    "https://ollama.com/download"
)


class RequestError(overlay.RequestError):
    """The call cannot be made.

    Attributes:
        error: Why not.
    """

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


class ResponseError(overlay.ResponseError):
    """The server answered with an error.

    Attributes:
        error: The server's own text.
        status_code: The HTTP status; -1 when the error came as a line of a stream.
    """

    def __init__(self, error: str, status_code: int = -1) -> None:
        """Make the error of the body of an answer, which may be JSON with an `error`."""
        error = _server_text(error)
        super().__init__(error, status_code=status_code, error=error)

    def __str__(self) -> str:
        return f"{self.error} (status code: {self.status_code})"


def _server_text(body: str) -> str:
    """The text of the error in a body; the body itself when it is no JSON with one."""
    with contextlib.suppress(ValueError, TypeError):
        decoded = json.loads(body)
        return decoded.get("error", body) if isinstance(decoded, dict) else body
    return body


def translate(error: OllamaError, *, streamed: bool = False, closed: bool = False) -> OllamaError:
    """Return an error as the official client raises it; it is still an error of this SDK.

    Args:
        error: The error.
        streamed: Whether it came of a stream, of which the official client passes the errors of httpx on.
        closed: Whether the client was closed.
    """
    if isinstance(error, ResponseError | RequestError):
        return error
    cause = error.__cause__
    theirs: type[Any] | None = type(cause) if type(cause).__module__.startswith("httpx") else None
    arguments: tuple[Any, ...] = error.args
    if isinstance(error, overlay.DecodeError):
        theirs = json.JSONDecodeError
    elif isinstance(error, overlay.ResponseError):
        text = _server_text(error.body.decode("utf-8", "replace"))
        return _combined(error, ResponseError, type(error), (text if isinstance(text, str) else error.error,))
    elif isinstance(error, overlay.RequestError):
        return _combined(error, RequestError, RuntimeError if closed else None, arguments)
    elif isinstance(error, overlay.ConnectError) and theirs is not None and theirs.__name__ == "ConnectError":
        theirs = theirs if streamed else None
        arguments = arguments if streamed else (CONNECTION_ERROR_MESSAGE,)
    return _combined(error, type(error), theirs, arguments)


def _combined(
    error: OllamaError, first: type[Any], second: type[Any] | None, arguments: tuple[Any, ...]
) -> OllamaError:
    """Return an error of both classes, with the attributes of another one, which is its cause."""
    state = dict(error.__dict__)
    if isinstance(error, overlay.DecodeError):
        state.update(msg=str(error), doc=error.body.decode("utf-8", "replace"), pos=0, lineno=1, colno=1)
    elif isinstance(error, overlay.ResponseError):
        state["error"] = arguments[0]
        state["status_code"] = -1 if error.status_code == 200 else error.status_code  # -1 for the line of a stream
    elif isinstance(error, overlay.RequestError):
        state["error"] = str(error)
    combined: OllamaError = _make(first, second, arguments, state)
    vars(combined)["_request"] = getattr(error.__cause__, "_request", None)
    combined.__cause__ = error
    return combined


def _make(first: Any, second: Any, arguments: tuple[Any, ...], state: dict[str, Any]) -> Any:
    cls = _both(first, second)
    error = cls.__new__(cls, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


@cache
def _both(first: Any, second: Any) -> Any:
    """Return a class that inherits from both; it has the name of the more specific one."""
    if second is None or issubclass(first, second):
        return first

    def reduce(self: Any) -> tuple[Any, ...]:
        # The request of httpx, which may have a key, stays here.
        state = {name: value for name, value in self.__dict__.items() if name != "_request"}
        return _make, (first, second, self.args, state)

    name = second.__name__ if first is ResponseError else first.__name__
    return type(name, (first, second), {"__module__": __name__, "__reduce__": reduce, "__doc__": first.__doc__})


def invalid(title: str, problems: Sequence[tuple[str, str]], given: object) -> RequestError:
    """Return the error for a model that cannot be made, a ValidationError too where the program has pydantic.

    Args:
        title: The name of the model.
        problems: The names of the fields, and what is wrong with each.
        given: What it was to be made of.
    """
    core = sys.modules.get("pydantic_core")
    number = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} for {title}"
    text = "\n".join([number, *(f"{name}\n  {problem}" for name, problem in problems)])
    cls = None if core is None else _validation_error(core)
    if core is None or cls is None:
        return RequestError(text)
    lines = [
        {
            "type": core.PydanticCustomError("missing" if problem == "Field required" else "value_error", problem),
            "loc": (name,) if name else (),
            "input": given,
        }
        for name, problem in problems
    ]
    error: object = cls.from_exception_data(title, lines)
    if not isinstance(error, RequestError):
        return RequestError(text)
    error.error = text
    return error


@cache
def _validation_error(core: Any) -> type[Any] | None:
    """RequestError and pydantic's ValidationError in one, where pydantic allows that: not in its older versions."""

    def init(self: RequestError, *arguments: object) -> None:
        """Take what pydantic gives, of which it has made the error already."""

    def reduce(self: RequestError) -> tuple[Any, ...]:
        return RequestError, (self.error,)

    try:
        return type(
            "ValidationError",
            (RequestError, core.ValidationError),
            {"__init__": init, "__reduce__": reduce, "__module__": __name__},
        )
    except TypeError:
        return None
