"""Who may call the server: the rules of Ollama for the Host and the Origin of a request (CORS)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Final

from ollama_sdk.overlay.testing._http import HeaderPairs, Received
from ollama_sdk.overlay.testing._script import Reply

_OWN_SUFFIXES: Final = (".localhost", ".local", ".internal")
_OWN_ORIGINS: Final = tuple(
    f"{scheme}://{host}{port}"
    for host in ("localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104  # compared, not bound
    for scheme in ("http", "https")
    for port in ("", ":*")
)
_APP_ORIGINS: Final = ("app://*", "file://*", "tauri://*", "vscode-webview://*", "vscode-file://*")
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization,Content-Type,User-Agent,Accept,X-Requested-With"),
    ("Access-Control-Max-Age", "43200"),
)


class Access:
    """The rules of one server, which listens on a loopback address.

    Args:
        hosts: More names by which the server may be called; `*` matches any text.
        origins: More origins whose pages may call, as in `OLLAMA_ORIGINS`; `*` matches any text.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self._hosts = tuple(hosts)
        self._origins = (*_OWN_ORIGINS, *_APP_ORIGINS, *origins)

    def refusal(self, received: Received) -> Reply | None:
        """Return the answer to a request from outside or to a preflight; None for one that may be answered."""
        host = _name_of(received.headers.get("host", ""))
        if not _is_own(host) and not any(fnmatchcase(host, pattern) for pattern in self._hosts):
            return Reply(status=403, framing="length")
        if "origin" not in received.headers:
            return None
        if not self.allows(received.headers["origin"]):
            return Reply(status=403, framing="length")
        if received.method == "OPTIONS":
            return Reply(status=204, headers=_PREFLIGHT)
        return None

    def allows(self, origin: str) -> bool:
        """Whether the pages of an origin may call."""
        return any(fnmatchcase(origin, pattern) for pattern in self._origins)

    def headers(self, received: Received) -> HeaderPairs:
        """Return the headers that let the page of an allowed origin read the answer."""
        if "origin" not in received.headers or not self.allows(received.headers["origin"]):
            return ()
        return (("Access-Control-Allow-Origin", received.headers["origin"]), ("Vary", "Origin"))


def _name_of(host: str) -> str:
    """Return the name or address of a Host header, without brackets and port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def _is_own(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in ("", "localhost", socket.gethostname().lower()) or host.endswith(_OWN_SUFFIXES)
    return address.is_loopback or address.is_private or address.is_unspecified
