"""What to do about a failure to connect, by its reason, and whether it would come again."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

ADVICE: Final[dict[str | None, str]] = {
    None: "is the server running there? Start it with `ollama serve`, or name another with host= or OLLAMA_HOST",
    "unknown host": "nobody knows this host; check its name in host= or OLLAMA_HOST",
    "descriptors": "too many files and sockets are open; close clients and streams, or raise the limit (`ulimit -n`)",
    "certificate": "its certificate is not accepted; SSL_CERT_FILE can name a file with that of its authority, and "
    "host= must have a name that the certificate is for",
    "TLS": "the two do not speak the same TLS; if the server speaks none, its URL begins with http://",
}
"""What to do, by what `lasting_reason` returns."""

_UNKNOWN_HOST = ("EAI_NONAME", "EAI_NODATA", "EAI_FAIL", "EAI_ADDRFAMILY")
_CUT = {"SSLEOFError", "SSLZeroReturnError", "SSLSyscallError"}


def lasting_reason(error: BaseException) -> str | None:
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
