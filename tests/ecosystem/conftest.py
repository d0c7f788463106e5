"""The fixtures of the overlay's tests: a scripted server, and clients of both kinds."""

from __future__ import annotations

from overlay.conftest import (
    _no_settings_from_outside,
    api,
    kind,
    loop_thread,
    make_api,
    server,
    transport,
    unused_port,
    waits,
)

__all__ = [
    "_no_settings_from_outside",
    "api",
    "kind",
    "loop_thread",
    "make_api",
    "server",
    "transport",
    "unused_port",
    "waits",
]
