"""A package index of one's own, on this machine, and programs that know no other."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

USER, PASSWORD = "publisher", "a password for this test"


@frozen
class PrivateIndex:
    """A running pypiserver: everybody may install, only the publisher may upload."""

    url: str
    packages: Path

    @property
    def simple(self) -> str:
        """The address that pip and uv install from."""
        return f"{self.url}/simple/"


@contextmanager
def private_index(folder: Path, wheels: Path) -> Iterator[PrivateIndex]:
    """Serve copies of some wheels, and what is uploaded."""
    packages = folder / "packages"
    shutil.copytree(wheels, packages)
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (folder / "passwords").write_text(f"{USER}:{{SHA}}{digest}\n", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pypiserver", "run", "--interface", "127.0.0.1", "--port", str(port)]
    command += ["--passwords", str(folder / "passwords"), "--authenticate", "update", "--disable-fallback"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, str(packages)], stdout=log, stderr=subprocess.STDOUT)
        try:
            index = PrivateIndex(f"http://127.0.0.1:{port}", packages)
            _wait_for(index, server, folder / "log")
            yield index
        finally:
            server.terminate()
            server.wait(30)


def _wait_for(index: PrivateIndex, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once it answers; another process has nothing else that could be awaited."""
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(index.url, timeout=10):
                return
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError(f"the index does not start: {log.read_text(encoding='utf-8')}")


def sealed(home: Path, **settings: str) -> dict[str, str]:
    """The whole environment of a program that has no settings, no caches, and no way out of this machine."""
    home.mkdir(parents=True, exist_ok=True)
    nowhere = "http://127.0.0.1:9"
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PIP_COMPILE": "0",  # only what is imported, which is much less
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "ALL_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
        **settings,
    }
