"""Sizes: what an answer may have after decoding, and how it is decoded."""

from __future__ import annotations

import gc
import gzip
import json
import pickle
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from overlay.callers import Api
from overlay.scripts import NDJSON, all_transports, assert_usable, both_transports, chat_line, streamed_or_not
from transport.raw_server import Peer, RawServer

from ollama_sdk.overlay import DecodeError, IncompleteStreamError, OllamaError, RequestError, ResponseError, _json
from ollama_sdk.overlay._answers.decoding import BodyDecoder, TooLargeError
from ollama_sdk.overlay.testing import Cut, OllamaServer, Reply, Send, answer

LIMIT = 100_000
MEBIBYTE = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, wbits=-15)


def members(data: bytes) -> bytes:
    """Several members of gzip, one of them empty, and something after the last."""
    third = len(data) // 3
    parts = (data[:third], b"", data[third : 2 * third], data[2 * third :])
    return b"".join(map(gzip.compress, parts)) + b"\0\0"


ENCODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip, several members": ("GZIP", members),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "deflate without a header": ("deflate", raw_deflate),
    "identity": ("identity", bytes),
    "gzip, identity": ("identity, gzip", gzip.compress),
    "none": ("", bytes),
}
every_encoding = pytest.mark.parametrize(("encoding", "encode"), ENCODINGS.values(), ids=ENCODINGS)


def version(size: int) -> bytes:
    """An answer of GET /api/version of so many bytes."""
    start = b'{"version":"1","more":"'
    return start + b"x" * (size - len(start) - 2) + b'"}'


def script(server: OllamaServer, body: bytes, encoding: str, *, path: str = "/api/version", status: int = 200) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    server.reply("*", path, Reply(Send(body), headers={**NDJSON, **headers}, status=status))


@all_transports
@every_encoding
def test_an_answer_may_have_as_many_bytes_as_the_limit_says_and_no_more(
    make_api: Callable[..., Api], server: OllamaServer, encoding: str, encode: Callable[[bytes], bytes]
):
    api = make_api(max_response_bytes=LIMIT, max_retries=0)
    script(server, encode(version(LIMIT)), encoding)
    assert api.version().version == "1"

    script(server, encode(version(LIMIT + 1)), encoding)
    with pytest.raises(DecodeError, match=f"it has more than {LIMIT} bytes; max_response_bytes= sets the limit"):
        api.version()
    assert_usable(api, server)


@every_encoding
def test_a_stream_is_decoded_and_its_lines_are_limited(
    make_api: Callable[..., Api], server: OllamaServer, encoding: str, encode: Callable[[bytes], bytes]
):
    body = b"".join(step.content() for step in answer("/api/chat").steps)
    api = make_api(max_line_bytes=LIMIT, max_response_bytes=10, max_retries=0)
    script(server, encode(body), encoding, path="/api/chat")
    assert api.chat_stream().final().message.content

    script(server, encode(body[:20] + b" " * 2 * LIMIT), encoding, path="/api/chat")
    with pytest.raises(DecodeError, match="max_line_bytes= sets the limit"):
        api.chat_stream().final()


@all_transports
@pytest.mark.parametrize("how", ["client", "copy", "call", "call over client"])
def test_the_limit_is_that_of_the_call_the_copy_or_the_client(
    make_api: Callable[..., Api], server: OllamaServer, how: str
):
    script(server, gzip.compress(version(LIMIT)), "gzip")
    api = make_api(**{"max_response_bytes": 50 if how == "client" else 10 * LIMIT} if how != "call" else {})
    arguments: dict[str, Any] = {"max_response_bytes": 50} if how.startswith("call") else {}
    if how == "copy":
        api = api.with_options(max_response_bytes=50)

    with pytest.raises(DecodeError, match="it has more than 50 bytes"):
        api.version(**arguments)
    with pytest.raises(DecodeError, match="it has more than 60 bytes"):
        api.version(max_response_bytes=60)
    assert api.version(max_response_bytes=LIMIT).version == "1"


@all_transports
@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "x-new"])
def test_what_was_not_asked_for_and_is_not_one_layer_is_refused(api: Api, server: OllamaServer, encoding: str):
    script(server, gzip.compress(gzip.compress(version(100))), encoding)

    with pytest.raises(DecodeError, match=f"its Content-Encoding is '{encoding}', which was not asked for"):
        api.version()


