"""Make the folder of the example page with all that it loads, and serve it beside the embedded model.

Any static server can serve the folder.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parent.parent / "examples" / "browser"
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip")


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Do not log requests."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """Say nothing of a browser that has left before it had everything."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*arguments)


def make(folder: Path, wheels: list[Path]) -> None:
    """Put the page, Pyodide and the wheels into a folder."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "package*.json"))
    pyodide = [EXAMPLE / "node_modules" / "pyodide" / name for name in PYODIDE]
    for place, files in {"pyodide": pyodide, "wheels": wheels}.items():
        (folder / place).mkdir()
        for file in files:
            shutil.copy(file, folder / place)
    names = sorted(wheel.name for wheel in wheels)
    (folder / "wheels" / "names.json").write_text(json.dumps(names), encoding="utf-8")


@contextmanager
def serving(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a folder on this machine; yield the address."""
    handler = partial(_Handler, directory=str(folder))
    with _Server(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def main() -> None:
    """Make the folder, and serve it until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m maintenance.browser", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("wheels", type=Path, nargs="+")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    make(arguments.folder, arguments.wheels)
    from ollama_sdk.overlay.testing import EmbeddedModel, ModelApi, OllamaServer

    try:
        with (
            EmbeddedModel() as model,
            OllamaServer(responder=ModelApi(model)) as server,
            serving(arguments.folder, arguments.port) as address,
            suppress(KeyboardInterrupt),
        ):
            print(f"Open {address}/index.html?host={server.url}; Ctrl-C ends", flush=True)
            threading.Event().wait()
    except OSError as error:
        raise SystemExit(f"port {arguments.port}: {error}; another: make browser-demo ARGS='--port 8001'") from error


if __name__ == "__main__":
    main()
