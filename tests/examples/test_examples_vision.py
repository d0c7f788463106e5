"""Pictures that are drawn here are described: the model gets their bytes, and what cannot be read is told."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from pathlib import Path

import pytest
from examples.programs import run

from ollama_sdk.overlay.testing import Json, OllamaServer, Received, Reply, answer

CHAT, SHOW = ("POST", "/api/chat"), ("POST", "/api/show")


def png(colour: tuple[int, int, int], size: int = 8) -> bytes:
    """Draw a square of one colour with a black frame."""
    row = [b"\0\0\0", *[bytes(colour)] * (size - 2), b"\0\0\0"]
    rows = [b"\0\0\0" * size, *[b"".join(row)] * (size - 2), b"\0\0\0" * size]
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def described(received: Received) -> Reply:
    """Describe a picture by its bytes."""
    (image,) = received.json["messages"][0]["images"]
    is_red = base64.b64decode(image) == png((255, 0, 0))
    told = {"caption": f"A {'red' if is_red else 'blue'} square.", "text": "" if is_red else "SALE", "people": 0}
    return answer("/api/chat", [json.dumps(told)], stream=False)


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("red.png").write_bytes(png((255, 0, 0)))
    Path("blue.png").write_bytes(png((0, 0, 255)))


@pytest.fixture
def server(ollama_server: OllamaServer, pictures: None) -> OllamaServer:
    ollama_server.reply(*SHOW, Json({"capabilities": ["completion", "vision"]}))
    ollama_server.reply(*CHAT, described)
    return ollama_server


def test_each_picture_is_described(server: OllamaServer) -> None:
    done = run("vision.py", "red.png", "blue.png", host=server.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["red.png: A red square.", "blue.png: A blue square.", "    It says: SALE"]
    assert server.requests[-1].json["format"]["required"] == ["caption", "text", "people"]


def test_a_picture_that_is_missing_is_told_and_the_others_are_described(server: OllamaServer) -> None:
    done = run("vision.py", "green.png", "red.png", host=server.url)
    assert (done.returncode, done.stdout) == (1, "red.png: A red square.\n")
    assert done.stderr.startswith("green.png: ")
    assert "No such file" in done.stderr


def test_a_model_that_cannot_see_is_told(ollama_server: OllamaServer, pictures: None) -> None:
    ollama_server.reply(*SHOW, Json({"capabilities": ["completion"]}))
    done = run("vision.py", "red.png", host=ollama_server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("vision: gemma3 at http://127.0.0.1:")
