"""What the failure of a request tells: whether it is one of the network at all, and the state of its connection.

Our transports note `reused` and `begun` in the extensions of the request. Connections of httpcore (1.0) and httpcore2
have private attributes for both, and are found in the frames of the exception; without them both are denied.
"""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

NO_ANSWER: Final = "Server disconnected without sending a response."
"""What our transports say, in the words of httpcore, which programs and their logs know."""

_TO_CONNECTION: Final = (  # from the stream of a response of httpx, or of httpx2
    *("_response", "stream", "_stream", "_httpcore_stream", "_pool_request"),
    *("connection", "_connection", "_connection"),
)
_NO_ANSWERS: Final = ("Server disconnected", "<ConnectionTerminated")  # httpcore, over HTTP/1.1 and HTTP/2

_NETWORK: Final = {
    *("anyio", "asyncio", "eventlet", "gevent", "h11", "h2", "hpack", "httpcore", "httpcore2", "httptools"),
    *("httpx", "httpx2", "idna", "ollama_sdk", "select", "selectors", "socket", "socksio", "ssl"),
    *("trio", "truststore", "uvloop"),
}
"""Packages whose exceptions and calls are those of the network, and ours."""

_OF_SOCKETS: Final = (BrokenPipeError, ConnectionAbortedError, ConnectionRefusedError, ConnectionResetError)


def foreign(error: Exception, *, aborted: bool = False) -> Exception | None:
    """Return the exception that other code than the network's raised, or None if the network failed.

    Such code is a signal handler, which runs in the middle of a wait, or the caller's own transport or authentication.
    It may raise what sockets raise too, such as TimeoutError, which httpx and our connections wrap. Code of the network
    that is `aborted` may raise anything.
    """
    import httpx  # not before the first request

    cause: BaseException = error
    while is_known := _package(cause) in _NETWORK or isinstance(cause, httpx.HTTPError):
        inner = cause.__cause__ or cause.__context__  # httpcore removes the cause
        if inner is None:
            break
        cause = inner
    if is_known or not isinstance(cause, Exception) or type(cause) in _OF_SOCKETS:
        return None
    modules = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(cause.__traceback__)]
    packages = [str(module).partition(".")[0] for module in modules]
    raised_by = next((name for name in packages[::-1] if name in _NETWORK or name not in sys.stdlib_module_names), "")
    if raised_by in _NETWORK or not raised_by:
        is_usual = isinstance(cause, OSError | RuntimeError | UnicodeError) and not isinstance(cause, RecursionError)
        return None if cause is not error or is_usual or aborted else cause
    # Where other code has caught it, a transport of the caller means a failure of the network, or it is a context only.
    return cause if cause is error or (isinstance(cause, OSError) and packages[0] in _NETWORK) else None


def _package(error: BaseException) -> str:
    return type(error).__module__.partition(".")[0]


def was_reused(request: httpx.Request, failure: Exception | httpx.Response) -> bool:
    """Return whether a request was sent on a connection that had served another one."""
    if isinstance(failure, Exception):
        connection = next((frame["self"] for frame in _frames(failure) if _count(frame.get("self"))), None)
    else:
        connection = failure.stream
        for name in _TO_CONNECTION:
            connection = getattr(connection, name, connection)
    return "reused" in request.extensions or _count(connection) > 1


def begun(request: httpx.Request, error: Exception) -> Literal["", "cut", "malformed"]:
    """Return how the head of an answer that had begun went wrong, if a request failed after its first byte had come.

    Returns:
        "malformed" if it cannot be read, "cut" if it ended too early, also after an interim answer; else "".
    """
    import httpx  # not before the first request

    if isinstance(error, httpx.RemoteProtocolError) and not str(error).startswith(_NO_ANSWERS):
        return "malformed"
    for frame in _frames(error):
        state = getattr(frame.get("self"), "_h11_state", None)
        if state is not None and (unread := state.trailing_data[0]):
            return "cut" if unread.startswith(b"HTTP/"[: len(unread)]) else "malformed"
        if type(frame.get("event")).__name__ == "InformationalResponse":
            return "cut"
    return "cut" if "begun" in request.extensions else ""


def _frames(error: BaseException | None) -> list[Mapping[str, Any]]:
    """Return the local variables of httpcore or httpcore2 in the tracebacks of an exception and its causes."""
    frames: list[Mapping[str, Any]] = []
    while error is not None:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals.get("__name__", "").startswith(("httpcore.", "httpcore2.")):
                frames.append(frame.f_locals)
        error = error.__cause__
    return frames


def _count(connection: Any) -> int:
    """Return how many requests a connection has had; 0 if that is not known."""
    count = getattr(connection, "_request_count", 0)
    return count if isinstance(count, int) else 0
