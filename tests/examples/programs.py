"""The programs in examples/, run as their readers run them: in processes of their own, where warnings are errors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from overlay.callers import comes_true

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE = 60.0


def environment(host: str | None = None) -> dict[str, str]:
    """The environment of a program: no proxy, and the server of the test as `OLLAMA_HOST`."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    kept.pop("OLLAMA_API_KEY", None)
    return kept | {"PYTHONIOENCODING": "utf-8", **({"OLLAMA_HOST": host} if host else {})}


def command(name: str, *arguments: object) -> list[str]:
    """The command that runs an example."""
    return [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, arguments)]


def run(name: str, *arguments: object, host: str | None = None, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run an example to its end.

    Args:
        name: Its file.
        *arguments: Those of its command line.
        host: The server that it asks.
        given: What it reads from standard input.
    """
    return subprocess.run(
        command(name, *arguments),
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(host),
        timeout=300,
        check=False,
    )


class Running:
    """An example that runs: what it prints is waited for, and what it reads is written."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(process.stdout,))
        self._reader.start()

    def _read(self, stream: IO[str]) -> None:
        while text := stream.read(1):
            with self._changed:
                self.printed += text
                self._changed.notify_all()

    def wait_for(self, text: str, count: int = 1) -> None:
        """Wait until the program has printed a text so many times."""
        with self._changed:
            there = self._changed.wait_for(lambda: self.printed.count(text) >= count, PATIENCE)
            assert there, f"{text!r} was not printed: {self.printed!r}"

    def write(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        """Press Ctrl-C, once its main thread waits: Python does not notice a signal that comes just before it waits."""
        state = Path(f"/proc/{self.process.pid}/stat")  # "pid (name) S ..."; only Linux has it
        assert comes_true(lambda: not state.exists() or state.read_text().rpartition(")")[2].split()[0] in {"S", "Z"})
        self.process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """End its standard input; return its exit status, and what it printed on standard error."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        self.process.stdin.close()
        status = self.process.wait(PATIENCE)
        self.read_to_the_end()
        return status, self.process.stderr.read()

    def read_to_the_end(self) -> None:
        """Wait until nothing more is printed, before the pipe is closed under the thread that reads it."""
        self._reader.join(PATIENCE)


@contextmanager
def running(name: str, *arguments: object, host: str | None = None) -> Iterator[Running]:
    """Start an example; it is killed when the block ends before it."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command(name, *arguments),
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        encoding="utf-8",
        env=environment(host),
    ) as process:
        program = Running(process)
        try:
            yield program
        finally:
            process.kill()
            program.read_to_the_end()
