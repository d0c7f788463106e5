"""Decide whether a failed request failed in the network, or in other code."""

from __future__ import annotations

import sys
import traceback
from typing import Final

NO_ANSWER: Final = "Server disconnected without sending a response."
"""The message of our transports; it is that of httpcore, which programs and logs know."""

_NETWORK: Final = {
    *("anyio", "asyncio", "eventlet", "gevent", "h11", "h2", "hpack", "httpcore", "httpcore2", "httptools"),
    *("httpx", "httpx2", "idna", "ollama_sdk", "select", "selectors", "socket", "socksio", "ssl"),
    *("trio", "truststore", "uvloop"),
}
"""Packages whose exceptions and frames count as the network's: those of the transports, and this one."""

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
