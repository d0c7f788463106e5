"""Fresh processes: the load server, and one for each measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def environment() -> dict[str, str]:
    """Ours, without proxies and keys, and with compiled modules kept: an install has them too."""
    left_out = {"PYTHONDONTWRITEBYTECODE", "OLLAMA_HOST", "OLLAMA_API_KEY", "NO_PROXY", "HTTP_PROXY", "ALL_PROXY"}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in left_out}
    # The threads of numpy's OpenBLAS spin for a while when they start, which would count as the client's time.
    return kept | {"OPENBLAS_NUM_THREADS": "1"}


def run_json(command: list[str]) -> Any:
    """What a fresh process prints, decoded.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@contextmanager
def load_server() -> Iterator[str]:
    """The URL of a load server that runs for as long as the block."""
    command = [sys.executable, "-m", "benchmarks.load_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


def server_cpu(url: str) -> float:
    """CPU seconds that a load server has taken so far."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{url}/cpu") as response:
        seconds: float = json.load(response)
        return seconds
