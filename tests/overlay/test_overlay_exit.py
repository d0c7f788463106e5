"""The interpreter exits without a word, whatever is left open."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from overlay.scripts import needs_own_transport

from ollama_sdk.overlay.testing import Json, Line, Never, OllamaServer, Reply

# What the module _thread keeps outlives the globals of all modules of Python code.
LEAVES_ALL_OPEN = """
import asyncio, sys, _thread
from ollama_sdk.overlay import AsyncOllama, Ollama

url = sys.argv[1]

async def leave_open():
    client = AsyncOllama(url)
    await client.version()
    stream = await client.chat("m", [], stream=True)
    await anext(stream)
    return client, stream

class Assistant:
    def __init__(self):
        self.stream = client.chat("m", [], stream=True)
        next(self.stream)

    def __del__(self):
        self.stream.close()
        client.close()

client = Ollama(url)
client.version()
assistant = Assistant()
stream = client.chat("m", [], stream=True)
next(stream)
left = [client, stream, iter(stream), Ollama(url), asyncio.run(leave_open(), debug=False)]
if sys.argv[2] == "to the end":
    _thread.left = left
print("done")
"""


# The generators that httpx and httpcore have around a body need globals of modules to end.
@pytest.mark.parametrize("kept", ["as globals", pytest.param("to the end", marks=needs_own_transport)])
def test_a_program_exits_quietly_with_streams_and_connections_open(kept: str) -> None:
    with OllamaServer() as server:
        server.reply("GET", "/api/version", Json({"version": "1"}))
        server.reply("POST", "/api/chat", Reply(Line({"message": {"content": "a"}, "done": False}), Never()))
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", LEAVES_ALL_OPEN, server.url, kept]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")
        assert server.wait_for_connections(0)


# What is registered first is called last.
TELLS_WHEN_SOCKETS_CLOSE = """
import atexit
atexit.register(lambda: print(*(sock.fileno() for sock in sockets)))

import asyncio, sys
from ollama_sdk.overlay import AsyncOllama

client = AsyncOllama(sys.argv[1])

async def leave_open():
    streams = [await client.chat("m", [], stream=True) for _ in range(2)]
    return [stream.response.extensions["network_stream"].get_extra_info("socket") for stream in streams], streams

sockets, streams = asyncio.run(leave_open(), debug=False)
print(all(sock.fileno() > 0 for sock in sockets))
"""


def test_sockets_that_outlive_their_event_loop_are_closed_before_the_collector_could_warn_of_them() -> None:
    with OllamaServer() as server:
        server.reply("POST", "/api/chat", Reply(Line({"message": {"content": "a"}, "done": False}), Never()))
        command = [sys.executable, "-X", "dev", "-W", "error", "-c", TELLS_WHEN_SOCKETS_CLOSE, server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n-1 -1\n", "")


# What is imported before us is taken apart after us, and so can still tell of a socket that nobody closed.
LEAVES_MODULES = """
import sys, _thread, ssl, threading
import ollama_sdk.overlay

ollama_sdk.overlay.version()
_thread.left = sys.modules.copy()
"""


def test_a_program_exits_quietly_with_the_default_client_and_all_modules_kept_to_the_end() -> None:
    with OllamaServer() as server:
        server.reply("GET", "/api/version", Json({"version": "1"}))
        # -W error would hide the warning: nobody is left who could tell of an error.
        command = [sys.executable, "-X", "dev", "-c", LEAVES_MODULES]
        environment = {**os.environ, "OLLAMA_HOST": server.url, "PYTHONWARNINGS": "default"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)
        assert (done.returncode, done.stderr) == (0, "")
