"""A server that answers faster than any client can read, in a process of its own.

Answers are made beforehand; a request is only looked at for its path and length. What stands before /api says which
answer is wanted: /chunks-20000/api/chat streams that many pieces, /tools-500/api/chat as many with a tool call each,
/live-500-32/api/chat sends each piece alone, as one of 32 such streams, and /models-1000/api/tags lists that many
models. It prints its URL; /cpu tells the CPU seconds that it has taken.
"""

from __future__ import annotations

import functools
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

PACE = 0.0002
"""Seconds between two pieces of a live stream: long enough for every client to have read the one before."""

_TIME = "2026-11-23T14:14:38.566140232Z"
_CHUNK = {"model": "smollm2:135m", "created_at": _TIME}
_COUNTS = {"prompt_eval_count": 9, "prompt_eval_duration": 1000000, "eval_count": 5, "eval_duration": 4000000}
_LAST = {"done": True, "done_reason": "stop", "total_duration": 5000000, "load_duration": 1000000, **_COUNTS}
_FAMILY = {"parent_model": "", "format": "gguf", "family": "llama", "families": ["llama"]}
_DETAILS = {**_FAMILY, "parameter_size": "134.52M", "quantization_level": "Q4_1"}
_CALL = {"id": "call_1", "function": {"index": 0, "name": "weather", "arguments": {"city": "Paris", "days": 3}}}
_PER_BLOCK = 100
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_NDJSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _http_chunk(value: object) -> bytes:
    line = _json(value) + b"\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


def _message(**fields: object) -> dict[str, object]:
    return {"message": {"role": "assistant", "content": "", **fields}}


def _embeddings() -> dict[str, object]:
    """256 vectors of 768, with the digits that Go writes: as few as tell one float32 from the next."""
    rows = np.random.default_rng(1).uniform(-0.1, 0.1, (256, 768)).astype(np.float32)
    vectors = [[float(str(value)) for value in row] for row in rows]
    return {"model": "all-minilm", "embeddings": vectors, "total_duration": 5000000, "prompt_eval_count": 256}


def _models(count: int) -> dict[str, object]:
    """What `list` says of so many models."""

    def model(number: int) -> dict[str, object]:
        name = f"model-{number}:latest"
        about = {"modified_at": _TIME, "size": 91_000_000 + number, "digest": f"{number:064x}", "details": _DETAILS}
        return {"name": name, "model": name, **about}

    return {"models": [model(number) for number in range(count)]}


def _verbose() -> dict[str, object]:
    """What `show` says of a model when asked for everything: 50,000 tokens, as many merges, and the tensors."""
    names = [f"blk.{number}.attn_q.weight" for number in range(300)]
    return {
        "modelfile": "FROM smollm2:135m\n",
        "template": "{{ .Prompt }}",
        "details": _DETAILS,
        "model_info": {
            "general.architecture": "llama",
            "general.parameter_count": 134515008,
            "tokenizer.ggml.merges": [f"me rge{number}" for number in range(50_000)],
            "tokenizer.ggml.token_type": [1] * 50_000,
            "tokenizer.ggml.tokens": [f"token{number}" for number in range(50_000)],
        },
        "tensors": [{"name": name, "type": "Q4_1", "shape": [576, 576]} for name in names],
        "capabilities": ["completion"],
        "modified_at": _TIME,
    }


@functools.cache
def _whole(path: str) -> bytes:
    prefix, _, operation = path.rpartition("/api/")
    value: object = {
        "chat": lambda: {**_CHUNK, **_message(content="All the words of an answer. " * 20), **_LAST},
        "embed": _embeddings,
        "show": _verbose,
        "tags": lambda: _models(int(prefix.rpartition("-")[2] or 0)),
        "version": lambda: {"version": "0.12.6"},
    }[operation]()
    body = _json(value)
    return _HEAD % (len(body), body)


@functools.cache
def _pieces(kind: str, operation: str) -> tuple[bytes, bytes]:
    """One piece of a stream, and its last one."""
    if operation == "generate":
        piece: dict[str, object] = {"response": " word"}
        last: dict[str, object] = {"response": ""}
    else:
        piece, last = _message(tool_calls=[_CALL]) if kind == "tools" else _message(content=" word"), _message()
    return _http_chunk({**_CHUNK, **piece, "done": False}), _http_chunk({**_CHUNK, **last, **_LAST})


def answer(path: str) -> Iterator[bytes]:
    """What is sent for a path, in as many writes."""
    kind, _, count = path.split("/")[1].partition("-")
    if path == "/cpu":
        seconds = _json(time.process_time())
        yield _HEAD % (len(seconds), seconds)
    elif kind not in {"chunks", "tools", "live"}:
        yield _whole(path)
    else:
        piece, last = _pieces(kind, path.rpartition("/")[2])
        yield _NDJSON
        if kind == "live":
            count, _, streams = count.partition("-")
            for _ in range(int(count)):
                yield piece
                time.sleep(PACE * int(streams or 1))  # that many streams bring a chunk in each PACE together
        else:
            block = piece * _PER_BLOCK
            for _ in range(int(count) // _PER_BLOCK):
                yield block
        yield last + b"0\r\n\r\n"


def _serve(connection: socket.socket) -> None:
    data = b""
    with connection, suppress(OSError):
        while received := connection.recv(65536):
            data += received
            if b"\r\n\r\n" not in data:
                continue
            head, _, body = data.partition(b"\r\n\r\n")
            length = _LENGTH.search(head)
            missing = int(length[1]) - len(body) if length else 0
            while missing > 0:
                missing -= len(connection.recv(missing))
            data = b""
            for part in answer(head.split(b" ", 2)[1].decode()):
                connection.sendall(part)


def main() -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
