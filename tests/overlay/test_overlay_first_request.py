"""The first request of a process: what it imports, where, and what a fork meanwhile does to the child."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import trustme
from overlay.callers import Api
from overlay.scripts import needs_own_transport

from ollama_sdk.overlay.testing import Json, OllamaServer, answer

_CALLS = {
    "sync": "Ollama({url!r}).version()",
    "async": "asyncio.run(AsyncOllama({url!r}).version())",
}
_PROGRAM = """
import asyncio, faulthandler, os, sys, threading, time
from importlib.abc import MetaPathFinder
from ollama_sdk.overlay import AsyncOllama, Ollama

class Finder(MetaPathFinder):
    "Notes which thread imports a module, and lets other threads run meanwhile."
    threads = []
    begun = threading.Event()
    def find_spec(self, name, path, target=None):
        if name in ("httpx", "ollama_sdk.overlay._http.transports"):
            self.threads.append(threading.current_thread())
            self.begun.set()
            time.sleep(0.2)

sys.meta_path.insert(0, Finder())
def call():
    {call}
"""

_IMPORTS = """
import os, sys
from importlib.abc import MetaPathFinder
from ollama_sdk.overlay import AsyncOllama, Ollama
from ollama_sdk.overlay._runtime import fork_lock

kind, over, loop, url = sys.argv[1:]
arguments = {}
if over == "httpx":
    os.environ["OLLAMA_SDK_TRANSPORT"] = "httpx"
elif over == "a proxy":
    os.environ["HTTP_PROXY"], url = url, "http://model.example"
elif " of " in over:
    theirs = __import__(over.split()[-1])
    arguments["http_client"] = theirs.Client() if kind == "sync" else theirs.AsyncClient()
client = (Ollama if kind == "sync" else AsyncOllama)(url, **arguments)
run = __import__(loop or "asyncio").run

class Finder(MetaPathFinder):
    "Names what is imported while a thread could fork the process."
    def find_spec(self, name, path, target=None):
        if not fork_lock._is_owned():
            print(name)

async def read():
    async for _ in await client.chat("m", [{"role": "user", "content": "Hi!"}], stream=True):
        pass

sys.meta_path.insert(0, Finder())
if kind == "sync":
    for _ in client.chat("m", [{"role": "user", "content": "Hi!"}], stream=True):
        pass
else:
    run(read if loop == "trio" else read())
sys.meta_path.pop(0)
"""


def _run(program: str, kind: str, url: str) -> None:
    head = _PROGRAM.format(call=_CALLS[kind].format(url=url))
    done = subprocess.run([sys.executable, "-c", head + program], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform does not fork")
@pytest.mark.parametrize("transport", [pytest.param("", marks=needs_own_transport), "httpx"])
def test_a_fork_while_another_thread_makes_the_first_request_leaves_the_child_able(
    kind: str, transport: str, server: OllamaServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OLLAMA_SDK_TRANSPORT", transport)
    for _ in range(2):
        server.reply("GET", "/api/version", Json({"version": "1"}))
    program = """
thread = threading.Thread(target=call)
thread.start()
Finder.begun.wait()
child = os.fork()
if child == 0:
    faulthandler.dump_traceback_later(90, exit=True)
    call()
    os._exit(0)
thread.join()
sys.exit(os.waitpid(child, 0)[1] != 0)
"""
    _run(program, kind, server.url)


@pytest.mark.parametrize(("kind", "loop"), [("sync", ""), ("async", "asyncio"), ("async", "trio")])
@pytest.mark.parametrize(
    "over",
    [
        "the default",
        pytest.param("httpx", marks=needs_own_transport),
        "a proxy",
        "a client of httpx",
        "a client of httpx2",
    ],
)
def test_what_a_request_imports_is_imported_while_a_fork_waits(kind: str, loop: str, over: str, server: OllamaServer):
    for package in filter(None, [loop, over.partition(" of ")[2]]):
        pytest.importorskip(package)
    server.reply("POST", "/api/chat", answer("/api/chat"))
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTS, kind, over, loop, server.url], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_own_transport
@pytest.mark.parametrize(("kind", "place"), [("sync", "is"), ("async", "is not")])
def test_the_first_request_imports_off_the_event_loop(kind: str, place: str, server: OllamaServer):
    server.reply("GET", "/api/version", Json({"version": "1"}))
    program = f"""
call()
assert len(Finder.threads) == 2
assert all(thread {place} threading.main_thread() for thread in Finder.threads)
"""
    _run(program, kind, server.url)


@needs_own_transport
def test_a_tls_context_is_made_off_the_event_loop(
    kind: str, make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
):
    threads: list[str] = []
    make = httpx.create_ssl_context
    authority = trustme.CA()

    def create(**arguments: object) -> ssl.SSLContext:
        threads.append(threading.current_thread().name)
        context = make(**arguments)  # type: ignore[arg-type]  # passed on as given
        authority.configure_trust(context)
        return context

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with OllamaServer(ssl_context=context) as server:
        server.reply("GET", "/api/version", Json({"version": "1"}))
        api = make_api(server.url.replace("127.0.0.1", "localhost"))
        assert api.version().version == "1"
        api.close()
    assert threads == ([threading.current_thread().name] if kind == "sync" else ["ollama-sdk"])


_ANYIO = """
import asyncio, sys, threading
from importlib.abc import MetaPathFinder
from pathlib import Path
from ollama_sdk.overlay import AsyncOllama

case, url, path = sys.argv[1:]

async def hook(request):
    pass

class Finder(MetaPathFinder):
    "Names what of anyio is imported in the event loop."
    def find_spec(self, name, path, target=None):
        if name.startswith("anyio") and threading.current_thread() is threading.main_thread():
            print(name)

async def call():
    client = AsyncOllama(url, event_hooks={"request": [hook]} if case == "a hook" else None)
    if case == "texts":
        await client.embed("m", ["a", "b"], batch_size=1)
    else:
        await client.chat("m", [{"role": "user", "images": [Path(path)]}] if case == "an image" else [])

sys.meta_path.insert(0, Finder())
asyncio.run(call())
sys.meta_path.pop(0)
assert "anyio" in sys.modules
"""


@needs_own_transport
@pytest.mark.parametrize("case", ["an image", "a hook", "texts"])
def test_anyio_is_imported_off_the_event_loop(case: str, server: OllamaServer, tmp_path: Path):
    image = tmp_path / "image.png"
    image.write_bytes(b"\x89PNG\r\n\x1a\n")
    server.reply("POST", "/api/chat", answer("/api/chat", stream=False))
    for _ in range(2):
        server.reply("POST", "/api/embed", Json({"model": "m", "embeddings": [[1.0]]}))
    done = subprocess.run(
        [sys.executable, "-c", _ANYIO, case, server.url, str(image)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
