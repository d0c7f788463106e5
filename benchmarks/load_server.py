"""A server that answers faster than any client can read, in a process of its own.

Every answer is made beforehand; a request is only looked at for its path and length. It prints its port.
"""

from __future__ import annotations

import json
import random
import re
import socket
import sys
import threading

_CHUNK = {"model": "smollm2:135m", "created_at": "2026-11-23T14:14:38.566140232Z"}
_LAST = {"done": True, "done_reason": "stop", "total_duration": 5000000, "eval_count": 5, "eval_duration": 4000000}
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def _http_chunk(value: object) -> bytes:
    line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


def _whole(value: object) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def _stream(piece: dict[str, object], last: dict[str, object], count: int) -> tuple[bytes, bytes, int, bytes]:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head, _http_chunk({**_CHUNK, **piece, "done": False}) * 100, count // 100, _http_chunk(last) + b"0\r\n\r\n"


def answers(count: int) -> dict[bytes, tuple[bytes, bytes, int, bytes]]:
    """What is sent for each path: head, block, repetitions of the block, end."""
    message = {"role": "assistant", "content": " word"}
    random.seed(1)
    vectors = [[random.uniform(-0.1, 0.1) for _ in range(768)] for _ in range(256)]
    return {
        b"/api/chat": _stream({"message": message}, {**_CHUNK, "message": {**message, "content": ""}, **_LAST}, count),
        b"/api/generate": _stream({"response": " word"}, {**_CHUNK, "response": "", **_LAST}, count),
        b"/api/version": (_whole({"version": "0.12.6"}), b"", 0, b""),
        b"/api/tags": (_whole({"models": []}), b"", 0, b""),
        b"/api/embed": (_whole({"model": "all-minilm", "embeddings": vectors}), b"", 0, b""),
    }


def _serve(connection: socket.socket, table: dict[bytes, tuple[bytes, bytes, int, bytes]]) -> None:
    with connection:
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                received = connection.recv(65536)
                if not received:
                    return
                data += received
            head, _, body = data.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            missing = int(length[1]) - len(body) if length else 0
            while missing > 0:
                missing -= len(connection.recv(missing))
            data = b""
            start, block, repetitions, end = table[head.split(b" ", 2)[1]]
            try:
                connection.sendall(start)
                for _ in range(repetitions):
                    connection.sendall(block)
                if end:
                    connection.sendall(end)
            except OSError:
                return


def main() -> None:
    """Serve until killed."""
    table = answers(int(sys.argv[1]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection, table), daemon=True).start()


if __name__ == "__main__":
    main()
