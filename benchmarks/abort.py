"""How long abort() takes in every phase: until the caller has its exception, and until the server sees the close.

Run by itself, it measures one transport in this process and prints JSON. Arguments: transport, repetitions.
"""

from __future__ import annotations

import asyncio
import json
import queue
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import httpx

from benchmarks import processes
from ollama_sdk.overlay import AbortError, AsyncOllama, Ollama

MEDIAN_LIMIT, MAXIMUM_LIMIT = 10.0, 200.0
"""Milliseconds from the call of abort() to the exception."""

TRANSPORTS = {
    "own": "our transport",
    "own-async": "our transport, async",
    "stock": "httpx's transport",
    "stock-async": "httpx's transport, async",
}
PHASES = {
    "headers": "waiting for headers",
    "body": "in a body, not streamed",
    "chunks": "between chunks",
    "line": "inside a line",
    "upload": "uploading",
    "retry": "waiting to try again",
    "tls": "TLS handshake",
    "connect": "connecting",
}

_PATIENCE = 30.0  # seconds after which a call counts as not ended
_SETTLE = 0.003  # seconds until a call that has reached its phase is blocked in it
_SETTLE_UNSEEN = 0.02  # the same where no server can tell that the phase was reached
_MESSAGES = [{"role": "user", "content": "Write."}]
_BLOB = bytes(8 << 20)


class _NotEndedError(Exception):
    """A call did not end with AbortError."""