@all_transports
@every_encoding
def test_of_an_error_no_more_than_a_mebibyte_is_read(
    api: Api, server: OllamaServer, encoding: str, encode: Callable[[bytes], bytes]
):
    script(server, encode(b"no room " * (MEBIBYTE // 4)), encoding, status=500)

    with pytest.raises(ResponseError, match="no room no room") as caught:
        api.version()

    assert caught.value.status_code == 500
    assert len(caught.value.body) == MEBIBYTE
    assert_usable(api, server)


def test_an_error_in_an_unknown_encoding_is_still_that_error(api: Api, server: OllamaServer):
    script(server, b"\x1b(0 packed", "br", status=503)

    with pytest.raises(ResponseError, match="503"):
        api.version()


@all_transports
def test_no_compression_is_asked_for_unless_the_caller_does(make_api: Callable[..., Api], server: OllamaServer):
    script(server, version(100), "")

    make_api().version()
    make_api(headers={"Accept-Encoding": "gzip"}).version()

    assert [request.headers["accept-encoding"] for request in server.requests] == ["identity", "gzip"]


@pytest.mark.parametrize("limit", [0, -1, 1.5, "10", True])
def test_a_limit_that_is_none_is_refused(make_api: Callable[..., Api], limit: Any):
    api = make_api()
    for call in (
        lambda: make_api(max_response_bytes=limit),
        lambda: api.with_options(max_response_bytes=limit),
        lambda: api.version(max_response_bytes=limit),
    ):
        with pytest.raises(RequestError, match="max_response_bytes must be a whole number from 1 on"):
            call()


def test_the_limit_survives_pickling(make_api: Callable[..., Api]):
    client = pickle.loads(pickle.dumps(make_api(max_response_bytes=7).client))
    assert client._builder.options.max_response_bytes == 7


@every_encoding
@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 1_000_000])
@pytest.mark.parametrize("cut", [1, 7, 1 << 30])
def test_pieces_are_small_wherever_reads_have_cut_the_body(
    encoding: str, encode: Callable[[bytes], bytes], size: int, cut: int
):
    data = json.dumps([size] * (size // 8))[:size].ljust(size).encode()
    packed = encode(data)
    if cut < 1 << 30 and len(packed) > 100_000:
        pytest.skip("it is not compressed")
    decoder = BodyDecoder(encoding)

    pieces = [piece for at in range(0, len(packed), cut) for piece in decoder.feed(packed[at : at + cut])]

    assert b"".join(pieces) == data
    assert encoding in ("", "identity") or all(len(piece) <= 65_536 for piece in pieces)


def test_a_bomb_is_decoded_no_further_than_the_limit():
    bomb = gzip.compress(bytes(100_000_000))
    pieces = BodyDecoder("gzip", 200_000).feed(bomb)
    assert [len(next(pieces)) for _ in range(3)] == [65_536] * 3
    with pytest.raises(TooLargeError):
        next(pieces)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("before", [0, 1000])
def test_broken_compression_is_a_decode_error(api: Api, server: OllamaServer, encoding: str, before: int):
    packed = ENCODINGS[encoding][1](version(100_000)[:99_000] + bytes(range(256)) * 100)
    script(server, packed[: min(before, 200)] + b"\xff\xfe\xfd" * 500, encoding)

    with pytest.raises(OllamaError) as caught:
        api.version()
    assert isinstance(caught.value, DecodeError)


TEXTS = {
    "ASCII": "x",
    "emoji": "🌍",
    "one emoji in ASCII": "🌍" + "x" * (2 * MEBIBYTE),
    "escaped": '"',
}


@both_transports
@streamed_or_not
@pytest.mark.parametrize("codec", ["installed", "standard library"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_memory_for_a_line_stays_within_ten_times_its_size(
    make_api: Callable[..., Api], monkeypatch: pytest.MonkeyPatch, text: str, stream: bool, codec: str
):
    text *= 2 * MEBIBYTE // len(text.encode()) or 1
    line = {"model": "m", "message": {"role": "assistant", "content": text}, "done": True}
    data = json.dumps(line, ensure_ascii=False).encode() + b"\n"
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(data) + data

    def handler(peer: Peer) -> None:
        peer.read_request()
        peer.send(answer)
        peer.wait_until_closed()

    if codec == "standard library":
        plain = _json._Codec(_json._decode, _json._encode, ValueError)
        monkeypatch.setattr(_json, "_codec", lambda: plain)
    server = RawServer(handler)
    api = make_api(server.url)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = api.chat_stream().final() if stream else api.chat_whole()
        used = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
        server.stop()
    assert result.message.content == text
    assert used <= 10 * len(data)


def test_a_stream_that_was_cut_leaves_no_text_behind(api: Api, server: OllamaServer):
    text = "x" * (16 * MEBIBYTE)
    server.reply("POST", "/api/chat", chat_line("a"), chat_line(text), Cut())
    tracemalloc.start()
    try:
        with pytest.raises(IncompleteStreamError):
            api.chat_stream().final()
        server.clear()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < len(text)
    finally:
        tracemalloc.stop()
