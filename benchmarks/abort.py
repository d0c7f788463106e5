"""How long abort() takes in every phase: until the caller has its exception, and until the server sees the close.

Run by itself, it measures one transport in this process and prints JSON. Arguments: transport, repetitions.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import queue
import socket
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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


def _ended(client: Ollama, phase: str) -> float:
    try:
        list(_call(client, phase))
    except AbortError:
        return time.monotonic()
    raise RuntimeError("the call ended without AbortError")


async def _ended_async(client: AsyncOllama, phase: str) -> float:
    try:
        async for _ in await _call(client, phase):
            pass
    except AbortError:
        return time.monotonic()
    raise RuntimeError("the call ended without AbortError")


def _phase(transport: str, phase: str, repetitions: int) -> dict[str, Any]:
    server, stock = _Server(phase), transport.startswith("stock")
    url = f"{'https' if phase == 'TLS handshake' else 'http'}://127.0.0.1:{server.port}"
    client: Ollama | AsyncOllama
    if transport.endswith("async"):
        client = AsyncOllama(url, transport=httpx.AsyncHTTPTransport() if stock else None)
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, daemon=True).start()
        begin = functools.partial(_begin_async, client, phase, loop)
    else:
        client = Ollama(url, transport=httpx.HTTPTransport() if stock else None)
        begin = functools.partial(ThreadPoolExecutor(1).submit, _ended, client, phase)
    times: dict[str, list[float]] = {"exception": [], "seen by the server": []}
    for _ in range(repetitions):
        future = begin()
        try:
            if phase == "connecting":
                time.sleep(_SETTLE_UNSEEN)
            else:
                server.reached.get(timeout=_PATIENCE)
                time.sleep(_SETTLE)
            began = time.monotonic()
            client.abort()
            times["exception"].append((future.result(_PATIENCE) - began) * 1000)
            if phase not in {"connecting", "waiting to try again"}:
                times["seen by the server"].append((server.closed.get(timeout=_PATIENCE) - began) * 1000)
        except (TimeoutError, queue.Empty):
            return {"failure": f"still waiting after {_PATIENCE:.0f} s"}
        except Exception as error:
            return {"failure": f"ended with {error!r}"}
    return {what: [statistics.median(found), max(found)] if found else None for what, found in times.items()}


def _begin_async(client: AsyncOllama, phase: str, loop: asyncio.AbstractEventLoop) -> Future[float]:
    return asyncio.run_coroutine_threadsafe(_ended_async(client, phase), loop)


def table(latencies: dict[str, Any]) -> str:
    """Median and maximum, by phase and transport."""
    head = "abort, milliseconds (median / maximum)"
    lines = [f"{head:44}" + "".join(f"{TRANSPORTS[name]:>26}" for name in latencies)]
    for phase in PHASES:
        for what in ("exception", "seen by the server"):
            found = [phases[phase] for phases in latencies.values()]
            cells = [one.get("failure") or " / ".join(f"{time:.2f}" for time in one[what] or ()) for one in found]
            if any(cells):
                lines.append(f"{f'{phase}, {what}':44}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def figures(transport: str, repetitions: int) -> Any:
    """The latencies of a transport in milliseconds, by phase, measured in a fresh process."""
    return measure.run("sdk", [sys.executable, "-m", "benchmarks.abort", transport, str(repetitions)])


def missed(latencies: dict[str, Any]) -> list[str]:
    """What does not keep the limits, of the latencies by transport and phase."""
    return not_ended(latencies) + [
        f"{label}: above the limit"
        for label, found in _by_label(latencies)
        if "failure" not in found and (found["exception"][0] > MEDIAN_LIMIT or found["exception"][1] > MAXIMUM_LIMIT)
    ]


def not_ended(latencies: dict[str, Any]) -> list[str]:
    """Where a call did not end with AbortError, or the server did not see the close."""
    return [f"{label}: {found['failure']}" for label, found in _by_label(latencies) if "failure" in found]


def _by_label(latencies: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was found in each phase on each transport, and what to call it."""
    for transport, phases in latencies.items():
        for phase, found in phases.items():
            yield f"abort, {TRANSPORTS[transport]}, {phase}", found


def main() -> None:
    transport, repetitions = sys.argv[1:]
    print(json.dumps({phase: _phase(transport, phase, int(repetitions)) for phase in PHASES}), flush=True)
    os._exit(0)  # a thread of a call that never ended is not waited for


if __name__ == "__main__":
    main()
