"""The settings of a transport, whether one can be used here, and the hook by which a request can be aborted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import httpx
from attrs import define, field

from ollama_sdk.overlay._runtime import fork_lock

if TYPE_CHECKING:
    import ssl

DEFAULT_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=100, keepalive_expiry=5.0)
"""The most connections, the most idle connections, and the seconds for which an idle one is kept."""

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")


def is_available() -> bool:
    """Whether `Transport` and `AsyncTransport` can be used; otherwise httpx's own transports are used.

    They need httptools, which is not installed on every platform (PyPy).
    """
    try:
        import httptools  # noqa: F401  # here, since a program that sends nothing does not need it
    except ImportError:
        return False
    return True


class AbortHook(Protocol):
    """The `abort` extension of a request that can be aborted."""

    @property
    def aborted(self) -> bool:
        """Whether the caller has aborted, and the transport raises because of that."""
        ...

    def set_interrupt(self, function: Callable[[], None], /) -> object:
        """Take the function that ends the request, and call it at once if the caller has aborted already.

        Args:
            function: Makes the transport raise an `httpx.TransportError`, close the connection and free its place in
                the pool, whatever it is waiting for. May be called from any thread and from a signal handler, at any
                time, again and again; it does nothing once the response was read or closed.
        """
        ...


class AbortableTransport:
    """Base of the transports that end every wait of a request whose `abort` extension is aborted."""


@define(eq=False)
class Settings:
    """The settings that all connections of a transport share.

    Attributes:
        verify: A TLS context, or whether to check the certificates of https servers.
        limits: How many connections there may be at once and idle, and for how many seconds idle ones are kept.
        max_header_bytes: Size in bytes that the head of a response may have.
        uds: Path of a Unix domain socket to connect to, whatever the URL's host is.
    """

    verify: ssl.SSLContext | bool = True
    limits: httpx.Limits = DEFAULT_LIMITS
    max_header_bytes: int = 65536
    uds: str | None = None
    _context: ssl.SSLContext | None = field(default=None, init=False)

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS context, which is made when it is first needed, since that takes 50 milliseconds.

        Raises:
            httpx.LocalProtocolError: A variable of the environment names no certificates.
        """
        if self._context is None:
            if self.verify is True:
                _check_certificates()
            try:
                with fork_lock:
                    context = httpx.create_ssl_context(verify=self.verify)  # httpx 0.27 has another first argument
            except OSError as error:  # ssl.SSLError is one
                raise _unusable(error, "SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE") from error
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
        return self._context


def _check_certificates() -> None:
    """Raise httpx.LocalProtocolError if SSL_CERT_FILE or SSL_CERT_DIR, whichever httpx reads, names no certificates."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file and not os.path.isfile(file):
        raise _unusable("there is no such file", "SSL_CERT_FILE")
    # OpenSSL looks a certificate up in a folder when it needs it, by the hash of its name.
    if folder and not file and not (os.path.isdir(folder) and any(map(_HASHED_NAME.fullmatch, os.listdir(folder)))):
        raise _unusable("it has no certificates named by `openssl rehash`", "SSL_CERT_DIR")


def _unusable(why: object, *names: str) -> httpx.LocalProtocolError:
    settings = " or ".join(f"{name}={value}" for name in names if (value := os.environ.get(name)))
    return httpx.LocalProtocolError(f"{settings or 'the trusted certificates'} cannot be used: {why}")
