"""Find out from a failed request, or from a response, how its connection was used.

Our transports note `reused` and `begun` in the extensions of the request. Connections of httpcore (1.0) and httpcore2
have private attributes for both, and for a socket, and are found in the frames of the exception; without them all
answers are "no".
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_TO_CONNECTION: Final = (  # from the stream of a response of httpx, or of httpx2
    *("_response", "stream", "_stream", "_httpcore_stream", "_pool_request"),
    *("connection", "_connection", "_connection"),
)
_NO_ANSWERS: Final = ("Server disconnected", "<ConnectionTerminated")  # httpcore, over HTTP/1.1 and HTTP/2


def was_reused(request: httpx.Request, failure: Exception | httpx.Response) -> bool:
    """Return whether a request was sent on a connection that had served another one."""
    if isinstance(failure, Exception):
        connection = next((frame["self"] for frame in _frames(failure) if _count(frame.get("self"))), None)
    else:
        connection = failure.stream
        for name in _TO_CONNECTION:
            connection = getattr(connection, name, connection)
    return "reused" in request.extensions or _count(connection) > 1


def unix_socket(error: Exception) -> str | None:
    """Return the path of the Unix domain socket over which a request failed, or None."""
    paths = (getattr(frame.get("self"), "_uds", None) for frame in _frames(error))
    return next(filter(None, paths), None)


def begun(request: httpx.Request, error: Exception) -> Literal["", "cut", "malformed"]:
    """Return what was wrong with the head of an answer, if a request failed after the first byte had arrived.

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
