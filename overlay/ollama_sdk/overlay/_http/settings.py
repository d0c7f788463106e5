"""The settings of a transport, whether one can be used here, and the hook by which a request can be aborted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

import httpx

if TYPE_CHECKING:
    import ssl

DEFAULT_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0)
"""The limits of httpx's own transports; `keepalive_expiry` in seconds."""


def is_available() -> bool:
    """Whether `Transport` and `AsyncTransport` can be used; where they cannot, httpx's own transports are.

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
        """Whether the caller has aborted, which tells its own code why the transport raised."""
        ...

    def set_interrupt(self, function: Callable[[], None], /) -> object:
        """Take the function that ends the request, and call it at once if the caller has aborted already.

        Args:
            function: Makes the transport raise an `httpx.TransportError`, close the connection and free its place in
                the pool, whatever it is waiting for. May be called from any thread and from a signal handler, at any
                time, again and again; it does nothing once the response was read or closed.
        """
        ...


class EndsItsWaits:
    """Base of the transports that end the waits of an aborted request themselves, by its `abort` extension."""


class Settings:
    """The settings that all connections of a transport share."""

    def __init__(
        self, verify: ssl.SSLContext | bool, limits: httpx.Limits, max_header_bytes: int, uds: str | None
    ) -> None:
        """Keep the settings.

        Args:
            verify: A TLS context, or whether to check certificates.
            limits: How many connections the pool may have, and how many of them idle.
            max_header_bytes: Size in bytes that the head of a response may have.
            uds: Path of a Unix domain socket to connect to, whatever the URL's host is.
        """
        self.limits = limits
        self.max_header_bytes = max_header_bytes
        self.uds = uds
        self._verify = verify
        self._context: ssl.SSLContext | None = None

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS context, which is made when it is first needed, since that takes 50 milliseconds."""
        if self._context is None:
            context = httpx.create_ssl_context(verify=self._verify)  # the first argument of httpx 0.27 is another one
            context.set_alpn_protocols(["http/1.1"])
            self._context = context
            return context
        return self._context