class _Server:
    """A server process, and what it tells."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.port, self.deaf_port = map(int, process.stdout.readline().split())
        self._told: queue.Queue[list[str]] = queue.Queue()
        threading.Thread(target=self._listen, args=(process.stdout,), daemon=True).start()

    def _listen(self, lines: Iterator[str]) -> None:
        for line in lines:
            self._told.put(line.split())

    def wait_for(self, what: str) -> float:
        """Wait until it tells that; the time that it gives, if it does."""
        try:
            told = self._told.get(timeout=_PATIENCE)
        except queue.Empty:
            raise _NotEndedError(f"the server never told {what}") from None
        assert told[0] == what, told
        return float(told[1]) if len(told) > 1 else 0.0


@contextmanager
def _server() -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.abort_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Server(process)
        finally:
            process.kill()


def _sync_call(client: Ollama, phase: str) -> Callable[[], object]:
    if phase == "upload":
        return lambda: client.create_blob(_BLOB)
    if phase in {"chunks", "line"}:
        return lambda: list(client.chat("m", _MESSAGES, stream=True))
    return lambda: client.chat("m", _MESSAGES)


async def _async_call(client: AsyncOllama, phase: str) -> object:
    if phase == "upload":
        return await client.create_blob(_BLOB)
    if phase in {"chunks", "line"}:
        return [chunk async for chunk in await client.chat("m", _MESSAGES, stream=True)]
    return await client.chat("m", _MESSAGES)


class _Waiting:
    """Runs calls in another thread, and tells when they ended and how."""

    def __init__(self, transport: str, url: str, phase: str, loop: asyncio.AbstractEventLoop) -> None:
        stock, self._is_async = transport.startswith("stock"), transport.endswith("async")
        self.client: Any
        if self._is_async:
            self.client = AsyncOllama(url, transport=httpx.AsyncHTTPTransport() if stock else None)
        else:
            self.client = Ollama(url, transport=httpx.HTTPTransport() if stock else None)
        self._phase, self._loop = phase, loop

    def begin(self) -> Future[tuple[float, BaseException | None]]:
        """Begin a call; the future has the time when it ended, and its exception."""
        if self._is_async:
            return asyncio.run_coroutine_threadsafe(self._await(), self._loop)
        future: Future[tuple[float, BaseException | None]] = Future()
        threading.Thread(target=lambda: future.set_result(self._wait()), daemon=True).start()
        return future

    def _wait(self) -> tuple[float, BaseException | None]:
        try:
            _sync_call(self.client, self._phase)()
        except Exception as error:
            return time.monotonic(), error
        return time.monotonic(), None

    async def _await(self) -> tuple[float, BaseException | None]:
        try:
            await _async_call(self.client, self._phase)
        except Exception as error:
            return time.monotonic(), error
        return time.monotonic(), None


def _once(waiting: _Waiting, server: _Server, phase: str) -> tuple[float, float | None]:
    """Milliseconds until the exception, and until the server saw the close, where there is a connection to close."""
    future = waiting.begin()
    if phase == "connect":
        time.sleep(_SETTLE_UNSEEN)
    else:
        server.wait_for("reached")
        time.sleep(_SETTLE)
    began = time.monotonic()
    waiting.client.abort()
    try:
        ended, error = future.result(_PATIENCE)
    except TimeoutError:
        raise _NotEndedError(f"still waiting after {_PATIENCE:.0f} s") from None
    if not isinstance(error, AbortError):
        raise _NotEndedError(f"ended with {error!r}")
    closed = None if phase in {"connect", "retry"} else (server.wait_for("closed") - began) * 1000
    return (ended - began) * 1000, closed


def _phase(transport: str, phase: str, repetitions: int, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    with _server() as server:
        port = server.deaf_port if phase == "connect" else server.port
        url = f"{'https' if phase == 'tls' else 'http'}://127.0.0.1:{port}/{phase}"
        waiting = _Waiting(transport, url, phase, loop)
        times: list[tuple[float, float | None]] = []
        try:
            for _ in range(repetitions):
                times.append(_once(waiting, server, phase))
        except _NotEndedError as error:
            return {"failure": str(error)}
    exceptions = [exception for exception, _ in times]
    closes = [closed for _, closed in times if closed is not None]
    return {
        "median": statistics.median(exceptions),
        "maximum": max(exceptions),
        "closed_median": statistics.median(closes) if closes else None,
        "closed_maximum": max(closes) if closes else None,
    }


def table(latencies: dict[str, Any]) -> str:
    """Median and maximum, by phase and transport."""
    lines = [
        f"{'abort, milliseconds (median / maximum)':40}" + "".join(f"{TRANSPORTS[name]:>26}" for name in latencies)
    ]
    for phase, label in PHASES.items():
        for what, median, maximum in (
            ("exception", "median", "maximum"),
            ("seen by the server", "closed_median", "closed_maximum"),
        ):
            cells = [
                found.get("failure") or (f"{found[median]:.2f} / {found[maximum]:.2f}" if found[median] else "")
                for found in (phases[phase] for phases in latencies.values())
            ]
            if any(cells):
                lines.append(f"{label + ', ' + what:44}" + "".join(f"{cell:>26}" for cell in cells))
    return "\n".join(lines)


def measure(transport: str, repetitions: int) -> Any:
    """The latencies of a transport in milliseconds, by phase, measured in a fresh process."""
    return processes.run_json([sys.executable, "-m", "benchmarks.abort", transport, str(repetitions)])


def missed(latencies: dict[str, Any]) -> list[str]:
    """What does not keep the limits, of the latencies by transport and phase."""
    return [
        f"{label}: {found.get('failure') or 'above the limit'}"
        for label, found in _by_label(latencies)
        if "failure" in found or found["median"] > MEDIAN_LIMIT or found["maximum"] > MAXIMUM_LIMIT
    ]


def not_ended(latencies: dict[str, Any]) -> list[str]:
    """Where a call did not end with AbortError, or the server did not see the close."""
    return [f"{label}: {found['failure']}" for label, found in _by_label(latencies) if "failure" in found]


def _by_label(latencies: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What was found in each phase on each transport, and what to call it."""
    for transport, phases in latencies.items():
        for phase, found in phases.items():
            yield f"abort, {TRANSPORTS[transport]}, {PHASES[phase]}", found


def main() -> None:
    transport, repetitions = sys.argv[1:]
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    print(json.dumps({phase: _phase(transport, phase, int(repetitions), loop) for phase in PHASES}))


if __name__ == "__main__":
    main()
