"""Servers that answer when they have the head of a request, and then do different things with the rest."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

from transport.raw_server import Peer, Serve

BODY = b'{"error":"too large"}'
TOO_LARGE = b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
UNAUTHORIZED = b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
CONTINUED = b"HTTP/1.1 100 Continue\r\n\r\n" + TOO_LARGE


def reads_on(peer: Peer) -> None:
    peer.wait_until_closed()


def stops_reading(peer: Peer) -> None:
    """Until the client has closed the connection, which is seen without reading what it had sent."""
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with unencrypted(peer) as raw:
        while raw.recv(1, socket.MSG_PEEK) and not is_half_closed(raw):
            pass


def unencrypted(peer: Peer) -> socket.socket:
    """The socket below TLS, which waits."""
    raw = socket.socket(fileno=socket.dup(peer.sock.fileno()))
    raw.setblocking(True)  # with a time limit, which they share, the file does not wait
    return raw


def is_half_closed(sock: socket.socket) -> bool:
    """Whether the client has closed its side, whatever is still to be read."""
    import select

    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    return bool(poll.poll(50))


def closes(peer: Peer) -> None:
    peer.sock.close()


def ends_well(peer: Peer) -> None:
    """Say goodbye, and read on for a moment, as careful servers do."""
    with unencrypted(peer) as raw:
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass


def answering(serve: Serve, answer: bytes, then: Callable[[Peer], None], tls: ssl.SSLContext | None) -> str:
    """The URL of a server that answers when it has the head of a request."""

    def handler(peer: Peer) -> None:
        # As servers do; otherwise the answer may still wait for the client's receipt when the connection is closed.
        peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.read_until(b"\r\n\r\n")
        with suppress(ssl.SSLError):
            peer.send(answer)
            then(peer)

    url = serve(handler, tls).url
    return url.replace("127.0.0.1", "localhost")
