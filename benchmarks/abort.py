"""How long abort() takes in every phase: until the caller has its exception, and until the server sees the close.

Run by itself, it measures one transport in this process and prints JSON. Arguments: transport, repetitions.
"""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import statistics
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import httpx

from benchmarks import measure
from benchmarks.contenders import MESSAGES
from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama

MEDIAN_LIMIT, MAXIMUM_LIMIT = 10.0, 200.0
"""Milliseconds from the call of abort() to the exception."""

TRANSPORTS = {
    "own": "our transport",
    "own-async": "our transport, async",
    "stock": "httpx's transport",
    "stock-async": "httpx's transport, async",
}
_CLIENTS: dict[str, Any] = {"": (Ollama, httpx.HTTPTransport), "async": (AsyncOllama, httpx.AsyncHTTPTransport)}
Latencies = dict[str, list[float]]
"""By phase, and by who saw it: the median and the maximum in milliseconds."""

_JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
_NDJSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
_LINE = b'{"model":"m","message":{"role":"assistant","content":"a"},"done":false}\n'
PHASES = {  # what the server answers before it leaves the caller waiting
    "waiting for headers": b"",
    "in a body, not streamed": _JSON + b'{"model":',
    "between chunks": _NDJSON + b"%x\r\n%s\r\n" % (len(_LINE), _LINE),
    "inside a line": _NDJSON + b'5\r\n{"mod\r\n',
    "uploading": b"",
    "waiting to try again": b"HTTP/1.1 503 Busy\r\nRetry-After: 50\r\nContent-Length: 0\r\n\r\n",
    "TLS handshake": b"",
    "connecting": b"",
}
_PATIENCE = 30.0  # seconds after which a call counts as not ended
_SETTLE = 0.003  # seconds until a call that has reached its phase is blocked in it
_SETTLE_UNSEEN = 0.02  # the same where no server can tell that the phase was reached
_UPLOAD_READ = 65536  # bytes per millisecond: slower than any client sends


class _Server:
    """Leaves every caller waiting in a phase, and tells when that is reached, and when it sees the close."""

    def __init__(self, phase: str) -> None:
        self._phase = phase
        self.reached: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.closed: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0 if phase == "connecting" else 64)
        self.port = self._listener.getsockname()[1]
        if phase == "connecting":  # nobody accepts, and the queue is full
            self._waiting = [socket.socket() for _ in range(4)]
            for client in self._waiting:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", self.port))
        else:
            threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        with connection, suppress(OSError):
            while received := connection.recv(1 if self._phase == "TLS handshake" else _UPLOAD_READ):
                head += received
                if self._phase == "TLS handshake" or b"\r\n\r\n" in head:
                    connection.sendall(PHASES[self._phase])
                    self.reached.put(None)
                    if self._phase != "waiting to try again":
                        break
                    head = b""
            while connection.recv(_UPLOAD_READ):
                time.sleep(0.001)
        self.closed.put(time.monotonic())


def _call(client: Any, phase: str) -> Any:
    if phase == "uploading":
        return client.create_blob(bytes(8 << 20))
    return client.chat("m", MESSAGES, stream=phase in {"between chunks", "inside a line"})


async def _read(client: AsyncOllama, phase: str) -> None:
    async for _ in await _call(client, phase):
        pass


def _wait(client: Ollama | AsyncOllama, phase: str, ended: queue.SimpleQueue[float]) -> None:
    """Tell when a call has ended with AbortError; any other end shows on standard error."""
    try:
        list(_call(client, phase)) if isinstance(client, Ollama) else asyncio.run(_read(client, phase))
    except AbortError:
        ended.put(time.monotonic())


def _phase(transport: str, phase: str, repetitions: int) -> Latencies:
    server = _Server(phase)
    url = f"{'https' if phase == 'TLS handshake' else 'http'}://127.0.0.1:{server.port}"
    own, stock = _CLIENTS[transport.partition("-")[2]]
    client = own(url, transport=stock() if transport.startswith("stock") else None)
    ended: queue.SimpleQueue[float] = queue.SimpleQueue()
    times: dict[str, list[float]] = {f"{phase}, exception": [], f"{phase}, seen by the server": []}
    exceptions, closes = times.values()
    for _ in range(repetitions):
        threading.Thread(target=_wait, args=(client, phase, ended), daemon=True).start()
        if phase == "connecting":
            time.sleep(_SETTLE_UNSEEN)
        else:
            server.reached.get(timeout=_PATIENCE)
            time.sleep(_SETTLE)
        began = time.monotonic()
        client.abort()
        exceptions.append((ended.get(timeout=_PATIENCE) - began) * 1000)
        if phase not in {"connecting", "waiting to try again"}:
            closes.append((server.closed.get(timeout=_PATIENCE) - began) * 1000)
    return {what: [statistics.median(found), max(found)] for what, found in times.items() if found}


def figures(repetitions: int) -> dict[str, Latencies]:
    """The latencies by transport, each measured in a fresh process.

    Raises:
        SystemExit: A call did not end with AbortError, or the server did not see the close.
    """
    command = [sys.executable, "-m", "benchmarks.abort"]
    return {name: measure.run("sdk", [*command, name, str(repetitions)]) for name in TRANSPORTS}


def table(latencies: dict[str, Latencies]) -> str:
    """Median and maximum, by phase and transport."""
    head = "abort, milliseconds (median / maximum)"
    lines = [f"{head:44}" + "".join(f"{TRANSPORTS[name]:>26}" for name in latencies)]
    for label in next(iter(latencies.values())):
        cells = (" / ".join(f"{time:.2f}" for time in found[label]) for found in latencies.values())
        lines.append(f"{label:44}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def missed(latencies: dict[str, Latencies]) -> list[str]:
    """What does not keep the limits."""
    return [
        f"abort, {TRANSPORTS[transport]}, {label}: {median:.1f} ms, at most {maximum:.1f}"
        for transport, found in latencies.items()
        for label, (median, maximum) in found.items()
        if label.endswith("exception") and (median > MEDIAN_LIMIT or maximum > MAXIMUM_LIMIT)
    ]


def main() -> None:
    transport, repetitions = sys.argv[1:]
    found: Latencies = {}
    for phase in PHASES:
        found |= _phase(transport, phase, int(repetitions))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
