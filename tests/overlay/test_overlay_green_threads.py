"""Blocking calls in programs that gevent or eventlet has patched: a wait of one lets the others go on."""

from __future__ import annotations

import subprocess
import sys

import pytest
from overlay.scripts import needs_own_transport

from ollama_sdk.overlay.testing import Line, Never, OllamaServer, answer

pytestmark = needs_own_transport

_LIBRARIES = {
    "gevent": """
from gevent import monkey
monkey.patch_all()
import gevent
start, join = gevent.spawn, gevent.joinall
""",
    "eventlet": """
import os, warnings
os.environ["EVENTLET_NO_GREENDNS"] = "yes"  # else it imports trio, which fails in a patched program
warnings.simplefilter("ignore")  # eventlet's own
import eventlet
eventlet.monkey_patch()
start, join = eventlet.spawn, lambda threads: [thread.wait() for thread in threads]
""",
}
_PROGRAM = """
import threading
from ollama_sdk.overlay import AbortError, Ollama, OllamaTimeoutError

def chat():
    assert client.chat("m", []).done

def stream():
    assert client.chat("m", [], stream=True).final().done

def late():
    try:
        client.generate("m", "Hi", deadline=0.2)
    except OllamaTimeoutError:
        return
    raise AssertionError("no deadline")

def aborted():
    try:
        client.embed("m", "Hi")
    except AbortError:
        return
    raise AssertionError("no abort")

def late_stream():
    try:
        for _ in client.pull("m", stream=True, deadline=0.2):
            pass
    except OllamaTimeoutError:
        return
    raise AssertionError("no deadline")

def aborted_stream():
    try:
        for _ in client.pull("m", stream=True):
            reading.append(1)
    except AbortError:
        return
    raise AssertionError("no abort")

reading = []
with Ollama(URL, max_retries=0) as client:
    waiting = [start(aborted), start(aborted_stream)]  # for ever: the calls below go on meanwhile
    join([start(work) for work in (chat, stream, chat, stream, late, late_stream)])
    while not reading:
        join([start(chat)])
    client.abort()
    join(waiting)
with Ollama("http://localhost:" + URL.rpartition(":")[2]) as client:
    chat()
print("done")
"""


@pytest.mark.parametrize("library", _LIBRARIES)
def test_calls_wait_side_by_side(server: OllamaServer, library: str):
    pytest.importorskip(library)
    server.reply("POST", "/api/chat", lambda received: answer("/api/chat", stream=received.json["stream"]))
    server.reply("POST", "/api/generate", Never())
    server.reply("POST", "/api/embed", Never())
    server.reply("POST", "/api/pull", Line({"status": "pulling manifest"}), Never())
    program = f"URL = {server.url!r}\n{_LIBRARIES[library]}{_PROGRAM}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "done\n", done.stderr
