"""The settings of httpx's own transports; httpcore is not imported before one is made."""

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx

from ollama_sdk.overlay._http.settings import AbortableTransport, Settings
from ollama_sdk.overlay._http.sockets import SOCKET_OPTIONS
from ollama_sdk.overlay._runtime import fork_lock

HTTPX_LIMITS: Final = httpx.Limits(max_connections=1000, max_keepalive_connections=20, keepalive_expiry=5.0)
"""How many connections there may be at once and idle: httpx's pool looks at all idle ones for each request."""


class WatchedTransport(AbortableTransport):
    """Base of the transports over httpcore; a `Watch` of `abort.py` ends the waits of their requests."""


def httpx_arguments(settings: Settings, proxy: str | None, *, is_secure: bool) -> dict[str, Any]:
    """Return the arguments by which a transport of httpx has the settings of ours.

    Args:
        settings: The settings.
        proxy: URL of a proxy, or None.
        is_secure: Whether it is for https URLs; else no certificates are loaded, which may be missing.
    """
    to_secure_proxy = (proxy or "").lower().startswith("https:")
    with fork_lock:
        context = settings.tls_context() if is_secure or to_secure_proxy else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return {
        "verify": context,
        "limits": settings.limits,
        "uds": settings.uds,
        "proxy": proxy and httpx.Proxy(proxy, ssl_context=context if to_secure_proxy else None),
        "socket_options": None if settings.uds else SOCKET_OPTIONS,  # they are of TCP
    }


def transport_on_trio(settings: Settings) -> httpx.AsyncBaseTransport:
    """Return the transport that `AsyncTransport` uses under trio."""
    from ollama_sdk.overlay._httpcore.transports import LoopTransports  # which imports asyncio, and httpcore later

    return LoopTransports(
        lambda is_secure: httpx.AsyncHTTPTransport(**httpx_arguments(settings, None, is_secure=is_secure))
    )
