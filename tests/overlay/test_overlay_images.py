"""Images as people have them: files, bytes, buffers, arrays, and images of Pillow."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from overlay.callers import Api

from ollama_sdk.overlay import Message, RequestError
from ollama_sdk.overlay.testing import OllamaServer, answer

numpy = pytest.importorskip("numpy")

DATA = b"\x89PNG\r\n\x1a\nan image"


class PillowImage:
    """What the SDK asks of an image of Pillow; the PNG that it writes tells its mode."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def convert(self, mode: str) -> PillowImage:
        return PillowImage(mode)

    def save(self, fp: Any, format: str | None = None) -> None:
        fp.write(f"{format} {self.mode}".encode())

    @property
    def __array_interface__(self) -> dict[str, Any]:
        raise AssertionError("an image is no array")


@pytest.fixture(autouse=True)
def _answers(server: OllamaServer) -> None:
    for path in ("/api/chat", "/api/generate"):
        server.reply("POST", path, answer(path, stream=False))


def sent_by(api: Api, server: OllamaServer, image: Any) -> bytes:
    """Return the image that both operations send, which must be the same."""
    api.generate("m", "?", images=[image])
    api.chat("m", [{"role": "user", "content": "?", "images": [image]}])
    api.chat("m", [Message(role="user", content="?", images=[image])])
    first, *others = server.requests[-3:]
    (text,) = first.json["images"]
    for other in others:
        assert other.json["messages"][0]["images"] == [text]
    return base64.b64decode(text)


@pytest.mark.parametrize(
    "image",
    [DATA, bytearray(DATA), memoryview(DATA), base64.b64encode(DATA).decode(), io.BytesIO(DATA)],
    ids=lambda image: type(image).__name__,
)
def test_bytes_in_any_form_are_an_image(api: Api, server: OllamaServer, image: Any):
    assert sent_by(api, server, image) == DATA


def test_an_open_file_is_an_image_and_stays_where_it_is(api: Api, server: OllamaServer, tmp_path: Path):
    path = tmp_path / "picture.png"
    path.write_bytes(DATA)
    with path.open("rb") as opened:
        assert sent_by(api, server, opened) == DATA
        assert opened.tell() == 0
    assert sent_by(api, server, path) == DATA


def test_a_file_is_sent_whole_wherever_it_stands(api: Api, server: OllamaServer, tmp_path: Path):
    with (tmp_path / "picture.png").open("w+b") as opened:
        opened.write(DATA)
        assert sent_by(api, server, opened) == DATA
        assert opened.tell() == len(DATA)


class Download:
    """The least that can be read."""

    def __init__(self) -> None:
        self._parts = [DATA]

    def read(self) -> bytes:
        return self._parts.pop()


def test_what_has_read_alone_is_read(api: Api, server: OllamaServer):
    api.generate("m", "?", images=[Download()])
    assert base64.b64decode(server.requests[0].json["images"][0]) == DATA


def test_a_buffer_that_was_just_written_is_sent_whole(api: Api, server: OllamaServer):
    buffer = io.BytesIO()
    buffer.write(DATA)
    assert sent_by(api, server, buffer) == DATA


@pytest.mark.parametrize(("mode", "written"), [("RGB", "RGB"), ("RGBA", "RGBA"), ("L", "L"), ("CMYK", "RGB")])
def test_an_image_of_pillow_is_sent_as_png(api: Api, server: OllamaServer, mode: str, written: str):
    assert sent_by(api, server, PillowImage(mode)) == f"PNG {written}".encode()


def test_a_real_image_of_pillow_is_sent_as_png(api: Api, server: OllamaServer):
    image = pytest.importorskip("PIL.Image")
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "F", "I;16"):
        sent = sent_by(api, server, image.new(mode, (3, 2)))
        assert image.open(io.BytesIO(sent)).size == (3, 2)


@pytest.mark.parametrize(
    ("shape", "colours"),
    [((2, 3), 0), ((2, 3, 1), 0), ((2, 3, 2), 4), ((2, 3, 3), 2), ((2, 3, 4), 6)],
)
def test_an_array_of_numpy_is_sent_as_png(api: Api, server: OllamaServer, shape: tuple[int, ...], colours: int):
    array = numpy.arange(numpy.prod(shape), dtype="uint8").reshape(shape)
    sent = sent_by(api, server, array)
    assert sent[:16] == b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
    assert struct.unpack(">IIBB", sent[16:26]) == (3, 2, 8, colours)
    start = sent.index(b"IDAT") + 4
    (size,) = struct.unpack(">I", sent[start - 8 : start - 4])
    rows = zlib.decompress(sent[start : start + size])
    assert rows == b"".join(b"\0" + row.tobytes() for row in array)


def test_an_array_in_another_order_is_sent_row_by_row(api: Api, server: OllamaServer):
    array = numpy.asfortranarray(numpy.arange(6, dtype="uint8").reshape(2, 3))
    assert sent_by(api, server, array) == sent_by(api, server, numpy.ascontiguousarray(array))


def test_an_array_that_is_an_image_file_is_sent_as_it_is(api: Api, server: OllamaServer):
    assert sent_by(api, server, numpy.frombuffer(DATA, dtype="uint8")) == DATA


class Closed(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise ValueError("I/O operation on closed file")


@pytest.mark.parametrize(
    ("image", "says"),
    [
        ("https://example.com/a.png", r"images\[0\] is a URL, which Ollama does not read: .*; give the bytes"),
        ("http://example.com/a.png", "is a URL"),
        ("data:image/png;base64,aGk=", "is a URL.*give what follows the comma"),
        ("picture.png", r"not base64 text.*Path\("),
        (io.StringIO("text"), r"images\[0\]: the image \(StringIO\) cannot be read: it is open as text.*'rb'"),
        (Closed(), "cannot be read: I/O operation on closed file"),
        (io.BytesIO(), r"images\[0\] is empty"),
        (b"", r"images\[0\] is empty"),
        (numpy.zeros((2, 2, 3)), "its numbers are <f8; give an array of uint8, 0 to 255"),
        (numpy.zeros((3, 2, 2, 2), "uint8"), r"its shape is \(3, 2, 2, 2\); give \(height, width\)"),
        (numpy.zeros((2, 2, 5), "uint8"), "its shape is"),
        (numpy.zeros((0, 2, 3), "uint8"), "its shape is"),
        (numpy.ndarray, "must be bytes, a Path, an open binary file, an image of Pillow, .* not type"),
        (5, "must be bytes, a Path, an open binary file, .* not int"),
        ({"type": "image_url"}, "not dict"),
    ],
)
def test_what_is_no_image_is_told_with_what_to_give(api: Api, server: OllamaServer, image: Any, says: str):
    with pytest.raises(RequestError, match=says):
        api.generate("m", "?", images=[image])
    with pytest.raises(RequestError, match=says):
        api.chat("m", [{"role": "user", "content": "?", "images": [image]}])
    assert server.requests == []


@pytest.mark.parametrize(
    "image",
    [DATA, "aGk=", bytearray(DATA), io.BytesIO(DATA), Path("a.png"), numpy.zeros((2, 2, 3), "uint8")],
    ids=lambda image: type(image).__name__,
)
def test_one_image_is_no_list_of_images(api: Api, server: OllamaServer, image: Any):
    with pytest.raises(RequestError, match="images must be a list of images, not one"):
        api.generate("m", "?", images=image)
    with pytest.raises(RequestError, match=r"messages\[0\].images must be a list of images, not one"):
        api.chat("m", [{"role": "user", "content": "?", "images": image}])
    assert server.requests == []
