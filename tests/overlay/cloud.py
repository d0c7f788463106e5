"""https://ollama.com on this machine: a scripted server with a certificate that clients are made to trust."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from ollama_sdk.overlay.testing import OllamaServer


@cache
def identity() -> tuple[ssl.SSLContext, bytes]:
    """The TLS context of the server, and the certificate of the authority that it has its own from."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("ollama.com").configure_cert(context)
    return context, authority.cert_pem.bytes()


@contextmanager
def cloud_server(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[OllamaServer]:
    """Serve ollama.com, port 443, to every client of this process; other names cannot be resolved."""
    context, authority = identity()
    (folder / "authority.pem").write_bytes(authority)
    patch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    resolve, connect = socket.getaddrinfo, anyio.connect_tcp
    with OllamaServer(ssl_context=context, hosts=["ollama.com"]) as server:

        def resolve_here(host: Any, port: Any, *arguments: Any, **named: Any) -> Any:
            if host in (server.host, server.host.encode()):
                return resolve(host, port, *arguments, **named)
            if host not in ("ollama.com", b"ollama.com") or port != 443:
                raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is not ollama.com")
            return resolve(server.host, server.port, *arguments, **named)

        async def connect_here(remote_host: str, remote_port: int, **named: Any) -> Any:
            # anyio, under httpx's own transport, takes the address of the answer and keeps the port of the question.
            if (remote_host, remote_port) == ("ollama.com", 443):
                remote_host, remote_port = server.host, server.port
            return await connect(remote_host, remote_port, **named)

        patch.setattr(socket, "getaddrinfo", resolve_here)
        patch.setattr(anyio, "connect_tcp", connect_here)
        yield server
