"""Requests that got no answer: whether they may be sent again, and their errors, which say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from ollama_sdk.overlay import _httpx as httpx
from ollama_sdk.overlay._answers.answers import caused_by, explain, timeout_error
from ollama_sdk.overlay._config import origin_of
from ollama_sdk.overlay._errors import ConnectError, IncompleteStreamError, OllamaError, one_line
from ollama_sdk.overlay._http.failures import foreign
from ollama_sdk.overlay._httpcore.failures import begun, unix_socket

if TYPE_CHECKING:
    from ollama_sdk.overlay._calls.calls import Call
    from ollama_sdk.overlay._sending.environment import Proxy
    from ollama_sdk.overlay._sending.request import Request

_ADVICE: Final[dict[str | None, str]] = {
    None: "is the server running there? Start it with `ollama serve`, or name another with host= or OLLAMA_HOST",
    "unknown host": "nobody knows this host; check its name in host= or OLLAMA_HOST",
    "descriptors": "too many files and sockets are open; close clients and streams, or raise the limit (`ulimit -n`)",
    "certificate": "its certificate is not accepted; SSL_CERT_FILE can name a file with that of its authority, and "
    "host= must have a name that the certificate is for",
    "TLS": "the two do not speak the same TLS; if the server speaks none, its URL begins with http://",
}
"""What to do, by what `_lasting_reason` returns."""

_UNKNOWN_HOST = ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL", "EAI_ADDRFAMILY")
_CUT = {"SSLEOFError", "SSLZeroReturnError", "SSLSyscallError"}


def can_retry(sent: httpx.Request, error: Exception) -> bool:
    """Return whether a failed request may be sent again: nobody answered it, not even with a single byte."""
    if isinstance(error, httpx.ConnectError) and _lasting_reason(error) is not None:
        return False
    may_pass = isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError | httpx.ConnectTimeout)
    return may_pass and not begun(sent, error) and foreign(error) is None


def failure_of(
    error: Exception, request: Request[Any], call: Call, sent: httpx.Request, proxy: Proxy | None
) -> Exception:
    """Return the error for a request that got no answer, or no more than a part of its head, with its cause."""
    is_request_error = isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError)
    # trio passes on the UnicodeError of a name that no lookup takes.
    is_network_error = isinstance(error, httpx.TransportError | OSError | UnicodeError) and foreign(error) is None
    if call.aborted or is_request_error or not is_network_error:
        return explain(error, where=request.where, call=call, request=None)
    return caused_by(error, _no_answer(error, request, sent, proxy.setting if proxy else None))


def _no_answer(error: Exception, request: Request[Any], sent: httpx.Request, proxy: str | None) -> OllamaError:
    where, (_, host, port) = request.where, origin_of(request.url)
    if isinstance(error, httpx.TimeoutException):
        through = f" through the proxy {proxy}" if proxy and isinstance(error, httpx.ConnectTimeout) else ""
        return timeout_error(error, where + through, request.limits)
    fault, socket = begun(sent, error), unix_socket(error)
    if fault == "cut":
        return IncompleteStreamError(
            f"the connection ended when the answer to {where} had begun, in the middle of its head"
        )
    address = f"the socket {socket}" if socket else f"{host}:{port}"
    detail = one_line(str(error)) or type(error).__name__
    if isinstance(error, httpx.ProxyError):
        return ConnectError(
            f"the proxy {proxy or 'of the httpx client'} did not connect to {address} ({detail}); NO_PROXY={host} "
            "goes around a proxy of the environment, whose variable may have a user name and a password in its URL"
        )
    peer = f"the proxy {proxy}, or {address} behind it," if proxy else address
    if fault == "malformed":
        return ConnectError(
            f"{peer} answered {where}, but not in HTTP/1.1 that can be read ({detail}); "
            "is this an Ollama server, and is nothing in between?"
        )
    if isinstance(error, httpx.ConnectError | UnicodeError):
        reason = _lasting_reason(error)
        if proxy is not None and reason in (None, "unknown host"):
            return ConnectError(
                f"cannot connect to the proxy {proxy} on the way to {address} ({detail}); is that the right proxy? "
                f"NO_PROXY={host} goes around it"
            )
        return ConnectError(f"cannot connect to {address} ({detail}); {_ADVICE[reason]}")
    return ConnectError(f"{peer} closed the connection before it answered {where} ({detail})")


def _lasting_reason(error: BaseException) -> str | None:
    """Return why trying again to connect would fail again; None if it may succeed."""
    import socket  # not before a failure: a client that is only made needs none

    unknown_host = {getattr(socket, name, None) for name in _UNKNOWN_HOST}
    for cause in _causes(error):
        if isinstance(cause, UnicodeError) or (isinstance(cause, socket.gaierror) and cause.errno in unknown_host):
            return "unknown host"
        if isinstance(cause, OSError) and cause.errno in (errno.EMFILE, errno.ENFILE):
            return "descriptors"
        kinds = {kind.__name__ for kind in type(cause).__mro__}  # by name, as the import of ssl takes long
        if "SSLCertVerificationError" in kinds:
            return "certificate"
        if "SSLError" in kinds and not kinds & _CUT:
            return "TLS"
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes; anyio puts those of several addresses in a group."""
    while error is not None:
        yield error
        inner = error.exceptions[-1] if isinstance(error, BaseExceptionGroup) else None
        error = inner or error.__cause__ or error.__context__
