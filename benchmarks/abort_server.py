"""A server that leaves every caller waiting, each in the phase that its path names, and tells what it sees.

It prints its port and one where connecting never ends; then `reached` when a call has come to its phase, and
`closed`, with the monotonic clock's time in seconds, when it sees that the client has closed the connection.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress

_NDJSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
_LINE = b'{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n'
_ANSWERS = {
    "headers": b"",
    "chunks": _NDJSON + b"%x\r\n%s\r\n" % (len(_LINE), _LINE),
    "line": _NDJSON + b'5\r\n{"mod\r\n',
    "body": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"model":',
    "retry": b"HTTP/1.1 503 Busy\r\nRetry-After: 50\r\nContent-Length: 0\r\n\r\n",
}
_UPLOAD_READ = 65536  # bytes per millisecond: slower than any client sends
_TLS_HANDSHAKE = b"\x16"

_printing = threading.Lock()


def _tell(what: str) -> None:
    with _printing:
        print(what, flush=True)


def _wait_until_closed(connection: socket.socket) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    poll.poll()
    _tell(f"closed {time.monotonic()}")


def _drain(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(_UPLOAD_READ):
            time.sleep(0.001)
    _tell(f"closed {time.monotonic()}")


def _serve(connection: socket.socket) -> None:
    with connection, suppress(ConnectionResetError):
        while data := _beginning(connection):
            phase = "tls" if data == _TLS_HANDSHAKE else data.split(b"/", 2)[1].decode()
            connection.sendall(_ANSWERS.get(phase, b""))
            _tell("reached")
            if phase == "upload":
                return _drain(connection)
            if phase != "retry":
                return _wait_until_closed(connection)
        return None


def _beginning(connection: socket.socket) -> bytes:
    """The head of a request, with as much of its body as comes with it, or the first byte of a TLS handshake."""
    if connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
        return connection.recv(1)
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return b""
        data += received
    return data


def main() -> None:
    """Serve until killed."""
    with socket.socket() as deaf, socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = [socket.socket() for _ in range(4)]  # they fill the queue of connections that nobody accepts
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(deaf.getsockname())
        _tell(f"{listener.getsockname()[1]} {deaf.getsockname()[1]}")
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
